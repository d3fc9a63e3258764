import { describe, expect, it } from "vitest";
import { instantOf, printInstant, printSpan } from "./time.ts";

describe("time", () => {
  it.each([
    [0, "0 µs"],
    [85_000, "85 µs"],
    [8_800_000, "8.80 ms"],
    [71_300_000, "71.3 ms"],
    [154_000_000, "154 ms"],
    [999_990_000, "1.00 s"],
    [30e9, "30.0 s"],
    [350e9, "5 min 50 s"],
    [7200e9, "2 h 0 min"],
    [-2e9, "-2.00 s"],
  ])("prints a span of %d ns as %s", (span, text) => {
    expect(printSpan(span)).toBe(text);
  });

  it("prints instants with microseconds, and nanoseconds only where there are any", () => {
    expect(printInstant(1_795_187_980_096_329_000n)).toBe("2026-11-20T15:19:40.096329Z");
    expect(printInstant(1_795_187_980_096_329_001n)).toBe("2026-11-20T15:19:40.096329001Z");
    expect(printInstant(-1n)).toBe("1969-12-31T23:59:59.999999999Z");
  });

  it("keeps nanoseconds exact over a long capture", () => {
    expect(instantOf(1_795_187_980_096_329_001n, 8_640_000_000_000_001)).toBe(1_803_827_980_096_329_002n);
  });

  it("does not fail on times that no calendar holds", () => {
    expect(printInstant(18_446_744_073_204_160_013_289n)).toContain("ns");
  });
});
