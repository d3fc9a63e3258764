/** One option of a pcapng block: its code and where its value lies. */
export type OptionVisitor = (code: number, at: number, length: number) => void;

/** A stretch of a block, and the byte order of its section. */
export interface Span {
  readonly from: number;
  readonly end: number;
  readonly littleEndian: boolean;
}

/**
 * Walks the options in `[from, end)` (draft-ietf-opsawg-pcapng §3.5). Returns false when an option
 * runs past the end; those before it have been visited.
 */
export function visitOptions(view: DataView, span: Span, visit: OptionVisitor): boolean {
  let at = span.from;
  while (at + 4 <= span.end) {
    const code = view.getUint16(at, span.littleEndian);
    const length = view.getUint16(at + 2, span.littleEndian);
    if (code === 0) return true;
    if (at + 4 + length > span.end) return false;
    visit(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
  return true;
}
