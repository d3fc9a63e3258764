import { alignedWords } from "./aligned-words.ts";

/**
 * Rows of numbers in one block of memory, seen as words (Int32Array) and as times (Float64Array). What a connection needs at every request stands in such
 * rows and not in objects: an object's times are objects of their own, each in another cache line, and a large fleet is bound by memory.
 */
export class Rows {
  // Begun with arrays, not left undefined: V8 then knows what kind they are, and checks it no more.
  words: Int32Array = NO_WORDS;
  /** The same rows. */
  times: Float64Array = NO_TIMES;
  readonly #width: number;

  /** `width` in words, an even number; `count` rows to begin with. */
  constructor(width: number, count = 64) {
    this.#width = width;
    this.#make(width * count);
  }

  /** Sees to it that this row is there. Rows that never were used hold zeros; arrays that were read before are out of date afterwards. */
  reserve(row: number): void {
    if ((row + 1) * this.#width > this.words.length) this.#make(2 * this.words.length);
  }

  #make(length: number): void {
    const words = alignedWords(length);
    words.set(this.words);
    this.words = words;
    this.times = new Float64Array(words.buffer, words.byteOffset);
  }
}

const NO_WORDS: Int32Array = new Int32Array(0);
const NO_TIMES: Float64Array = new Float64Array(0);
