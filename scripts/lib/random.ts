/** Seeded dice for scripts: the same seed gives the same bytes on every machine. */
export interface Dice {
  /** A 32-bit unsigned number. */
  readonly next: () => number;
  /** A whole number from 0 up to, not including, `bound`. */
  readonly below: (bound: number) => number;
  /** A number from 0 up to, not including, 1. */
  readonly unit: () => number;
}

/** xorshift128, its four words filled from `seed` by splitmix32. */
export function dice(seed: number): Dice {
  let mix = seed | 0;
  const word = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let x = word();
  let y = word();
  let z = word();
  let w = word() | 1;
  const next = (): number => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  return {
    next,
    unit: () => next() / 4294967296,
    below: (bound) => Math.floor((next() / 4294967296) * bound),
  };
}
