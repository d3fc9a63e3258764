/**
 * Words for rows that begin where a cache line begins, if the memory is glibc's: large blocks of malloc() begin 16 bytes behind a page's first byte (seen in
 * /proc/self/mem under Node 24). Elsewhere it does no harm.
 */
export function alignedWords(count: number): Int32Array {
  return new Int32Array(new ArrayBuffer(4 * count + LINE - 16), LINE - 16, count);
}

const LINE = 64;
