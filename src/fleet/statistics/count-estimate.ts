import { type Estimate, spread } from "./estimate.ts";
import { invert, regularisedBeta, regularisedGamma } from "./special-functions.ts";
import { LEVEL, studentQuantile } from "./student-t.ts";

/**
 * A rate of rare events: `counts[i]` of them in `exposures[i]` tries (or hours) with seed i. The exact interval for a Poisson count
 * (Garwood 1936, Biometrika 28, 437-442; as chi-squared quantiles in Ulm 1990, Am. J. Epidemiol. 131, 373-375) is right if events come
 * alone. Where one brings the next, seeds differ by more than that: then the Student interval of the ratio is the wider, and it is taken.
 * Where many seeds saw none and few saw many, Student is too narrow as well: how many seeds see any is uncertain (`shareInterval`), with the mean
 * of those that did. From below that bounds too: a seed that saw any saw at least one. One seed shows nothing of that: its interval is the exact one.
 */
export function countEstimate(
  counts: readonly number[],
  exposures: readonly number[] = counts.map(() => 1),
  level: number = LEVEL,
): Estimate {
  const seeds = counts.length;
  const count = sum(counts);
  const exposure = sum(exposures);
  if (!(exposure > 0)) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN, seeds };
  const rate = count / exposure;
  const exact = poissonInterval(count, level);
  let low = exact.low / exposure;
  let high = exact.high / exposure;
  if (seeds > 1 && count > 0) {
    const seen = counts.filter((each) => each > 0).length;
    const any = shareInterval(seen, seeds, level);
    // Residuals of the ratio estimator (Cochran, Sampling Techniques, 1977, §2.11).
    const residuals = counts.map((each, i) => each - rate * (exposures[i] ?? 0));
    const half = (studentQuantile(seeds - 1, level) * spread(residuals).standardError * seeds) / exposure;
    low = Math.min(low, Math.max((any.low * seeds) / exposure, rate - half));
    high = Math.max(high, rate + half, (rate * any.high * seeds) / seen);
  }
  return { mean: rate, low, high, seeds };
}

/** Between which probabilities `seen` of `tries` is likely (Clopper and Pearson 1934, Biometrika 26, 404-413). */
export function shareInterval(seen: number, tries: number, level: number = LEVEL): { low: number; high: number } {
  const tail = (1 - level) / 2;
  // P(at least k of n | p) = I_p(k, n - k + 1); it grows with p.
  const low = seen === 0 ? 0 : invert((p) => regularisedBeta(p, seen, tries - seen + 1), tail, 0, 1);
  const high = seen === tries ? 1 : invert((p) => regularisedBeta(p, seen + 1, tries - seen), 1 - tail, 0, 1);
  return { low, high };
}

/** Between which means a Poisson count of `count` is likely: both tails hold at most (1 - level) / 2. */
export function poissonInterval(count: number, level: number = LEVEL): { low: number; high: number } {
  const tail = (1 - level) / 2;
  const far = count + 20 * Math.sqrt(count + 1) + 100;
  // P(at least k | m) = P(k, m); it grows with m.
  const low = count === 0 ? 0 : invert((mean) => regularisedGamma(count, mean), tail, 0, count);
  const high = invert((mean) => regularisedGamma(count + 1, mean), 1 - tail, count, far);
  return { low, high };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
