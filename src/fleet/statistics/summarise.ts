import type { Simulation, SimulationTotals } from "../simulation.ts";
import { countEstimate, poissonInterval, shareInterval } from "./count-estimate.ts";
import { type Estimate, estimate, type SeriesEstimate, seriesEstimate } from "./estimate.ts";
import { LEVEL } from "./student-t.ts";

/** What several seeds of one scenario say together, with 95 % intervals. Ordered by seed, whatever order the runs came in. */
export interface SimulationSummary {
  readonly scenario: string;
  readonly variant: string;
  readonly detail: "full" | "thinned";
  readonly durationMs: number;
  readonly stepMs: number;
  /** Ascending. */
  readonly seeds: readonly number[];
  /** One row for each server. */
  readonly connections: readonly SeriesEstimate[];
  readonly requestsPerSecond: readonly SeriesEstimate[];
  readonly series: Readonly<Record<SeriesName, SeriesEstimate>>;
  readonly totals: Readonly<Record<keyof SimulationTotals, Estimate>>;
  readonly rates: Readonly<Record<RateName, Estimate>>;
}

/** Series of the whole fleet, in the order in which they are shown. */
export const SERIES_NAMES = [
  "gini",
  "maxOverMean",
  "reconnectsPerSecond",
  "collisions",
  "connectionsLost",
  "missedLeaseUpdates",
  "notReadyNodes",
  "relistsPerSecond",
] as const;
export type SeriesName = (typeof SERIES_NAMES)[number];

/** Rates of events; rare ones, so with intervals for counts. */
export const RATE_NAMES = [
  "collisionsPerConnection",
  "collisionsPerHour",
  "connectionsLostPerHour",
  "reconnectsPerSecondPerServer",
  "notReadyPerDay",
  "notReadyMinutesPerDay",
] as const;
export type RateName = (typeof RATE_NAMES)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Joins runs of one scenario and variant. Throws if they are of several, or none: that is a mistake of the caller, not of a user. */
export function summarise(simulations: readonly Simulation[]): SimulationSummary {
  const runs = [...simulations].sort((a, b) => a.seed - b.seed);
  const first = runs[0];
  if (first === undefined) throw new Error("summarise: no simulation");
  for (const run of runs) {
    if (kindOf(run) !== kindOf(first)) throw new Error(`summarise: ${kindOf(run)} beside ${kindOf(first)}`);
  }
  const servers = first.connections.map((_, i) => i);
  const row = (rows: (run: Simulation) => readonly Float64Array[], i: number): SeriesEstimate =>
    seriesEstimate(runs.map((run) => rows(run)[i] ?? new Float64Array(0)));
  return {
    scenario: first.scenario,
    variant: first.variant,
    detail: first.detail,
    durationMs: first.durationMs,
    stepMs: first.stepMs,
    seeds: runs.map((run) => run.seed),
    connections: servers.map((i) => row((run) => run.connections, i)),
    requestsPerSecond: servers.map((i) => row((run) => run.requestsPerSecond, i)),
    series: record(SERIES_NAMES, (name) => seriesEstimate(runs.map((run) => run[name]))),
    totals: record(Object.keys(first.totals) as (keyof SimulationTotals)[], (name) => total(name, runs)),
    rates: record(RATE_NAMES, (name) => rate(name, runs)),
  };
}

/** Events that come alone or in bursts: they have intervals for counts. */
const RARE: readonly (keyof SimulationTotals)[] = [
  "requestsFailed",
  "connectsFailed",
  "collisions",
  "connectionsLost",
  "missedLeaseUpdates",
  "notReady",
  "relists",
];
/** What is no count of events. */
const SIZES: readonly (keyof SimulationTotals)[] = ["countedMs", "lostMs", "notReadyMs", "relistBytes"];
/** So many in all seeds together that Student's interval holds of counts that are mostly certain, as that of connections opened. */
const MANY = 30;

/** No total is below 0. */
function total(name: keyof SimulationTotals, runs: readonly Simulation[]): Estimate {
  const values = runs.map((run) => run.totals[name]);
  const few = values.reduce((sum, value) => sum + value, 0) < MANY;
  if (RARE.includes(name) || (few && !SIZES.includes(name))) return countEstimate(values);
  const found = estimate(values);
  return { ...found, low: Math.max(0, found.low) };
}

/** One rate over several runs. */
export function rate(name: RateName, runs: readonly Simulation[], level: number = LEVEL): Estimate {
  const per = (count: (run: Simulation) => number, exposure: (run: Simulation) => number): Estimate =>
    countEstimate(runs.map(count), runs.map(exposure), level);
  switch (name) {
    case "collisionsPerConnection":
      return per(
        (run) => run.totals.collisions,
        (run) => run.totals.connectionsOpened,
      );
    case "collisionsPerHour":
      return per(
        (run) => run.totals.collisions,
        (run) => run.totals.countedMs / HOUR,
      );
    case "connectionsLostPerHour":
      return per(
        (run) => run.totals.connectionsLost,
        (run) => run.totals.countedMs / HOUR,
      );
    case "reconnectsPerSecondPerServer":
      return per(
        (run) => run.totals.reconnects,
        (run) => (run.totals.countedMs / 1000) * run.connections.length,
      );
    case "notReadyPerDay":
      return per(
        (run) => run.totals.notReady,
        (run) => run.totals.countedMs / DAY,
      );
    case "notReadyMinutesPerDay":
      return minutesPerDay(runs, level);
  }
}

/**
 * Minutes are no counts, and come in bursts: Student, not below 0. Where none was seen in the simulated days, up to 3.7 bursts could still be
 * expected in them (`poissonInterval` of 0); how long one is nobody knows then, and it is taken as one node's minute.
 */
function minutesPerDay(runs: readonly Simulation[], level: number): Estimate {
  const found = estimate(
    runs.map((run) => (run.totals.notReadyMs / 60_000) * (DAY / run.totals.countedMs)),
    level,
  );
  if (found.mean > 0) {
    // Few seeds with much: how many see any is uncertain too, as in `countEstimate`.
    const seen = runs.filter((run) => run.totals.notReadyMs > 0).length;
    const any = (shareInterval(seen, runs.length, level).high * runs.length) / seen;
    return {
      ...found,
      low: Math.max(0, found.low),
      high: Math.max(found.high, runs.length > 1 ? found.mean * any : 0),
    };
  }
  const days = runs.reduce((sum, run) => sum + run.totals.countedMs, 0) / DAY;
  return { ...found, high: poissonInterval(0, level).high / days };
}

const kindOf = (run: Simulation): string =>
  `${run.scenario} ${run.variant} ${run.detail} ${run.durationMs} ${run.stepMs} ${run.connections.length}`;

function record<Name extends string, Value>(names: readonly Name[], value: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}
