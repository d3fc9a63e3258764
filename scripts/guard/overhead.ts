import { ratioInterval } from "./ratio-interval.ts";

export interface Overhead {
  /** In percent, and its interval. */
  readonly cells: readonly [string, string];
  /** The interval's ends; without an interval, everything is possible. */
  readonly low: number;
  readonly high: number;
}

/** By process and round. */
export interface Compared {
  readonly base: readonly (readonly number[])[];
  readonly more: readonly (readonly number[])[];
}

/** How much more it was than what it was set against, the ratios of a measurement's comparisons taken together; of several measurements their mean. */
export function overhead(...measurements: readonly (readonly Compared[])[]): Overhead {
  const { ratio, interval } = ratioInterval(...measurements.map(ratiosOf));
  const percent = (each: number): number => (each - 1) * 100;
  const [low, high] = [percent(interval?.low ?? 0), percent(interval?.high ?? Number.POSITIVE_INFINITY)];
  const text = interval === undefined ? "" : `${low.toFixed(1)} to ${high.toFixed(1)}`;
  return { cells: [percent(ratio).toFixed(1), text], low, high };
}

/** By process. */
function ratiosOf(compared: readonly Compared[]): readonly (readonly number[])[] {
  return (compared[0]?.base ?? []).map((_, process) =>
    compared.flatMap(({ base, more }) => {
      const rounds = base[process] ?? [];
      const others = more[process] ?? [];
      if (rounds.length !== others.length) throw new RangeError("A round needs a figure of both.");
      return others.map((each, round) => each / (rounds[round] ?? 1));
    }),
  );
}
