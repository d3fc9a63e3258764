import { printValue } from "../../path/duration.ts";
import type { SettingUnit } from "../../path/setting.ts";

/** A value that is written somewhere: how, under which name, and as what it was read. */
export interface Written {
  readonly text: string;
  readonly key: string;
  readonly value: number | undefined;
}

/** A value as its file would have it, after the way in which the old one is written there; as people read it where that is not plain. */
export function inNotation(to: number, unit: SettingUnit, { text: written, key, value: from }: Written): string {
  const text = written.trim();
  if (unit === "flag") return flagLike(text, to) ?? printValue(to, unit);
  // Two figures of which one changes: the range of local ports.
  if (/^\d+\s+\d+$/.test(text)) return text.replace(new RegExp(`\\b${from}\\b`), String(to));
  if (unit !== "ms" || !Number.isFinite(to) || from === undefined) return printValue(to, unit);
  // A command with its figure: `sleep 5`.
  const [, command = "", figure = text] = /^([a-z]+ )(\S+)$/.exec(text) ?? [];
  const like =
    spanLike(text, to) ??
    isoLike(text, to) ??
    numberLike(figure, to, from) ??
    (isInSeconds(key) ? seconds(to) : undefined);
  return like === undefined ? printValue(to, unit) : `${command}${like}`;
}

/** 0 has no unit, but a name can have one: `HTTP2_READ_IDLE_TIMEOUT_SECONDS`, and flags of the Python servers take bare seconds. */
const isInSeconds = (key: string): boolean => /seconds$|^--(?:timeout-)?(?:keep-alive|graceful-shutdown)$/i.test(key);
const seconds = (ms: number): string => String(ms / 1000);

const FLAGS: readonly (readonly [string, string])[] = [
  ["false", "true"],
  ["off", "on"],
  ["no", "yes"],
  ["0", "1"],
  ["disabled", "enabled"],
];

function flagLike(text: string, to: number): string | undefined {
  const pair = FLAGS.find((words) => words.includes(text.toLowerCase()));
  return pair?.[to === 0 ? 0 : 1];
}

const two = (figure: number): string => String(figure).padStart(2, "0");

/** .NET's TimeSpan: `00:01:02`, with days and fractions where there are any. */
function spanLike(text: string, to: number): string | undefined {
  if (!/^(?:\d+\.)?\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?$/.test(text)) return undefined;
  const days = Math.floor(to / 86_400_000);
  const rest = to % 86_400_000;
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60].map((part) => two(Math.floor(part)));
  const fraction = rest % 1000 === 0 ? "" : `.${String(rest % 1000).padStart(3, "0")}`;
  return `${days === 0 ? "" : `${days}.`}${clock.join(":")}${fraction}`;
}

/** ISO 8601: `PT62S`. */
const isoLike = (text: string, to: number): string | undefined => (/^P/i.test(text) ? `PT${to / 1000}S` : undefined);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A number with its unit, or a bare one whose unit follows from what it was read as. */
function numberLike(text: string, to: number, from: number): string | undefined {
  const [, figure, unit = ""] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(text) ?? [];
  const old = Number(figure);
  if (figure === undefined || (old === 0 && unit === "")) return undefined;
  if (unit === "") {
    const now = (to / from) * old;
    return Math.abs(now - Math.round(now)) < 1e-9 ? String(Math.round(now)) : undefined;
  }
  const each = UNITS[unit];
  // 0 may stand for never.
  if (each === undefined || (old !== 0 && old * each !== from)) return undefined;
  if (to % each === 0) return `${to / each}${unit}`;
  return to % 1000 === 0 ? `${to / 1000}s` : `${to}ms`;
}
