import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { parseDuration } from "../net/duration.ts";
import { yamlValue } from "./duration.ts";
import { NEVER } from "./setting.ts";

test("a time written into a path.yaml is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), (ms) => {
      expect(parseDuration(yamlValue(ms, "ms"))).toBe(ms);
    }),
  );
  expect(parseDuration(yamlValue(NEVER, "ms"))).toBe(NEVER);
});
