import { invert, regularisedBeta } from "./special-functions.ts";

/** The level of every interval that is not said to have another. */
export const LEVEL = 0.95;

/**
 * Student's t: the q that a t-distributed number with `freedom` degrees (any positive number, as Welch's test needs) stays between
 * -q and q with probability `level`. By inverting 1 - I_{ν/(ν+q²)}(ν/2, 1/2) (Abramowitz and Stegun 26.7.1; NIST/SEMATECH
 * e-Handbook of Statistical Methods §1.3.6.7.2 has the table).
 */
export function studentQuantile(freedom: number, level: number = LEVEL): number {
  const key = `${freedom} ${level}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const inside = (q: number): number => 1 - regularisedBeta(freedom / (freedom + q * q), freedom / 2, 0.5);
  let high = 2;
  while (inside(high) < level && high < 1e12) high *= 2;
  const found = invert(inside, level, 0, high);
  if (cache.size > 1000) cache.clear();
  cache.set(key, found);
  return found;
}

/** Two-sided: the probability that a t-distributed number is at least as far from 0 as `t`. */
export function studentTail(t: number, freedom: number): number {
  return regularisedBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** Every value of a summary asks for the same quantile. */
const cache = new Map<string, number>();
