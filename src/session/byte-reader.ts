import { type Malformed, malformed } from "./malformed.ts";

const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Reads big-endian fields one after the other. Reading past the end gives zeros and is remembered,
 * so that a parser reads a whole structure and asks once, at its end, whether the bytes were there.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  /** Offset of `bytes` in what the user of this reader calls the whole. */
  readonly #base: number;
  #at = 0;
  #trouble: Malformed | undefined;

  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** The first thing that was wrong, if any. */
  get trouble(): Malformed | undefined {
    return this.#trouble;
  }

  get offset(): number {
    return this.#base + this.#at;
  }

  get left(): number {
    return this.#trouble === undefined ? this.#bytes.length - this.#at : 0;
  }

  /** An unsigned number of 1 to 6 bytes. */
  number(size: number, what: string): number {
    if (!this.#has(size, what)) return 0;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.#bytes[this.#at + i] ?? 0);
    this.#at += size;
    return value;
  }

  /** The next `length` bytes, not copied. */
  take(length: number, what: string): Uint8Array {
    if (!this.#has(length, what)) return EMPTY;
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** A vector behind its length of `size` bytes (RFC 8446 §3.4), as a reader of its own. */
  vector(size: number, what: string): ByteReader {
    const length = this.number(size, what);
    const base = this.offset;
    return new ByteReader(this.take(length, what), base);
  }

  /** Remembers that something is wrong here. */
  fail(expected: string): void {
    this.#trouble ??= malformed(this.offset, expected);
  }

  /** Makes trouble of a vector trouble of the whole. */
  adopt(inner: ByteReader): void {
    this.#trouble ??= inner.trouble;
  }

  #has(length: number, what: string): boolean {
    if (this.#trouble !== undefined) return false;
    if (this.#at + length <= this.#bytes.length) return true;
    this.fail(what);
    return false;
  }
}
