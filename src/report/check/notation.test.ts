import { expect, test } from "vitest";
import type { SettingUnit } from "../../path/setting.ts";
import { inNotation } from "./notation.ts";

test.each<readonly [string, number, number, SettingUnit, string]>([
  ["00:01:00", 60_000, 62_000, "ms", "00:01:02"],
  ["00:01:00", 60_000, 62_500, "ms", "00:01:02.500"],
  ["1.00:00:00", 86_400_000, 90_000_000, "ms", "1.01:00:00"],
  ["30000", 30_000, 62_000, "ms", "62000"],
  ["60", 60_000, 62_000, "ms", "62"],
  ["4", 240_000, 300_000, "ms", "5"],
  ["4", 240_000, 301_000, "ms", "301 s"],
  ["10s", 10_000, 62_000, "ms", "62s"],
  ["1m", 60_000, 62_000, "ms", "62s"],
  ["1m", 60_000, 120_000, "ms", "2m"],
  ["500ms", 500, 1500, "ms", "1500ms"],
  ["PT1M", 60_000, 62_000, "ms", "PT62S"],
  ["true", 1, 0, "flag", "false"],
  ["Enabled", 1, 0, "flag", "disabled"],
  ["off", 0, 1, "flag", "on"],
  ["0.001", 0.001, 0.0001, "ratio", "0.0001"],
  ["0", 0, 62_000, "ms", "62 s"],
  ["0s", Number.POSITIVE_INFINITY, 62_000, "ms", "62s"],
  ["0s", 0, 1500, "ms", "1500ms"],
  ["32768 33767", 33_767, 36_287, "count", "32768 36287"],
  ["sleep 5", 5000, 35_000, "ms", "sleep 35"],
  ["sleep 1m", 60_000, 35_000, "ms", "sleep 35s"],
])("%s, read as %i, becomes %i %s: %s", (written, from, to, unit, expected) => {
  expect(inNotation(to, unit, { text: written, key: "idle", value: from })).toBe(expected);
});

test.each(["HTTP2_READ_IDLE_TIMEOUT_SECONDS", "idle_timeout.timeout_seconds", "--timeout-keep-alive"])(
  "%s says the unit of a figure that was 0",
  (key) => {
    expect(inNotation(15_000, "ms", { text: "0", key, value: 0 })).toBe("15");
  },
);
