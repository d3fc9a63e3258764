import type { Instant, Nanoseconds } from "../net/time.ts";

/** What a log line does not say about its time. Without a date the year is missing too. */
export type MissingPart = "date" | "year" | "zone";

/** The time that a log line states: an instant, or a clock reading that needs a date, a year or a zone. */
export type LogTime =
  | {
      readonly kind: "instant";
      readonly at: Instant;
      /** The last digit's worth: 1e9 where the line gives whole seconds. */
      readonly resolution: Nanoseconds;
    }
  | {
      readonly kind: "partial";
      /** The reading taken as UTC; in 1972 (a leap year) without a year, on 1970-01-01 without a date. */
      readonly reading: Instant;
      readonly missing: readonly MissingPart[];
      readonly resolution: Nanoseconds;
    };

const DAY = 86_400_000_000_000n;

/**
 * The instant nearest to `near` that a stated time can mean, where the log's clock shows UTC plus
 * `zone`. A missing year or date is the one that brings the reading closest to `near`.
 */
export function placeTime(time: LogTime, near: Instant, zone: Nanoseconds = 0): Instant {
  if (time.kind === "instant") return time.at;
  const utc = time.reading - BigInt(Math.round(zone));
  if (time.missing.includes("date")) return utc + roundedDays(near - utc) * DAY;
  if (!time.missing.includes("year")) return utc;
  const reading = new Date(Number(utc / 1_000_000n));
  const rest = utc - BigInt(reading.getTime()) * 1_000_000n;
  const year = new Date(Number(near / 1_000_000n)).getUTCFullYear();
  if (Number.isNaN(year)) return utc;
  const candidates = [year - 1, year, year + 1].map((y) => {
    const moved = new Date(reading);
    moved.setUTCFullYear(y);
    return BigInt(moved.getTime()) * 1_000_000n + rest;
  });
  return candidates.reduce((best, each) => (distance(each, near) < distance(best, near) ? each : best));
}

function roundedDays(span: bigint): bigint {
  const half = span < 0n ? -DAY / 2n : DAY / 2n;
  return (span + half) / DAY;
}

const distance = (a: Instant, b: Instant): bigint => (a > b ? a - b : b - a);
