import { estimate } from "../../src/fleet/statistics/estimate.ts";
import { median } from "./median-interval.ts";

export interface RatioInterval {
  readonly ratio: number;
  /** Absent where fewer than two processes were measured: nothing is known then of how they differ. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/**
 * A ratio that was measured in rounds of several processes, and the interval that holds it with 95 % confidence. What is drawn once for a process,
 * such as the order of its connections, shifts all its rounds alike: only processes are independent. So each gives one value, the median of
 * its rounds, and these give a mean and Student's interval; of logarithms, since ratios are compared. Of several things that each process was measured
 * at, its value is the mean.
 */
export function ratioInterval(...measured: readonly (readonly (readonly number[])[])[]): RatioInterval {
  const processes = (measured[0] ?? []).map((_, process) => measured.map((each) => each[process] ?? []));
  const values = processes
    .filter((each) => each.every(({ length }) => length > 0))
    .map((each) => each.reduce((sum, rounds) => sum + Math.log(median(rounds)), 0) / each.length);
  const { mean, low, high, seeds } = estimate(values);
  return { ratio: Math.exp(mean), ...(seeds < 2 ? {} : { interval: { low: Math.exp(low), high: Math.exp(high) } }) };
}
