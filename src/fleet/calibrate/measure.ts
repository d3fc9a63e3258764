import type { Simulation } from "../simulation.ts";
import { imbalanceHalfLife, timeToBalance } from "../statistics/imbalance.ts";
import { medianEstimate } from "../statistics/median.ts";
import { rate } from "../statistics/summarise.ts";
import type { Measured, TargetName, TargetVerdict } from "./calibration.ts";

/** What the runs say of one measure. `updateEndMs`: since when the fleet may balance itself. */
export function measure(
  name: TargetName,
  runs: readonly Simulation[],
  { updateEndMs, balancedShare, level }: { updateEndMs: number; balancedShare: number; level: number },
): Measured {
  const time = (of: (run: Simulation) => number): Measured => {
    const times = runs.map(of);
    const { median: value, low, high } = medianEstimate(times, level);
    const unseen = times.filter((each) => each === Number.POSITIVE_INFINITY).length;
    const observedMs = Math.max(0, (runs[0]?.durationMs ?? 0) - updateEndMs);
    return { statistic: "median", value, low, high, seeds: runs.length, unseen, observedMs };
  };
  switch (name) {
    case "halfLifeMs":
      return time((run) => imbalanceHalfLife(run, updateEndMs));
    case "balancedMs":
      return time((run) => timeToBalance(run, updateEndMs, balancedShare));
    case "collisionsPerConnection":
    case "collisionsPerHour":
    case "reconnectsPerSecondPerServer":
    case "notReadyMinutesPerDay": {
      const { mean: value, low, high, seeds } = rate(name, runs, level);
      return { statistic: "mean", value, low, high, seeds };
    }
  }
}

/** "At most `bound`", with the interval's confidence. What no seed saw to end is only known to take longer than they looked. */
export function judge({ statistic, seeds, low, high, value, observedMs }: Measured, bound: number): TargetVerdict {
  if (Number.isNaN(value)) return "undecided";
  // The mean of one seed that is no count: nothing bounds it.
  if (statistic === "mean" && seeds < 2 && low === high) return "undecided";
  if (high <= bound) return "met";
  const atLeast = low === Number.POSITIVE_INFINITY && observedMs !== undefined ? observedMs : low;
  return atLeast > bound ? "missed" : "undecided";
}
