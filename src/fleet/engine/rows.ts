import { alignedWords } from "./aligned-words.ts";

/**
 * Rows of numbers in one block of memory, seen as words (Int32Array) and as times (Float64Array). What a connection needs at every request stands in such
 * rows and not in objects: an object's times are objects of their own, each in another cache line, and a large fleet is bound by memory.
 */
export class Rows {
  words: Int32Array = alignedWords(FIRST_WORDS);
  /** The same rows. */
  times: Float64Array = new Float64Array(this.words.buffer, this.words.byteOffset);
  readonly #width: number;

  /** `width` in words, an even number. */
  constructor(width: number) {
    this.#width = width;
  }

  /** Sees to it that this row is there. Rows that never were used hold zeros; arrays that were read before are out of date afterwards. */
  reserve(row: number): void {
    const least = (row + 1) * this.#width;
    if (least <= this.words.length) return;
    const words = alignedWords(Math.max(2 * this.words.length, least));
    words.set(this.words);
    this.words = words;
    this.times = new Float64Array(words.buffer, words.byteOffset);
  }
}

/** 64 KB, of which the system gives what is touched. */
const FIRST_WORDS = 16_384;
