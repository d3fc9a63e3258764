import { NEVER } from "../setting.ts";

/** Turns a value as written into a number of a setting's unit; undefined where it is none. */
export type Parse = (text: string) => number | undefined;

/** No timeout is longer than this (300 years); longer ones are mistakes or attacks. */
const MOST = 1e13;

const plain = (text: string): number | undefined => {
  if (!/^\s*\+?\d{1,15}(?:\.\d{0,9})?\s*$/.test(text)) return undefined;
  return sane(Number(text));
};

const sane = (value: number): number | undefined => (value >= 0 && value <= MOST ? value : undefined);

/** A plain number of seconds, as milliseconds. */
export const seconds: Parse = (text) => times(plain(text), 1000);
/** A plain number of milliseconds. */
export const millis: Parse = plain;
/** A plain number of minutes, as milliseconds. */
export const minutes: Parse = (text) => times(plain(text), 60_000);

const times = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : sane(value * factor);

/** Where 0 means that it never happens. */
export const zeroIsNever =
  (parse: Parse): Parse =>
  (text) => {
    const value = parse(text);
    return value === 0 ? NEVER : value;
  };

/** Where a negative number means that it never happens. */
export const negativeIsNever =
  (parse: Parse): Parse =>
  (text) =>
    /^\s*-\d{1,15}(?:\.\d+)?\s*(?:ms|s|m|h)?\s*$/.test(text) ? NEVER : parse(text);

/** A whole number from 0 on. */
export const count: Parse = (text) => (/^\s*\d{1,13}\s*$/.test(text) ? sane(Number(text)) : undefined);

/** A number from 0 to 1. */
export const ratio: Parse = (text) => {
  const value = /^\s*\d?\.?\d{1,18}(?:e-\d{1,2})?\s*$/i.test(text) ? Number(text) : undefined;
  return value !== undefined && value <= 1 ? value : undefined;
};

/** True, on, yes, 1, enabled; false, off, no, 0, disabled. */
export const flag: Parse = (text) => {
  const word = text.trim().toLowerCase();
  if (/^(?:true|on|yes|1|enabled)$/.test(word)) return 1;
  return /^(?:false|off|no|0|disabled)$/.test(word) ? 0 : undefined;
};

type Units = Readonly<Record<string, number>>;

/** Numbers with units after each other, as `1h30m`; a number without a unit counts in `bare` milliseconds, if that is allowed. */
function withUnits(text: string, units: Units, bare: number | undefined): number | undefined {
  const word = text.trim();
  if (word === "" || word.length > 64) return undefined;
  const part = /(\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})\s*([a-zA-Zµ]*)\s*/y;
  let sum = 0;
  while (part.lastIndex < word.length) {
    const m = part.exec(word);
    if (m === null) return undefined;
    const unit = m[2] === "" ? bare : Object.hasOwn(units, m[2] ?? "") ? units[m[2] ?? ""] : undefined;
    if (unit === undefined) return undefined;
    sum += Number(m[1]) * unit;
  }
  return sane(Number(sum.toPrecision(12)));
}

const DAY = 86_400_000;
const NGINX: Units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY, M: 30 * DAY, y: 365 * DAY };

/** nginx: seconds unless a unit is given; `m` is minutes, `M` months (ngx_parse_time in src/core/ngx_parse.c of nginx/nginx@3f6f7824). */
export const nginxTime: Parse = (text) => (text.includes(".") ? undefined : withUnits(text, NGINX, 1000));

const HAPROXY: Units = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY };

/** HAProxy: milliseconds unless a unit is given (doc/configuration.txt §2.5 of haproxy/haproxy@50872daa). */
export const haproxyTime: Parse = (text) =>
  /^\d{1,15}(?:us|ms|s|m|h|d)?$/.test(text) ? withUnits(text, HAPROXY, 1) : undefined;

const GO: Units = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's time.ParseDuration, which Kubernetes, Istio and Protobuf's JSON (`3600s`) fit into: a unit is needed except after 0. */
export const goDuration: Parse = (text) => {
  const word = text.trim();
  if (/^\+?0$/.test(word)) return 0;
  return /\s/.test(word) ? undefined : withUnits(word, GO, undefined);
};

const SPRING: Units = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY };

/** Spring Boot's Duration: `60s`, `PT1M`, a bare number in milliseconds; negative is never. */
export const springDuration: Parse = negativeIsNever((text) => {
  const word = text.trim();
  if (/^p/i.test(word)) return isoDuration(word);
  return /^\+?\d{1,15}(?:ns|us|ms|s|m|h|d)?$/i.test(word)
    ? withUnits(word.replace("+", "").toLowerCase(), SPRING, 1)
    : undefined;
});

/** ISO 8601: `PT1H30M5.5S`, `P1D`. */
function isoDuration(text: string): number | undefined {
  const m = /^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/i.exec(text);
  if (m === null || /[pt]$/i.test(text)) return undefined;
  const [days, hours, mins, secs] = [m[1], m[2], m[3], m[4]].map((part) => Number(part ?? 0));
  return sane((days ?? 0) * DAY + (hours ?? 0) * 3_600_000 + (mins ?? 0) * 60_000 + (secs ?? 0) * 1000);
}

/** .NET's TimeSpan: `[d.]hh:mm[:ss[.fffffff]]`, or whole days; `-00:00:00.001` is Timeout.InfiniteTimeSpan. */
export const timeSpan: Parse = (text) => {
  const word = text.trim();
  if (/^-(?:00:00:00\.001(?:0{1,4})?|1)$/.test(word)) return NEVER;
  if (/^\d{1,8}$/.test(word)) return sane(Number(word) * DAY);
  const m = /^(?:(\d{1,8})\.)?(\d{1,2}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,7})?))?$/.exec(word);
  if (m === null || Number(m[2]) > 23) return undefined;
  return sane(Number(m[1] ?? 0) * DAY + Number(m[2]) * 3_600_000 + Number(m[3]) * 60_000 + Number(m[4] ?? 0) * 1000);
};
