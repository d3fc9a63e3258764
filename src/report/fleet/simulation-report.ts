import type { Simulation } from "../../fleet/simulation.ts";
import { type SimulationSummary, summarise } from "../../fleet/statistics/summarise.ts";
import type { Happening } from "../../scenario/scenario.ts";

/** Everything that a report of `halfopen simulate` shows, and all that shards have to carry. */
export interface SimulationReport {
  /** Version of the program that simulated. */
  readonly version: string;
  readonly scenario: string;
  readonly title: string;
  readonly about: string;
  readonly durationMs: number;
  readonly stepMs: number;
  /** Ascending. */
  readonly seeds: readonly number[];
  /** The first is what the others are held against. */
  readonly arms: readonly ArmReport[];
  /** Runs of all arms and seeds; fewer are there if it was interrupted, or if this is a shard. */
  readonly planned: number;
  readonly shard?: Shard;
  readonly interrupted: boolean;
}

/** One of `count` parts of the runs, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** One way in which the scenario was run: as it is, or a variant of it, each perhaps with a value of a sweep. */
export interface ArmReport {
  readonly name: string;
  readonly title: string;
  readonly kind: "base" | "mitigation" | "variation";
  /** What a sweep set, by path. */
  readonly swept: Readonly<Record<string, number | string | boolean>>;
  readonly story: readonly Happening[];
  /** Ordered by seed; empty if none of them was run. */
  readonly runs: readonly Simulation[];
}

/** An arm with what its seeds say together. */
export interface SummarisedArm extends ArmReport {
  readonly summary: SimulationSummary;
}

/** The arms of which at least one run is there. */
export function summarised(report: SimulationReport): readonly SummarisedArm[] {
  return report.arms.filter((arm) => arm.runs.length > 0).map((arm) => ({ ...arm, summary: summarise(arm.runs) }));
}

export function runsOf(report: SimulationReport): number {
  return report.arms.reduce((sum, arm) => sum + arm.runs.length, 0);
}
