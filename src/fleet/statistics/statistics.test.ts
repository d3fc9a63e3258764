import { expect, test } from "vitest";
import { sampleRun } from "../../../tests/helpers/sample-run.ts";
import { compareCounts } from "./compare-counts.ts";
import { countEstimate, poissonInterval, shareInterval } from "./count-estimate.ts";
import { estimate, seriesEstimate } from "./estimate.ts";
import { medianEstimate } from "./median.ts";
import { logGamma, regularisedBeta, regularisedGamma } from "./special-functions.ts";
import { studentQuantile, studentTail } from "./student-t.ts";
import { summarise } from "./summarise.ts";
import { compareMeans } from "./welch.ts";

test("ln Γ at whole and half numbers, where it is known", () => {
  expect(logGamma(1)).toBeCloseTo(0, 12);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
});

test("the incomplete functions where they are elementary", () => {
  expect(regularisedBeta(0.3, 1, 1)).toBeCloseTo(0.3, 13);
  expect(regularisedBeta(0.3, 2, 1)).toBeCloseTo(0.09, 13);
  expect(regularisedBeta(0.9, 1, 3)).toBeCloseTo(1 - 0.1 ** 3, 13);
  expect(regularisedGamma(1, 2)).toBeCloseTo(1 - Math.exp(-2), 13);
  // A Poisson count with mean 20 is at least 3 with 1 - e^-20 (1 + 20 + 200).
  expect(regularisedGamma(3, 20)).toBeCloseTo(1 - Math.exp(-20) * 221, 13);
});

// NIST/SEMATECH e-Handbook §1.3.6.7.2, column 0.975 (read as printed, three decimals).
test.each([
  [1, 12.706],
  [2, 4.303],
  [5, 2.571],
  [10, 2.228],
  [30, 2.042],
  [100, 1.984],
])("Student's t with %i degrees of freedom: %f", (freedom, q) => {
  expect(studentQuantile(freedom)).toBeCloseTo(q, 3);
  expect(studentTail(studentQuantile(freedom), freedom)).toBeCloseTo(0.05, 10);
});

// Two-sided 95 % limits of a Poisson mean, as tabled in Ulm 1990 and in any handbook of epidemiology.
test.each([
  [0, 0, 3.689],
  [1, 0.0253, 5.572],
  [3, 0.6187, 8.767],
  [10, 4.795, 18.39],
  [100, 81.36, 121.63],
])("Garwood's interval of %i", (count, low, high) => {
  const found = poissonInterval(count);
  expect(found.low).toBeCloseTo(low, 2);
  expect(found.high).toBeCloseTo(high, 2);
});

test("an interval over seeds", () => {
  const found = estimate([1, 2, 3, 4, 5]);
  expect(found.mean).toBe(3);
  // t(4) = 2.776, standard deviation √2.5.
  expect(found.high - 3).toBeCloseTo((2.776 * Math.sqrt(2.5)) / Math.sqrt(5), 3);
  expect(estimate([7])).toEqual({ mean: 7, low: 7, high: 7, seeds: 1 });
  const series = seriesEstimate([Float64Array.of(1, 10), Float64Array.of(3, 10)]);
  expect([...series.mean]).toEqual([2, 10]);
  expect(series.high[1]).toBe(10);
  expect(series.high[0]).toBeCloseTo(2 + 12.706, 2);
});

