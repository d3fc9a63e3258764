import type { Nanoseconds } from "../net/time.ts";
import type { Severity } from "./entry.ts";
import type { LogTime, MissingPart } from "./log-time.ts";

/** What stands before a log line's message. */
export interface LinePrefix {
  readonly time: LogTime;
  /** Where the message starts. */
  readonly rest: number;
  readonly severity: Severity | undefined;
  /** The form of the prefix, a hint at the program. */
  readonly form: "klog" | "plain" | "syslog" | "clf";
}

/**
 * Reads the date and time at the start of a line, in the forms of Go's log package
 * (`2026/11/20 15:19:31.286227`, with or without date), klog (`I1120 15:19:31.286227`), ISO 8601 with
 * space or T, comma or point, zone or none, in brackets or not, syslog (`Nov 20 15:19:31`), the common
 * log format (`[20/Nov/2026:15:32:00 +0000]`), and date(1) and `dmesg -T` (`Fri Nov 20 15:32:48 UTC 2026`).
 */
export function readPrefix(line: string): LinePrefix | undefined {
  const first = line.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) return numeric(line, 0) ?? commonLog(line, 0);
  if (first === 0x5b) return bracketed(line);
  if (first >= 0x41 && first <= 0x5a) return klog(line) ?? syslog(line) ?? calendar(line, 0);
  return undefined;
}

const NUMERIC =
  /(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?( ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w-]))?/y;
const CLOCK = /(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?=\s|$)/y;

function numeric(line: string, start: number): LinePrefix | undefined {
  NUMERIC.lastIndex = start;
  const m = NUMERIC.exec(line);
  if (m !== null) {
    const day = dayOf(Number(m[1]), Number(m[2]), Number(m[3]));
    const clock = clockOf(m[4], m[5], m[6], m[7]);
    if (day === undefined || clock === undefined) return undefined;
    return prefix(timeOf(day, clock, m[8]), skipSpace(line, NUMERIC.lastIndex), "plain");
  }
  CLOCK.lastIndex = start;
  const c = CLOCK.exec(line);
  const clock = c === null ? undefined : clockOf(c[1], c[2], c[3], c[4]);
  if (clock === undefined) return undefined;
  return prefix(partial(0, clock, ["date", "year", "zone"]), skipSpace(line, CLOCK.lastIndex), "plain");
}

/** `[2026-11-20T15:19:31Z]`, `[15:19:31]` or `[20/Nov/2026:15:32:00 +0000]`. */
function bracketed(line: string): LinePrefix | undefined {
  const inner = numeric(line, 1) ?? commonLog(line, 1) ?? calendar(line, 1);
  if (inner === undefined || line[inner.rest] !== "]") return undefined;
  return { ...inner, rest: skipSpace(line, inner.rest + 1) };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const COMMON_LOG = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?( [+-]\d{4})?/y;

/** The common log format's time at `start`: `20/Nov/2026:15:32:00 +0000`; HAProxy's has milliseconds and no zone. */
export function commonLog(line: string, start: number): LinePrefix | undefined {
  COMMON_LOG.lastIndex = start;
  const m = COMMON_LOG.exec(line);
  if (m === null) return undefined;
  const day = dayOf(Number(m[3]), MONTHS.indexOf(m[2] ?? "") + 1, Number(m[1]));
  const clock = clockOf(m[4], m[5], m[6], m[7]);
  if (day === undefined || clock === undefined) return undefined;
  return prefix(timeOf(day, clock, m[8]), skipSpace(line, COMMON_LOG.lastIndex), "clf");
}

const KLOG = /([IWEF])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})\s+\d+ [^\s\]]{1,200}\] ?/y;
const KLOG_SEVERITY: Readonly<Record<string, Severity>> = { I: "info", W: "warning", E: "error", F: "fatal" };

/** klog's header: severity, month and day, time, thread, file and line; no year, no zone. */
function klog(line: string): LinePrefix | undefined {
  KLOG.lastIndex = 0;
  const m = KLOG.exec(line);
  if (m === null) return undefined;
  const day = dayOf(1972, Number(m[2]), Number(m[3]));
  const clock = clockOf(m[4], m[5], m[6], m[7]);
  if (day === undefined || clock === undefined) return undefined;
  const time = partial(day, clock, ["year", "zone"]);
  return { time, rest: KLOG.lastIndex, severity: KLOG_SEVERITY[m[1] ?? ""], form: "klog" };
}

