import type { Simulation } from "../../fleet/simulation.ts";
import { type Estimate, estimate } from "../../fleet/statistics/estimate.ts";
import type { SummarisedArm } from "./simulation-report.ts";

/** One row of the table of totals. */
export interface Measure {
  readonly id: string;
  readonly words: string;
  readonly of: (arm: SummarisedArm) => Estimate;
  /** What its estimates are multiplied by before they are printed, and the unit then. */
  readonly factor?: number;
  /**
   * `count` of events, or the `size` of what happened: 0 everywhere says that it did not happen, so that its row can be left out. `level`:
   * 0 is a value as any other.
   */
  readonly kind: "count" | "size" | "level";
}

/** In the order in which they are shown. All are means of one run each. */
export const MEASURES: readonly Measure[] = [
  total("connectionsOpened", "connections opened"),
  total("reconnects", "reconnects"),
  total("goaways", "GOAWAYs sent"),
  total("collisions", "port collisions"),
  {
    id: "collisionsPerConnection",
    words: "collisions, % of new connections",
    of: ({ summary }) => summary.rates.collisionsPerConnection,
    factor: 100,
    kind: "level",
  },
  total("connectionsLost", "connections lost"),
  {
    id: "lostSeconds",
    words: "until the client knew, s",
    of: ({ runs }) => meanLoss(runs),
    factor: 0.001,
    kind: "level",
  },
  total("connectsFailed", "connects failed"),
  total("requests", "requests"),
  total("requestsFailed", "requests failed"),
  total("missedLeaseUpdates", "lease updates missed"),
  total("notReady", "times a node became NotReady"),
  {
    id: "notReadyMinutes",
    words: "node-minutes NotReady",
    of: ({ summary }) => summary.totals.notReadyMs,
    factor: 1 / 60_000,
    kind: "size",
  },
  total("relists", "relists"),
  {
    id: "relistMegabytes",
    words: "relists, MB",
    of: ({ summary }) => summary.totals.relistBytes,
    factor: 1e-6,
    kind: "size",
  },
  {
    id: "maxOverMeanAtEnd",
    words: "fullest server / mean, at the end",
    of: ({ runs }) => atEnd(runs, "maxOverMean"),
    kind: "level",
  },
  { id: "giniAtEnd", words: "Gini coefficient, at the end", of: ({ runs }) => atEnd(runs, "gini"), kind: "level" },
];

function total(name: keyof Simulation["totals"], words: string): Measure {
  return { id: name, words, of: ({ summary }) => summary.totals[name], kind: "count" };
}

/** An estimate in the measure's unit. */
export function measured(measure: Measure, arm: SummarisedArm): Estimate {
  const found = measure.of(arm);
  const factor = measure.factor ?? 1;
  return { mean: found.mean * factor, low: found.low * factor, high: found.high * factor, seeds: found.seeds };
}

/** Mean over the last twentieth of the time, so that one instant does not decide. */
export function atEnd(runs: readonly Simulation[], name: "gini" | "maxOverMean"): Estimate {
  return estimate(
    runs.map((run) => {
      const series = run[name];
      const last = series.subarray(Math.min(series.length - 1, Math.floor(series.length * 0.95)));
      const known = last.filter((value) => Number.isFinite(value));
      return known.reduce((sum, value) => sum + value, 0) / known.length;
    }),
  );
}

/** Runs that lost nothing have no such time. */
function meanLoss(runs: readonly Simulation[]): Estimate {
  const means = runs
    .filter(({ totals }) => totals.connectionsLost > 0)
    .map(({ totals }) => totals.lostMs / totals.connectionsLost);
  // Of the seeds that lost any; of none nothing is known.
  const unknown = { mean: Number.NaN, low: Number.NaN, high: Number.NaN, seeds: runs.length };
  return means.length === 0 ? unknown : estimate(means);
}
