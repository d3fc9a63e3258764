/**
 * What applications say to each other, as rows of one typed array: a kind, two numbers, and how many bytes it takes in the stream. Each
 * socket has a list of the messages it sends; bytes are made of them only where a capture is taken.
 */
export class Messages {
  rows: Int32Array = new Int32Array(WORDS * 1024);
  #free = -1;
  #used = 0;

  take(kind: number, a: number, b: number): number {
    let row = this.#free;
    if (row >= 0) this.#free = this.rows[row * WORDS + NEXT] as number;
    else {
      if ((this.#used + 1) * WORDS > this.rows.length) {
        const rows = new Int32Array(2 * this.rows.length);
        rows.set(this.rows);
        this.rows = rows;
      }
      row = this.#used++;
    }
    const at = row * WORDS;
    this.rows[at + NEXT] = -1;
    this.rows[at + KIND] = kind;
    this.rows[at + A] = a;
    this.rows[at + B] = b;
    return row;
  }

  release(row: number): void {
    this.rows[row * WORDS + NEXT] = this.#free;
    this.#free = row;
  }
}

export const MESSAGE_WORDS = 6;
export const M_NEXT = 0;
/** The sequence number behind its last byte. */
export const M_END = 1;
export const M_KIND = 2;
export const M_A = 3;
export const M_B = 4;
/** Bytes. */
export const M_SIZE = 5;

/** Constants of its own, as layout.ts says. */
const [WORDS, NEXT, KIND, A, B] = [MESSAGE_WORDS, M_NEXT, M_KIND, M_A, M_B] as const;
