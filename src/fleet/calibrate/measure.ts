import type { Simulation } from "../simulation.ts";
import { type Estimate, estimate } from "../statistics/estimate.ts";
import { imbalanceHalfLife, timeToBalance } from "../statistics/imbalance.ts";
import { rate } from "../statistics/summarise.ts";
import type { TargetName, TargetVerdict } from "./calibration.ts";

/** What the runs say of one measure. `updateEndMs`: since when the fleet may balance itself. */
export function measure(
  name: TargetName,
  runs: readonly Simulation[],
  { updateEndMs, balancedShare, level }: { updateEndMs: number; balancedShare: number; level: number },
): Estimate {
  switch (name) {
    case "halfLifeMs":
      return timeEstimate(
        runs.map((run) => imbalanceHalfLife(run, updateEndMs)),
        level,
      );
    case "balancedMs":
      return timeEstimate(
        runs.map((run) => timeToBalance(run, updateEndMs, balancedShare)),
        level,
      );
    case "collisionsPerConnection":
    case "collisionsPerHour":
    case "reconnectsPerSecondPerServer":
    case "notReadyMinutesPerDay":
      return rate(name, runs, level);
  }
}

/** "At most `bound`", with the interval's confidence. */
export function judge({ low, high, mean }: Estimate, bound: number): TargetVerdict {
  if (Number.isNaN(mean)) return "undecided";
  if (high <= bound) return "met";
  return low > bound ? "missed" : "undecided";
}

/** Times of which some were not seen to end. */
function timeEstimate(times: readonly number[], level: number): Estimate {
  const ended = times.filter(Number.isFinite);
  const never = Number.POSITIVE_INFINITY;
  if (ended.length === 0) return { mean: never, low: never, high: never, seeds: times.length };
  const found = estimate(ended, level);
  return { ...found, high: ended.length < times.length ? never : found.high, seeds: times.length };
}