test("no event at all still leaves a rate possible; clusters widen the interval", () => {
  expect(countEstimate([0, 0, 0], [100, 100, 100])).toMatchObject({ mean: 0, low: 0 });
  expect(countEstimate([0, 0, 0], [100, 100, 100]).high).toBeCloseTo(3.689 / 300, 4);
  const alone = countEstimate([4, 6, 5, 5], [1, 1, 1, 1]);
  const clustered = countEstimate([0, 20, 0, 0], [1, 1, 1, 1]);
  expect(alone.mean).toBe(clustered.mean);
  expect(clustered.high).toBeGreaterThan(2 * alone.high);
  // One seed of ten with a burst of 100: it may be 0.25 % of seeds that have one event, or 44.5 % that have a hundred.
  const burst = countEstimate([100, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(burst.low).toBeCloseTo(0.0025, 4);
  expect(burst.high).toBeCloseTo(44.5, 1);
});

// Clopper and Pearson's limits, as any table of them has: 0 of 10, 1 of 10, 5 of 10, 10 of 10.
test.each([
  [0, 0, 0.3085],
  [1, 0.0025, 0.445],
  [5, 0.1871, 0.8129],
  [10, 0.6915, 1],
])("a share of %i in ten", (seen, low, high) => {
  const found = shareInterval(seen, 10);
  expect(found.low).toBeCloseTo(low, 4);
  expect(found.high).toBeCloseTo(high, 4);
});

test("totals of rare events: never below 0, and none seen is not none possible", () => {
  const lost = [0, 0, 0, 0, 0, 0, 0, 3, 0, 0].map((count, i) => sampleRun("base", i + 1, { lost: count }));
  const { totals } = summarise(lost);
  expect(totals.connectionsLost.low).toBeGreaterThan(0);
  expect(totals.notReady).toMatchObject({ mean: 0, low: 0 });
  expect(totals.notReady.high).toBeCloseTo(3.689 / 10, 3);
  for (const { low } of Object.values(totals)) expect(low).toBeGreaterThanOrEqual(0);
});

test("Welch's test: his own worked case of unequal variances, and what cannot differ", () => {
  // t and degrees of freedom of this pair by hand: means 2 and 5, variances 1 and 4, n = 3 each: t = -3 / √(5/3), ν = 2.94.
  const found = compareMeans([1, 2, 3], [3, 5, 7]);
  expect(found.difference).toBe(-3);
  expect(found.standardError).toBeCloseTo(Math.sqrt(5 / 3), 12);
  expect(found.probability).toBeCloseTo(studentTail(3 / Math.sqrt(5 / 3), (5 / 3) ** 2 / (1 / 18 + 16 / 18)), 12);
  expect(compareMeans([4, 4], [4, 4]).probability).toBe(1);
  expect(compareMeans([4, 4], [5, 5]).probability).toBe(0);
});

test("two Poisson counts: the binomial of their sum, by hand", () => {
  // 3 against 0 with as many seeds: 2 · (1/2)^3; 6 against 0: 2 · (1/2)^6.
  expect(compareCounts([1, 1, 1], [0, 0, 0])).toBeCloseTo(0.25, 12);
  expect(compareCounts([0, 0, 0], [2, 2, 2])).toBeCloseTo(2 / 64, 12);
  // 3 of one seed against 0 of two: each is of the first with 1/3.
  expect(compareCounts([3], [0, 0])).toBeCloseTo(2 / 27, 12);
  expect(compareCounts([2, 3], [3, 2])).toBe(1);
  expect(compareCounts([0], [0])).toBe(1);
});

test("the median counts what is infinite; its interval is that of the order statistics", () => {
  const never = Number.POSITIVE_INFINITY;
  expect(medianEstimate([5, never, 1, 3, never])).toMatchObject({ median: 5, low: 0, high: never });
  expect(medianEstimate([1, 2, never, never]).median).toBe(never);
  expect(medianEstimate([1, 2, 3, never]).median).toBe(2.5);
  // Ranks 2 and 9 of ten, 6 and 15 of twenty: P(Bin(10, 1/2) < 2) = 1.1 %, P(Bin(20, 1/2) < 6) = 2.1 %.
  const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
  expect(medianEstimate(to(10))).toEqual({ median: 5.5, low: 2, high: 9 });
  expect(medianEstimate(to(20))).toEqual({ median: 10.5, low: 6, high: 15 });
  expect(medianEstimate(to(6))).toMatchObject({ low: 1, high: 6 });
  expect(medianEstimate([])).toEqual({ median: Number.NaN, low: Number.NaN, high: Number.NaN });
});
