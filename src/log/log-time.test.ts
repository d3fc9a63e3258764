import { expect, test } from "vitest";
import { printInstant } from "../net/time.ts";
import { readPrefix, readTime, readUnixTime } from "./line-time.ts";
import { type LogTime, placeTime } from "./log-time.ts";

const NEAR = BigInt(Date.UTC(2026, 10, 20, 15, 20)) * 1_000_000n;

function stated(time: LogTime | undefined): string {
  if (time === undefined) return "none";
  const missing = time.kind === "partial" ? ` without ${time.missing.join(" ")}` : "";
  return `${printInstant(placeTime(time, NEAR))}${missing} ±${time.resolution}`;
}

test.each([
  ["2026/11/20 15:19:31.286227 http2: x", "2026-11-20T15:19:31.286227Z without zone ±1000", "http2: x"],
  ["2026/11/20 15:19:31 x", "2026-11-20T15:19:31.000000Z without zone ±1000000000", "x"],
  ["15:19:50.386752 x", "2026-11-20T15:19:50.386752Z without date year zone ±1000", "x"],
  ["I1120 15:19:31.123456       1 log.go:245] x", "2026-11-20T15:19:31.123456Z without year zone ±1000", "x"],
  ["2026-11-20T16:19:31.5+01:00 x", "2026-11-20T15:19:31.500000Z ±100000000", "x"],
  ["2026-11-20 15:19:31,946 ERROR x", "2026-11-20T15:19:31.946000Z without zone ±1000000", "ERROR x"],
  ["[2026-11-20T15:19:31Z] x", "2026-11-20T15:19:31.000000Z ±1000000000", "x"],
  ["[20/Nov/2026:15:19:31 +0000] x", "2026-11-20T15:19:31.000000Z ±1000000000", "x"],
  ["Nov 20 15:19:31 host prog: x", "2026-11-20T15:19:31.000000Z without year zone ±1000000000", "host prog: x"],
])("%s", (line, time, rest) => {
  const prefix = readPrefix(line);
  expect(stated(prefix?.time)).toBe(time);
  expect(line.slice(prefix?.rest)).toBe(rest);
});

test.each([
  "2026/13/20 15:19:31 x",
  "2026/11/20 25:19:31 x",
  "99:99:99 x",
  "Nox 20 15:19:31 a b: c",
  "I9999 15:19:31.123456 1 a.go:1] x",
  "hello",
])("%s has no time", (line) => expect(readPrefix(line)).toBeUndefined());

test("a time without a year is placed in the year that is nearest, across New Year too", () => {
  const december = readPrefix("E1231 23:59:59.000000       1 a.go:1] x");
  const january = BigInt(Date.UTC(2027, 0, 1, 0, 1)) * 1_000_000n;
  expect(december).toBeDefined();
  if (december !== undefined)
    expect(printInstant(placeTime(december.time, january))).toBe("2026-12-31T23:59:59.000000Z");
});

test("a clock in another zone is placed with the zone that is given", () => {
  const time = readTime("2026/11/20 16:19:31");
  expect(time).toBeDefined();
  if (time !== undefined) expect(printInstant(placeTime(time, NEAR, 3600e9))).toBe("2026-11-20T15:19:31.000000Z");
});

test("seconds since 1970 with a fraction", () => {
  expect(stated(readUnixTime("1795188791.122"))).toBe("2026-11-20T15:33:11.122000Z ±1000000");
  expect(readUnixTime("12.5")).toBeUndefined();
});
