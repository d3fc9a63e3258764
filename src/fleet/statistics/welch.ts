import { spread } from "./estimate.ts";
import { studentTail } from "./student-t.ts";

/** Whether two samples can have one mean, their variances being what they are. */
export interface Comparison {
  readonly difference: number;
  /** Of the difference. */
  readonly standardError: number;
  /** Probability of a difference at least so large if the means are one. */
  readonly probability: number;
}

/** Welch's test (Welch 1947, Biometrika 34, 28-35; degrees of freedom by Satterthwaite). Two samples without spread are compared as they are. */
export function compareMeans(a: readonly number[], b: readonly number[]): Comparison {
  const first = spread(a);
  const second = spread(b);
  const difference = first.mean - second.mean;
  const variance = first.variance / a.length + second.variance / b.length;
  const standardError = Math.sqrt(variance);
  if (variance === 0) return { difference, standardError, probability: difference === 0 ? 1 : 0 };
  const freedom =
    variance ** 2 /
    ((first.variance / a.length) ** 2 / Math.max(1, a.length - 1) +
      (second.variance / b.length) ** 2 / Math.max(1, b.length - 1));
  return { difference, standardError, probability: studentTail(difference / standardError, freedom) };
}
