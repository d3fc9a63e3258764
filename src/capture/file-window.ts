import type { PacketRows } from "./packet-rows.ts";

/** Reads bytes of a file at a position into a buffer; returns how many there were. */
export type ReadAt = (at: number, into: Uint8Array) => number;

const WINDOW = 256 * 1024;

/**
 * A window over a file for formats whose records need not lie in order (an index at the end, a ring).
 * Rows point into the window, so they are handed out (`flush`) before it moves.
 */
export class FileWindow {
  readonly size: number;
  readonly #readAt: ReadAt;
  readonly #rows: PacketRows;
  readonly #flush: () => void;
  #from = 0;
  /** Bytes that may still be loaded: records in wild disorder would load the file again and again. */
  #budget: number;
  #length = 0;

  constructor(size: number, readAt: ReadAt, rows: PacketRows, flush: () => void) {
    this.size = size;
    this.#readAt = readAt;
    this.#rows = rows;
    this.#flush = flush;
    this.#budget = 16 * size + 64 * WINDOW;
    if (rows.bytes.length < WINDOW) rows.use(new Uint8Array(WINDOW));
  }

  /** Brings `[at, at + length)` of the file into `rows.bytes`; returns its index there, or -1. */
  need(at: number, length: number): number {
    if (at < 0 || length < 0 || at + length > this.size) return -1;
    if (at >= this.#from && at + length <= this.#from + this.#length) return at - this.#from;
    this.handOut();
    if (this.#budget < 0) return -1;
    if (length > this.#rows.bytes.length) this.#rows.use(new Uint8Array(length));
    this.#from = at;
    this.#length = this.#readAt(at, this.#rows.bytes);
    this.#budget -= this.#length;
    return length <= this.#length ? 0 : -1;
  }

  /** Hands out the rows collected so far. */
  handOut(): void {
    if (this.#rows.count > 0) this.#flush();
  }

  /** Reads a small stretch into its own memory, without moving the window. */
  peek(at: number, length: number): Uint8Array {
    const into = new Uint8Array(length);
    return into.subarray(0, at >= 0 && at < this.size ? this.#readAt(at, into) : 0);
  }
}
