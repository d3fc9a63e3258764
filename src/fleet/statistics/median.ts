import { LEVEL } from "./student-t.ts";

/**
 * The median of all values, infinite ones included, and the interval between two order statistics that holds the true median at least at that
 * level, whatever the distribution (Conover, Practical Nonparametric Statistics, 3rd ed. 1999, §3.2): each value is below the true median
 * with probability 1/2, so that the k-th smallest is above it with P(Bin(n, 1/2) < k). Below six values there is none at 95 %: then it
 * is 0 to infinity, as for times.
 */
export function medianEstimate(
  values: readonly number[],
  level: number = LEVEL,
): { readonly median: number; readonly low: number; readonly high: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN };
  const rank = rankOf(n, (1 - level) / 2);
  return {
    // The upper of two middle ones: of an infinite and a finite one there is no mean.
    median: n % 2 === 1 || sorted[n / 2] === Number.POSITIVE_INFINITY ? at(n >> 1) : (at(n / 2 - 1) + at(n / 2)) / 2,
    low: rank === 0 ? 0 : at(rank - 1),
    high: rank === 0 ? Number.POSITIVE_INFINITY : at(n - rank),
  };

  function at(place: number): number {
    return sorted[place] ?? Number.NaN;
  }
}

/** The largest k with P(Bin(n, 1/2) < k) at most `tail`. */
function rankOf(n: number, tail: number): number {
  let log = -n * Math.LN2;
  let below = 0;
  for (let k = 0; k < n; k++) {
    below += Math.exp(log);
    if (below > tail) return k;
    log += Math.log((n - k) / (k + 1));
  }
  return n;
}
