import { expect, test } from "vitest";
import { backOffMs } from "./back-off.ts";

const OPTIONS = { initialMs: 100, maxMs: 30_000 };

test("no wait before a first failure; then a draw below a bound that doubles up to the largest", () => {
  expect(backOffMs(0, 0.9, OPTIONS)).toBe(0);
  expect([1, 2, 3, 4, 10, 100].map((failures) => backOffMs(failures, 0.5, OPTIONS))).toEqual([
    50, 100, 200, 400, 15_000, 15_000,
  ]);
  expect(backOffMs(3, 0, OPTIONS)).toBe(0);
});
