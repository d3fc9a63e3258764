/**
 * Whether a version lies within bounds such as `>=1.19.10 <1.29.7`. Versions are compared number by number, a leading `v`
 * and what follows the numbers are passed over. An unknown version lies within bounds that are open above: the newest is assumed.
 */
export function inVersionRange(version: string | undefined, range: string): boolean {
  const bounds = range.split(" ").filter((bound) => bound !== "*");
  const numbers = version === undefined ? undefined : numbersOf(version);
  if (numbers === undefined) return bounds.every((bound) => bound.startsWith(">="));
  return bounds.every((bound) => {
    const least = bound.startsWith(">=");
    const order = compare(numbers, numbersOf(bound.slice(least ? 2 : 1)) ?? []);
    return least ? order >= 0 : order < 0;
  });
}

/** Whether a text is one version: `20`, `v1.31.2`, `18-alpine`; neither a range nor a word. */
export const isVersion = (text: string): boolean => numbersOf(text) !== undefined;

/** The numbers of a version; undefined where it has none, as `latest`. */
function numbersOf(version: string): readonly number[] | undefined {
  const match = /^v?(\d{1,9}(?:\.\d{1,9})*)/.exec(version.trim());
  return match?.[1]?.split(".").map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}
