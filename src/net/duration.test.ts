import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { forMs, parseDuration, printMs } from "./duration.ts";

const NEVER = Number.POSITIVE_INFINITY;

describe("durations", () => {
  test.each([
    ["350s", 350_000],
    ["1500 ms", 1500],
    ["1h30m", 5_400_000],
    ["2.5s", 2500],
    ["5 min", 300_000],
    ["5d", 432_000_000],
    ["Never", NEVER],
    ["0s", 0],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(["", "60", "s", "5 parsecs", "-5s", "1e9s", "5s or so", "1s".repeat(50), "∞"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("what is printed is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), (ms) => {
        expect(parseDuration(printMs(ms))).toBe(ms);
      }),
    );
    expect(parseDuration(printMs(NEVER))).toBe(NEVER);
    expect(forMs(NEVER)).toBe("for ever");
    expect(forMs(60_000)).toBe("for 60 s");
  });
});
