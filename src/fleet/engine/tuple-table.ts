/**
 * Whose is this packet? Finds a number by two words (a four-tuple: address and port of either side, 16 bits each). Open addressing
 * over one typed array, four words an entry; what is taken out is closed up at once, so that the table stays fast for ever.
 */
export class TupleTable {
  size = 0;
  #mask = 255;
  #rows: Int32Array = new Int32Array(256 * 4);

  /** The number, or -1. */
  get(a: number, b: number): number {
    const rows = this.#rows;
    for (let i = hash(a, b) & this.#mask; ; i = (i + 1) & this.#mask) {
      const at = i << 2;
      if (rows[at + 3] === 0) return -1;
      if (rows[at] === a && rows[at + 1] === b) return rows[at + 2] as number;
    }
  }

  set(a: number, b: number, value: number): void {
    if (2 * this.size > this.#mask) this.#grow();
    const rows = this.#rows;
    let at = (hash(a, b) & this.#mask) << 2;
    while (rows[at + 3] !== 0) {
      if (rows[at] === a && rows[at + 1] === b) {
        rows[at + 2] = value;
        return;
      }
      at = (((at >> 2) + 1) & this.#mask) << 2;
    }
    rows[at] = a;
    rows[at + 1] = b;
    rows[at + 2] = value;
    rows[at + 3] = 1;
    this.size++;
  }

  delete(a: number, b: number): void {
    const rows = this.#rows;
    let i = hash(a, b) & this.#mask;
    for (; ; i = (i + 1) & this.#mask) {
      const at = i << 2;
      if (rows[at + 3] === 0) return;
      if (rows[at] === a && rows[at + 1] === b) break;
    }
    this.size--;
    // Entries behind the gap move up where their own place allows it.
    for (let j = (i + 1) & this.#mask; rows[(j << 2) + 3] !== 0; j = (j + 1) & this.#mask) {
      const home = hash(rows[j << 2] as number, rows[(j << 2) + 1] as number) & this.#mask;
      if (((j - home) & this.#mask) < ((j - i) & this.#mask)) continue;
      rows.copyWithin(i << 2, j << 2, (j << 2) + 4);
      i = j;
    }
    rows[(i << 2) + 3] = 0;
  }

  #grow(): void {
    const old = this.#rows;
    this.#mask = 2 * this.#mask + 1;
    this.#rows = new Int32Array((this.#mask + 1) * 4);
    this.size = 0;
    for (let at = 0; at < old.length; at += 4)
      if (old[at + 3] !== 0) this.set(old[at] as number, old[at + 1] as number, old[at + 2] as number);
  }
}

function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
