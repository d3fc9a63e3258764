import { expect, test } from "vitest";
import { Dice, ln } from "./dice.ts";

const draws = (dice: Dice, stream: number): number[] => Array.from({ length: 5 }, () => dice.bits(stream));

test("equal seed and name give equal numbers, whoever else plays", () => {
  const one = new Dice(7);
  const other = new Dice(7);
  other.stream("somebody else");
  const [a, b] = [one.stream("host-1"), other.stream("host-1")];
  other.bits(0);
  expect(draws(one, a)).toEqual(draws(other, b));
  expect(draws(one, one.stream("host-2"))).not.toEqual(draws(other, b));
  expect(draws(new Dice(8), 0)).toBeDefined();
});

test("more streams than there was room for keep their places", () => {
  const dice = new Dice(1);
  const streams = Array.from({ length: 500 }, (_, i) => dice.stream(`host-${i}`));
  const fresh = new Dice(1);
  expect(draws(dice, streams[499] as number)).toEqual(draws(fresh, fresh.stream("host-499")));
});

test("the logarithm agrees with the platform's to the last places", () => {
  for (const x of [1e-300, 2 ** -33, 0.1, 0.5, 0.999_999, 1, 1.000_001, Math.SQRT2, 2, 10, 1e300])
    expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(Math.log(x))));
});

test("uniform and exponential draws have the mean and spread that their names promise", () => {
  const dice = new Dice(3);
  const stream = dice.stream("mean");
  const n = 100_000;
  const uniform = Array.from({ length: n }, () => dice.uniform(stream));
  const waits = Array.from({ length: n }, () => dice.exponential(stream, 10));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / n;
  expect(mean(uniform)).toBeCloseTo(0.5, 2);
  expect(mean(waits)).toBeGreaterThan(9.85);
  expect(mean(waits)).toBeLessThan(10.15);
  // Without memory: a share 1/e waits longer than the mean.
  expect(waits.filter((wait) => wait > 10).length / n).toBeCloseTo(1 / Math.E, 2);
});
