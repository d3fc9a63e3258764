/**
 * Time inside Halfopen: nanoseconds as a plain number relative to an epoch, and one bigint epoch
 * for each clock. A double holds nanoseconds exactly for 104 days (2^53 ns), far longer than a capture.
 */

/** Nanoseconds since the epoch of the clock it belongs to. */
export type Nanoseconds = number;

export const MICROSECOND = 1e3;
export const MILLISECOND = 1e6;
export const SECOND = 1e9;

/** An instant on the wall clock: nanoseconds since 1970-01-01T00:00:00Z. */
export type Instant = bigint;

/** The wall-clock instant `relative` nanoseconds after `epoch`. */
export function instantOf(epoch: Instant, relative: Nanoseconds): Instant {
  return epoch + BigInt(Math.round(relative));
}

/** Prints an instant as `2026-11-20T15:19:40.096329Z`, with nanoseconds only where they are not zero. */
export function printInstant(instant: Instant): string {
  const second = 1_000_000_000n;
  let seconds = instant / second;
  let rest = instant % second;
  if (rest < 0n) {
    rest += second;
    seconds -= 1n;
  }
  const milliseconds = Number(seconds) * 1000;
  if (!(Math.abs(milliseconds) <= 8.64e15)) return `${instant} ns`;
  const head = new Date(milliseconds).toISOString().slice(0, -5);
  const nanos = rest.toString().padStart(9, "0");
  return `${head}.${nanos.endsWith("000") ? nanos.slice(0, 6) : nanos}Z`;
}

/** Prints a span of time for a person: `85 µs`, `8.8 ms`, `30.0 s`, `5 min 50 s`. */
export function printSpan(nanoseconds: Nanoseconds): string {
  const sign = nanoseconds < 0 ? "-" : "";
  const ns = Math.abs(nanoseconds);
  if (ns < MILLISECOND) return `${sign}${Math.round(ns / MICROSECOND)} µs`;
  if (ns < 999.5 * MILLISECOND) {
    const ms = ns / MILLISECOND;
    return `${sign}${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
  }
  if (ns < 120 * SECOND) return `${sign}${(ns / SECOND).toFixed(ns < 10 * SECOND ? 2 : 1)} s`;
  const seconds = Math.round(ns / SECOND);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${sign}${minutes} min ${seconds % 60} s`;
  return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
