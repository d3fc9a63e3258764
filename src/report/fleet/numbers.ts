import type { Estimate } from "../../fleet/statistics/estimate.ts";

/** A number with as many figures as it is worth: three, or all before the point; `1 234 567` in groups. */
export function printNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "never";
  if (!Number.isFinite(value)) return "unknown";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return grouped(Math.round(value));
  if (size < 1e-4) return value.toExponential(1).replace("e-", "e−");
  return String(Number(value.toPrecision(size < 1 ? 2 : 3)));
}

/** Groups of three with no-break blanks, from five figures on (ISO 80000-1 §7.3.1). */
function grouped(whole: number): string {
  const text = String(Math.abs(whole));
  const parts = text.length < 5 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u00a0");
  return whole < 0 ? `−${parts}` : parts;
}

/** `12.4 (9.8 – 15)`: the mean and its 95 % interval, as far as anything is known of it. `–`: there was nothing to take it of. */
export function printEstimate(estimate: Estimate): string {
  if (Number.isNaN(estimate.mean)) return "–";
  const interval = intervalOf(estimate);
  return interval === undefined ? printNumber(estimate.mean) : `${printNumber(estimate.mean)} (${interval})`;
}

/** `9.8 – 15`, or nothing with one seed or without any spread. */
export function intervalOf({ low, high, seeds }: Estimate): string | undefined {
  if (seeds < 2 || low === high) return undefined;
  const [from, to] = [printNumber(Math.max(0, low)), printNumber(high)];
  return from === to ? undefined : `${from} – ${to}`;
}

/** Time for a person: `45 s`, `7 min 30 s`, `2 h`, `1 d`. */
export function printTime(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "never";
  if (ms < 1000) return `${printNumber(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (ms < 60_000) return `${printNumber(ms / 1000)} s`;
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  let left = seconds;
  const parts: string[] = [];
  for (const [size, name] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(" ");
}

/** A share of one as percent. */
export const printShare = (share: number): string => `${printNumber(share * 100)} %`;

export const many = (count: number, word: string, words = `${word}s`): string =>
  `${printNumber(count)} ${count === 1 ? word : words}`;