const SYSLOG = /([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? /y;

function syslog(line: string): LinePrefix | undefined {
  SYSLOG.lastIndex = 0;
  const m = SYSLOG.exec(line);
  if (m === null) return undefined;
  const day = dayOf(1972, MONTHS.indexOf(m[1] ?? "") + 1, Number(m[2]));
  const clock = clockOf(m[3], m[4], m[5], m[6]);
  if (day === undefined || clock === undefined) return undefined;
  return prefix(partial(day, clock, ["year", "zone"]), SYSLOG.lastIndex, "syslog");
}

const CALENDAR =
  /[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?: ([AP])M)?(?: ([A-Z]{3,5}))? (\d{4})(?=[\s\]]|$)/y;

function calendar(line: string, start: number): LinePrefix | undefined {
  CALENDAR.lastIndex = start;
  const m = CALENDAR.exec(line);
  if (m === null) return undefined;
  const day = dayOf(Number(m[8]), MONTHS.indexOf(m[1] ?? "") + 1, Number(m[2]));
  const hour = m[6] === undefined ? Number(m[3]) : (Number(m[3]) % 12) + (m[6] === "P" ? 12 : 0);
  const clock = clockOf(String(hour), m[4], m[5]);
  if (day === undefined || clock === undefined) return undefined;
  const zone = m[7] === "UTC" || m[7] === "GMT" ? m[7] : undefined;
  return prefix(timeOf(day, clock, zone), skipSpace(line, CALENDAR.lastIndex), "plain");
}

/** Reads a whole text as one time, with or without a zone; undefined when more follows. */
export function readTime(text: string): LogTime | undefined {
  const found = numeric(text, 0) ?? commonLog(text, 0);
  return found !== undefined && found.rest >= text.length ? found.time : undefined;
}

/** The instant of seconds since 1970 written as a decimal number. */
export function readUnixTime(text: string): LogTime | undefined {
  const m = /^(\d{9,10})(?:\.(\d{1,9}))?$/.exec(text);
  if (m === null) return undefined;
  const fraction = m[2] ?? "";
  const at = BigInt(m[1] ?? 0) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0") || 0);
  return { kind: "instant", at, resolution: resolutionOf(fraction) };
}

function prefix(time: LogTime, rest: number, form: LinePrefix["form"]): LinePrefix {
  return { time, rest, severity: undefined, form };
}

/** Milliseconds since 1970 of midnight UTC, undefined for a day that no calendar has. */
function dayOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || year < 1970 || year > 2261) return undefined;
  return Date.UTC(year, month - 1, day);
}

interface Clock {
  /** Milliseconds since midnight of the whole seconds. */
  readonly ms: number;
  readonly fraction: string;
}

function clockOf(h?: string, m?: string, s?: string, fraction = ""): Clock | undefined {
  const hours = Number(h);
  const minutes = Number(m);
  const seconds = Number(s);
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return { ms: ((hours * 60 + minutes) * 60 + seconds) * 1000, fraction };
}

function timeOf(day: number, clock: Clock, zone: string | undefined): LogTime {
  if (zone === undefined) return partial(day, clock, ["zone"]);
  const m = /([+-])(\d\d):?(\d\d)/.exec(zone);
  const offset = m === null ? 0 : (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * 60_000;
  return { kind: "instant", at: instant(day - offset, clock), resolution: resolutionOf(clock.fraction) };
}

function partial(day: number, clock: Clock, missing: readonly MissingPart[]): LogTime {
  return { kind: "partial", reading: instant(day, clock), missing, resolution: resolutionOf(clock.fraction) };
}

function instant(day: number, clock: Clock): bigint {
  const fraction = clock.fraction === "" ? 0 : Number(clock.fraction.padEnd(9, "0"));
  return BigInt(day + clock.ms) * 1_000_000n + BigInt(fraction);
}

const resolutionOf = (fraction: string): Nanoseconds => 10 ** (9 - Math.min(9, fraction.length));

function skipSpace(line: string, at: number): number {
  let i = at;
  while (line.charCodeAt(i) === 0x20) i++;
  return i;
}
