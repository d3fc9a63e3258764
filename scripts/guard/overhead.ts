import { ratioInterval } from "./ratio-interval.ts";

export interface Overhead {
  /** In percent, and its interval. */
  readonly cells: readonly [string, string];
  /** The interval's ends; without an interval, everything is possible. */
  readonly low: number;
  readonly high: number;
}

/** How much more one was than another, both by process and round. */
export function overhead(base: readonly (readonly number[])[], more: readonly (readonly number[])[]): Overhead {
  const { ratio, interval } = ratioInterval(
    more.map((rounds, process) => rounds.map((each, round) => each / (base[process]?.[round] ?? Number.NaN))),
  );
  const percent = (each: number): number => (each - 1) * 100;
  const [low, high] = [percent(interval?.low ?? 0), percent(interval?.high ?? Number.POSITIVE_INFINITY)];
  const text = interval === undefined ? "" : `${low.toFixed(1)} to ${high.toFixed(1)}`;
  return { cells: [percent(ratio).toFixed(1), text], low, high };
}
