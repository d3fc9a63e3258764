import { expect, test } from "vitest";
import { overhead } from "../../scripts/guard/overhead.ts";
import { type RatioInterval, ratioInterval } from "../../scripts/guard/ratio-interval.ts";
import { type Dice, dice } from "../../scripts/lib/random.ts";

/** Box and Muller 1958. */
function normal({ unit }: Dice): number {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}

/** Of so many experiments, the share whose interval holds the true ratio. */
function coverage(interval: (processes: readonly (readonly number[])[]) => RatioInterval["interval"]): number {
  const random = dice(5);
  const experiments = 2000;
  let held = 0;
  for (let count = 0; count < experiments; count += 1) {
    const processes = Array.from({ length: 10 }, () => {
      const offset = 0.03 * normal(random);
      return Array.from({ length: 28 }, () => 1.01 * Math.exp(offset + 0.05 * normal(random)));
    });
    const { low = Number.NaN, high = Number.NaN } = interval(processes) ?? {};
    if (low <= 1.01 && 1.01 <= high) held += 1;
  }
  return held / experiments;
}

test("holds the true ratio in 95 % of experiments whose processes differ, with a fixed seed", () => {
  const share = coverage((processes) => ratioInterval(processes).interval);
  // 0.95 ± 3 standard deviations of 2000 draws.
  expect(Math.abs(share - 0.95)).toBeLessThan(0.015);
});

test("one process, or none that has rounds, gives no interval", () => {
  expect(ratioInterval([[1.1, 1.2, 1.3], []])).toEqual({ ratio: expect.closeTo(1.2, 12) });
  expect(ratioInterval([])).toEqual({ ratio: Number.NaN });
});

test("processes that agree give a narrow one", () => {
  const { ratio, interval } = ratioInterval([[1.1], [1.1], [1.1]]);
  expect(ratio).toBeCloseTo(1.1, 12);
  expect(interval?.low).toBeCloseTo(1.1, 12);
  expect(interval?.high).toBeCloseTo(1.1, 12);
});

test("of two measurements of each process, the mean of both counts", () => {
  const { ratio, interval } = ratioInterval([[1.1], [1.3]], [[1.1], [1 / 1.3]]);
  expect(ratio).toBeCloseTo(Math.sqrt(1.1), 12);
  expect(interval?.low).toBeLessThan(1);
});

test("what costs the same as two others is told so, where all cost much more now and then", () => {
  const random = dice(7);
  const rounds = (): readonly (readonly number[])[] =>
    Array.from({ length: 40 }, () => Array.from({ length: 100 }, () => Math.exp(-0.5 * Math.log(1 - random.unit()))));
  const [first, second, own] = [rounds(), rounds(), rounds()];
  const { low, high } = overhead([
    { base: first, more: own },
    { base: second, more: own },
  ]);
  expect(low).toBeLessThan(0);
  expect(high).toBeGreaterThan(0);
  // A mean of the two has more bad rounds than one has.
  const mean = first.map((each, process) => each.map((a, round) => Math.sqrt(a * (second[process]?.[round] ?? 0))));
  expect(overhead([{ base: mean, more: own }]).high).toBeLessThan(-1);
});
