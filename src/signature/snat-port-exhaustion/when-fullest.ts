import type { Nanoseconds } from "../../net/time.ts";
import type { Attempt } from "../syn-queries.ts";
import { endOf } from "./translated-ports.ts";

/** Every attempt that failed met more connections than any that succeeded. */
export function failsOnlyWhenFullest(
  group: readonly Attempt[],
  answered: readonly Attempt[],
  kept: Nanoseconds,
): boolean {
  const before = (time: Nanoseconds): number =>
    answered.filter(({ syns, trail }) => syns[0].time < time && endOf(trail.flow) + kept >= time).length;
  const fewest = Math.min(...group.map((a) => before(a.syns[0].time)));
  return answered.every((a) => before(a.syns[0].time) < fewest);
}

/** An attempt after the first that failed was answered: without one, a filter or a target that is gone would look the same. */
export function answersAgain(group: readonly Attempt[], answered: readonly Attempt[]): boolean {
  const since = Math.min(...group.map((a) => a.syns[0].time));
  return answered.some((a) => a.syns[0].time > since);
}
