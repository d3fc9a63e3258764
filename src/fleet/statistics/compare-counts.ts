import { regularisedBeta } from "./special-functions.ts";

/**
 * Two-sided: the probability of two Poisson counts at least so unlike if they come at one rate, each list holding one count a seed. Given
 * their sum the first is binomial, with the share of its seeds (Przyborowski and Wilenski 1940, Biometrika 31, 313-323).
 */
export function compareCounts(a: readonly number[], b: readonly number[]): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [mine, other] = [sum(a), sum(b)];
  const all = mine + other;
  if (all === 0) return 1;
  const share = a.length / (a.length + b.length);
  // P(Bin(n, p) >= k) = I_p(k, n - k + 1).
  const atLeast = (k: number, p: number): number => (k === 0 ? 1 : regularisedBeta(p, k, all - k + 1));
  return Math.min(1, 2 * Math.min(atLeast(mine, share), atLeast(other, 1 - share)));
}
