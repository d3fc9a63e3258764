import { LEVEL, studentQuantile } from "./student-t.ts";

/** What seeds say of one number: their mean, and between which bounds the true mean lies with 95 % confidence. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /**
   * Seeds behind it. With one nothing is known of how seeds differ, and no report shows an interval: the bounds of a mean are the mean itself,
   * those of a count what it may be if its events come alone (`countEstimate`).
   */
  readonly seeds: number;
}

/** The same for every step of a series. */
export interface SeriesEstimate {
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Mean and Student interval of independent values. Sound for means of many small things; for rare counts use `countEstimate`. */
export function estimate(values: readonly number[], level: number = LEVEL): Estimate {
  const { mean, standardError } = spread(values);
  if (values.length < 2) return { mean, low: mean, high: mean, seeds: values.length };
  const half = studentQuantile(values.length - 1, level) * standardError;
  return { mean, low: mean - half, high: mean + half, seeds: values.length };
}

/** Mean, variance of the values (n - 1 in the denominator) and standard error of their mean. */
export function spread(values: readonly number[]): { mean: number; variance: number; standardError: number } {
  const count = values.length;
  if (count === 0) return { mean: Number.NaN, variance: Number.NaN, standardError: Number.NaN };
  let mean = 0;
  for (const value of values) mean += value / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const variance = count < 2 ? 0 : squares / (count - 1);
  return { mean, variance, standardError: Math.sqrt(variance / count) };
}

/** `estimate` for each step. All series have the same length. */
export function seriesEstimate(series: readonly Float64Array[], level: number = LEVEL): SeriesEstimate {
  const length = series[0]?.length ?? 0;
  const mean = new Float64Array(length);
  const low = new Float64Array(length);
  const high = new Float64Array(length);
  const quantile = series.length < 2 ? 0 : studentQuantile(series.length - 1, level);
  const column: number[] = new Array(series.length).fill(0);
  for (let i = 0; i < length; i++) {
    for (let s = 0; s < series.length; s++) column[s] = series[s]?.[i] ?? Number.NaN;
    const found = spread(column);
    mean[i] = found.mean;
    low[i] = found.mean - quantile * found.standardError;
    high[i] = found.mean + quantile * found.standardError;
  }
  return { mean, low, high };
}
