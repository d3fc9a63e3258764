import { expect, test } from "vitest";
import { NEVER } from "../setting.ts";
import {
  count,
  flag,
  goDuration,
  haproxyTime,
  negativeIsNever,
  nginxTime,
  ratio,
  seconds,
  springDuration,
  timeSpan,
  zeroIsNever,
} from "./units.ts";

const table = (parse: (text: string) => number | undefined, rows: Readonly<Record<string, number | undefined>>): void =>
  expect(Object.fromEntries(Object.keys(rows).map((text) => [text, parse(text)]))).toEqual(rows);

test("nginx counts in seconds, m is minutes and M months", () => {
  table(nginxTime, {
    "75": 75_000,
    "75s": 75_000,
    "1m": 60_000,
    "1M": 2_592_000_000,
    "1h 30m": 5_400_000,
    "500ms": 500,
    "1h30m": 5_400_000,
  });
  table(nginxTime, {
    "": undefined,
    "1.5s": undefined,
    "5x": undefined,
    "-1": undefined,
    off: undefined,
    ["9".repeat(30)]: undefined,
  });
});

test("HAProxy counts in milliseconds", () => {
  table(haproxyTime, {
    "50000": 50_000,
    "50s": 50_000,
    "1m": 60_000,
    "500us": 0.5,
    "2h": 7_200_000,
    "1d": 86_400_000,
    "1h30m": undefined,
  });
});

test("Go, Protobuf and Kubernetes need a unit", () => {
  table(goDuration, {
    "40s": 40_000,
    "1m0s": 60_000,
    "1h15m30.918s": 4_530_918,
    "0": 0,
    "0.25s": 250,
    "3600s": 3_600_000,
    "100µs": 0.1,
  });
  table(goDuration, { "40": undefined, "1d": undefined, "-1s": undefined, "": undefined, constructor: undefined });
});

test("Spring: bare numbers are milliseconds, ISO 8601, negative is never", () => {
  table(springDuration, {
    "20000": 20_000,
    "75s": 75_000,
    PT75S: 75_000,
    PT1H30M: 5_400_000,
    P1D: 86_400_000,
    "-1": NEVER,
    "1h30m": undefined,
    PT: undefined,
  });
});

test(".NET's TimeSpan", () => {
  table(timeSpan, {
    "00:02:10": 130_000,
    "1.02:00:00": 93_600_000,
    "00:00:30.5": 30_500,
    "2": 172_800_000,
    "-00:00:00.001": NEVER,
    "00:61:00": undefined,
    "24:00:00": undefined,
  });
});

test("plain numbers, flags, chances", () => {
  table(seconds, {
    "60": 60_000,
    " 1.5 ": 1500,
    "1e3": undefined,
    "60s": undefined,
    "-1": undefined,
    ["9".repeat(16)]: undefined,
  });
  table(count, { "0": 0, "1000": 1000, "1.5": undefined, "10k": undefined });
  table(flag, { true: 1, On: 1, no: 0, "2": undefined });
  table(ratio, { "0.001": 0.001, ".02": 0.02, "1": 1, "1.5": undefined, "1e-3": 0.001, "": undefined, ".": undefined });
  table(zeroIsNever(seconds), { "0": NEVER, "5": 5000 });
  table(negativeIsNever(seconds), { "-1": NEVER, "5": 5000 });
});
