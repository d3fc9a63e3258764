/**
 * Dice that fall the same way everywhere: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator of PractRand, 128 bits of
 * state, integer arithmetic only) with one independent stream for each owner. A stream's start depends on the seed and on the
 * owner's name alone, so that one host more does not change what happens to the others' dice.
 *
 * Exponential waiting times go through `Math.log`, which ECMAScript leaves to the implementation; `ln` below computes it from
 * exact operations only, so that two engines give the same bytes.
 */
export class Dice {
  readonly #seed: number;
  #state: Int32Array = new Int32Array(4 * 64);
  #streams = 0;

  constructor(seed: number) {
    this.#seed = Math.trunc(seed) % 2 ** 53;
  }

  /** A new stream; equal seed and name give equal numbers. */
  stream(name: string): number {
    const id = this.#streams++;
    if ((id + 1) * 4 > this.#state.length) {
      const state = new Int32Array(2 * this.#state.length);
      state.set(this.#state);
      this.#state = state;
    }
    let hash = mix(this.#seed | 0, Math.floor(this.#seed / 2 ** 32) | 0);
    for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i));
    for (let word = 0; word < 3; word++) this.#state[id * 4 + word] = hash = mix(hash, word);
    this.#state[id * 4 + 3] = 1;
    for (let i = 0; i < 12; i++) this.bits(id);
    return id;
  }

  /** 32 random bits, as a signed integer. */
  bits(stream: number): number {
    const at = stream << 2;
    const state = this.#state;
    const a = state[at] as number;
    const b = state[at + 1] as number;
    const c = state[at + 2] as number;
    const counter = state[at + 3] as number;
    const drawn = (((a + b) | 0) + counter) | 0;
    state[at] = b ^ (b >>> 9);
    state[at + 1] = (c + (c << 3)) | 0;
    state[at + 2] = (((c << 21) | (c >>> 11)) + drawn) | 0;
    state[at + 3] = (counter + 1) | 0;
    return drawn;
  }

  /** A word of a stream's state; nothing is drawn. */
  stateOf(stream: number): number {
    return this.#state[stream << 2] as number;
  }

  /** From 0 up to, not including, 1, in steps of 2^-32. */
  uniform(stream: number): number {
    return (this.bits(stream) >>> 0) * 2 ** -32;
  }

  /** A whole number from 0 up to, not including, `below` (at most 2^32). */
  below(stream: number, below: number): number {
    return Math.floor((this.bits(stream) >>> 0) * 2 ** -32 * below);
  }

  between(stream: number, low: number, high: number): number {
    return low + (high - low) * this.uniform(stream);
  }

  /** A waiting time with this mean. */
  exponential(stream: number, mean: number): number {
    return -mean * ln(((this.bits(stream) >>> 0) + 0.5) * 2 ** -32);
  }
}

/** One round of a 32-bit hash (the finaliser of MurmurHash3) over what came before and a new word. */
export function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x9e3779b1) + 0x7f4a7c15;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);
/** Which half holds the exponent: the machine's byte order. */
const HIGH = new Uint8Array(Float64Array.of(1).buffer)[7] === 0x3f ? 1 : 0;

/** Natural logarithm of a positive normal number, by additions, multiplications and one division, all of them exact in IEEE 754. */
export function ln(x: number): number {
  double[0] = x;
  const high = halves[HIGH] as number;
  let exponent = (high >>> 20) - 1023;
  halves[HIGH] = (high & 0x000fffff) | 0x3ff00000;
  let fraction = double[0] as number;
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    exponent++;
  }
  // ln f = 2 artanh((f - 1)/(f + 1)); |z| <= 0.1716, so ten terms leave less than 1e-16.
  const z = (fraction - 1) / (fraction + 1);
  const q = z * z;
  const far = ((((q / 19 + 1 / 17) * q + 1 / 15) * q + 1 / 13) * q + 1 / 11) * q + 1 / 9;
  return exponent * Math.LN2 + 2 * z * ((((far * q + 1 / 7) * q + 1 / 5) * q + 1 / 3) * q + 1);
}
