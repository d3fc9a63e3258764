import type { Dice } from "../lib/random.ts";

export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** The median of independent values, and the interval that holds it with 95 % confidence: bootstrap by percentiles. */
export function medianInterval(values: readonly number[], dice: Dice): Interval {
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[dice.below(values.length)] ?? 0)),
  );
  medians.sort((a, b) => a - b);
  const at = (share: number): number => medians[Math.floor(share * (RESAMPLES - 1))] ?? Number.NaN;
  return { median: median(values), low: at(0.025), high: at(0.975) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
