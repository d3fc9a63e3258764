/** Milliseconds of each unit that a duration may be written in. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration with its units, such as `350s`, `1500 ms`, `1h30m` or `never` (which is Infinity), in milliseconds; undefined where it
 * is none. A figure without a unit is no duration: half of all wrong timeouts are seconds taken for milliseconds.
 */
export function parseDuration(text: string): number | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === "never") return Number.POSITIVE_INFINITY;
  if (!/^(?:\d{1,12}(?:\.\d{1,6})?\s*(?:ms|s|min|m|h|d)\s*){1,6}$/.test(plain)) return undefined;
  let sum = 0;
  for (const [, figure = "", unit = ""] of plain.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g)) {
    sum += Number(figure) * (UNITS[unit] ?? 0);
  }
  return Number(sum.toPrecision(15));
}

/** Milliseconds as people say them: `5 s`, `350 s`, `2 h`, `never`. */
export function printMs(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "never";
  if (ms < 1000 && ms > 0) return `${tidy(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds > 3600 && seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds > 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  return `${tidy(seconds)} s`;
}

/** How long something lasts: `for 60 s`, `for ever`. */
export const forMs = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? "for ever" : `for ${printMs(ms)}`);

const tidy = (value: number): number => Number(value.toPrecision(12));
