import type { Inequality, Look, Term } from "../demand.ts";
import type { Knob, Knobs } from "./knobs.ts";

/** An inequality that must hold, with the margin that it must hold with. */
export interface Bound extends Inequality {
  readonly margin: number;
}

interface Interval {
  low: number;
  high: number;
}

/**
 * Values for the free knobs that meet every bound, each as near as can be to where its knob stands; undefined if there are none.
 *
 * Each bound has one term on its greater side at most, so that substituting intervals until nothing moves gives for every knob exactly
 * the values that some solution has (for two-sided bounds this is the shortest-path reading of difference constraints). Then knobs
 * are set one after the other, the dearest first, and the others' intervals follow.
 */
export function solveBounds(
  free: readonly Knob[],
  bounds: readonly Bound[],
  knobs: Knobs,
  look: Look,
): ReadonlyMap<string, number> | undefined {
  const intervals = new Map<string, Interval>();
  for (const knob of free) {
    const low = up(Math.min(knob.least, knob.most), knob.step);
    const high = knob.value === Number.POSITIVE_INFINITY ? knob.value : down(knob.most, knob.step);
    if (low > high) return undefined;
    intervals.set(knob.id, { low, high });
  }
  const system = { bounds, knobs, look, intervals };
  if (!narrow(system, free)) return undefined;
  const values = new Map<string, number>();
  for (const knob of [...free].sort((a, b) => b.cost - a.cost)) {
    const interval = intervals.get(knob.id) as Interval;
    // What cannot stay never takes the nearest finite value; everything else stays as near as it can.
    const value = Math.min(interval.high, Math.max(interval.low, knob.value));
    interval.low = value;
    interval.high = value;
    values.set(knob.id, value);
    if (!narrow(system, free)) return undefined;
  }
  return values;
}

interface System {
  readonly bounds: readonly Bound[];
  readonly knobs: Knobs;
  readonly look: Look;
  readonly intervals: ReadonlyMap<string, Interval>;
}

/** Passes over all bounds before a system is given up: each narrows, and none can narrow for ever within steps. */
const MOST_PASSES = 200;

function narrow(system: System, free: readonly Knob[]): boolean {
  const steps = new Map(free.map((knob) => [knob.id, knob.step]));
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    let moved = false;
    for (const bound of system.bounds) {
      const change = narrowOne(system, bound, steps);
      if (change === "none possible") return false;
      moved ||= change === "narrower";
    }
    if (!moved) return true;
  }
  return false;
}

type Change = "none possible" | "narrower" | "same";

function narrowOne(system: System, bound: Bound, steps: ReadonlyMap<string, number>): Change {
  const { lesser, plus = 0, greater, offset = 0, margin } = bound;
  const sides = lesser.map((term) => ({ knob: freeKnob(system, term), interval: intervalOf(system, term) }));
  if (sides.some(({ interval }) => interval === undefined)) return "none possible";
  const right = greater === undefined ? { low: 0, high: 0 } : intervalOf(system, greater);
  if (right === undefined) return "none possible";
  const lows = sides.map(({ interval }) => interval?.low ?? 0);
  const least = lows.reduce((sum, low) => sum + low, plus + margin - offset);
  let change: Change = "same";
  const rightKnob = greater === undefined ? undefined : freeKnob(system, greater);
  if (rightKnob !== undefined && least > right.low) {
    right.low = up(least, steps.get(rightKnob) ?? 1);
    change = "narrower";
  }
  if (right.high < least && !(right.high === Number.POSITIVE_INFINITY)) return "none possible";
  if (right.low > right.high) return "none possible";
  if (right.high === Number.POSITIVE_INFINITY) return change;
  for (const [place, { knob, interval }] of sides.entries()) {
    if (knob === undefined || interval === undefined) continue;
    const most = down(right.high - (least - (lows[place] ?? 0)), steps.get(knob) ?? 1);
    if (most >= interval.high) continue;
    interval.high = most;
    change = "narrower";
    if (interval.low > interval.high) return "none possible";
  }
  return change;
}

/** Id of the knob of a term, where it may move. */
function freeKnob({ knobs, intervals }: System, term: Term): string | undefined {
  const id = knobs.of(term)?.id;
  return id !== undefined && intervals.has(id) ? id : undefined;
}

/** The interval of a term; of one that may not move its value alone. */
function intervalOf(system: System, term: Term): Interval | undefined {
  const id = freeKnob(system, term);
  if (id !== undefined) return system.intervals.get(id);
  const value = system.look(term);
  return value === undefined ? undefined : { low: value, high: value };
}

/** The next multiple of a step, from below or from above; what rounding errors add does not count. */
const up = (value: number, step: number): number => tidy(Math.ceil(value / step - 1e-9) * step);
const down = (value: number, step: number): number =>
  value === Number.POSITIVE_INFINITY ? value : tidy(Math.floor(value / step + 1e-9) * step);
const tidy = (value: number): number => Number(value.toPrecision(12));
