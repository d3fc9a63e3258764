import type { Simulation } from "./fleet/simulation.ts";
import { checkRepresentable } from "./fleet/thinned/check-representable.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import { packageVersion } from "./package-version.ts";
import type { ArmReport, Shard, SimulationReport } from "./report/fleet/simulation-report.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { changeOf, type Setting } from "./scenario/settings.ts";
import { loadScenario } from "./scenario-files.ts";
import type { SimulationJob, Simulators } from "./simulators.ts";

/** What to simulate. */
export interface SimulateRequest {
  /** A built-in scenario's name, or a file. */
  readonly scenario: string;
  /** Names of variants beside the scenario as it is, or all of them. */
  readonly variants: readonly string[] | "all";
  /** Whether the scenario as it is is run too: what the variants are held against. */
  readonly base: boolean;
  readonly seeds: readonly number[];
  readonly settings: readonly Setting[];
  /** Each path with its values; every combination is run. */
  readonly sweeps: readonly { readonly path: string; readonly values: readonly Setting["value"][] }[];
  readonly detail: "auto" | "full" | "thinned";
  readonly stepMs?: number;
  readonly shard?: Shard;
}

/** All runs of a request, in order: arms first, then seeds. */
export interface SimulationPlan {
  /** The scenario with the settings, for its words. */
  readonly scenario: Scenario;
  readonly arms: readonly PlannedArm[];
  readonly seeds: readonly number[];
  readonly stepMs: number;
  readonly detail: "full" | "thinned";
}

export type PlannedArm = Omit<ArmReport, "runs" | "story"> & { readonly scenario: Omit<Scenario, "variants"> };

/** More ways to run one scenario than this are taken for a mistake. */
const MOST_ARMS = 1000;
/** Requests of one run from which on those that decide nothing are skipped, unless told otherwise. */
const MANY_REQUESTS = 20_000_000;
/** Steps that a series is divided into, at most, unless told otherwise. */
const MOST_STEPS = 3600;

export async function planSimulation(request: SimulateRequest): Promise<SimulationPlan> {
  const points = pointsOf(request.sweeps);
  const arms: PlannedArm[] = [];
  let first: Scenario | undefined;
  for (const point of points) {
    const swept = Object.entries(point).map(([path, value]) => ({ path, value }));
    const scenario = await loadScenario(request.scenario, changeOf([...request.settings, ...swept]));
    first ??= scenario;
    arms.push(...armsOf(scenario, request, point));
    if (arms.length > MOST_ARMS) {
      throw new Fault("too-many-runs", `That makes more than ${MOST_ARMS} ways to run it.`, "Sweep fewer values.");
    }
  }
  const [one] = arms;
  if (first === undefined || one === undefined) {
    throw new Fault("nothing-to-run", "There is nothing to run.", "Leave out --no-base, or name a --variant.");
  }
  return {
    scenario: first,
    arms,
    seeds: request.seeds,
    stepMs: request.stepMs ?? stepFor(one.scenario.durationMs),
    detail: request.detail === "auto" ? detailFor(arms) : request.detail,
  };
}

/** Runs what is planned, or one part of it. Without the runs that were not finished when the threads' signal came. */
export async function simulatePlan(
  plan: SimulationPlan,
  simulators: Simulators,
  { shard, onProgress }: { readonly shard?: Shard; readonly onProgress?: (done: number) => void } = {},
): Promise<SimulationReport> {
  const all = plan.arms.flatMap(({ name, scenario }, arm) =>
    plan.seeds.map((seed) => ({ arm, job: { name, scenario, seed, stepMs: plan.stepMs, detail: plan.detail } })),
  );
  const mine = all.filter((_, place) => shard === undefined || place % shard.count === shard.index);
  const jobs: readonly SimulationJob[] = mine.map(({ job }) => job);
  const results = await simulators.run(jobs, onProgress);
  const runs = plan.arms.map((_, arm) =>
    mine.flatMap(({ arm: of }, place): Simulation[] => {
      const found = results[place];
      return of === arm && found !== undefined ? [found] : [];
    }),
  );
  return {
    version: packageVersion(),
    scenario: plan.scenario.name,
    title: plan.scenario.title,
    about: plan.scenario.about,
    durationMs: plan.scenario.durationMs,
    stepMs: plan.stepMs,
    seeds: plan.seeds,
    planned: all.length,
    ...(shard === undefined ? {} : { shard }),
    interrupted: results.includes(undefined),
    arms: plan.arms.map(({ scenario, ...arm }, place) => ({ ...arm, story: scenario.story, runs: runs[place] ?? [] })),
  };
}

/** How many runs a plan has, or a part of it. */
export function jobsOf(plan: SimulationPlan, shard?: Shard): number {
  const all = plan.arms.length * plan.seeds.length;
  return shard === undefined ? all : Math.ceil((all - shard.index) / shard.count);
}

type Point = Readonly<Record<string, string | number | boolean>>;

/** Every combination of the swept values. */
function pointsOf(sweeps: SimulateRequest["sweeps"]): readonly Point[] {
  let points: readonly Point[] = [{}];
  for (const { path, values } of sweeps) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [path]: value ?? "none" })));
    if (points.length > MOST_ARMS) {
      throw new Fault("too-many-runs", `That makes more than ${MOST_ARMS} ways to run it.`, "Sweep fewer values.");
    }
  }
  return points;
}

function armsOf(
  scenario: Scenario,
  { variants, base, scenario: named, settings }: SimulateRequest,
  swept: Point,
): PlannedArm[] {
  const { variants: known, ...plain } = scenario;
  const names = variants === "all" ? Object.keys(known) : variants;
  const suffix = sweptWords(swept);
  const nameOf = (name: string): string => (suffix === "" ? name : name === "base" ? suffix : `${name}, ${suffix}`);
  const first: PlannedArm[] = base
    ? [{ name: nameOf("base"), title: changedWords(settings, swept), kind: "base", swept, scenario: plain }]
    : [];
  const others = names.map((name): PlannedArm => {
    const variant = known[name];
    if (variant === undefined) {
      const there = Object.keys(known);
      throw new Fault(
        "no-such-variant",
        `${printable(named)} has no variant '${printable(name)}'.`,
        there.length === 0 ? "It has none: leave out --variant." : `Take one of ${there.join(", ")}.`,
      );
    }
    // What is set goes over what a variant changes, and may undo all of it.
    const title = sameFleet(variant.scenario, plain)
      ? "the same as without it: what it changes was set"
      : variant.title;
    return { name: nameOf(name), title, kind: variant.kind, swept, scenario: variant.scenario };
  });
  return [...first, ...others];
}

const sameFleet = (one: Omit<Scenario, "variants">, other: Omit<Scenario, "variants">): boolean =>
  JSON.stringify([one.network, one.story]) === JSON.stringify([other.network, other.story]);

/** What was changed of the scenario; how long it is run is said elsewhere. */
function changedWords(settings: readonly Setting[], swept: Point): string {
  const set = new Map(settings.map(({ path, value }): [string, unknown] => [path, value]));
  for (const [path, value] of Object.entries(swept)) set.set(path, value);
  set.delete("duration");
  return set.size === 0 ? "as it is" : `with ${[...set].map(([path, value]) => `${path} = ${value}`).join(", ")}`;
}

/** `chance=0.01`: the last word of a path, or as much of it as tells it from the others. */
function sweptWords(swept: Point): string {
  const paths = Object.keys(swept);
  const short = (path: string): string => {
    const parts = path.split(".");
    for (let count = 1; count < parts.length; count++) {
      const end = parts.slice(-count).join(".");
      if (!paths.some((other) => other !== path && other.endsWith(`.${end}`))) return end;
    }
    return path;
  };
  return Object.entries(swept)
    .map(([path, value]) => `${short(path)}=${value}`)
    .join(", ");
}

/** The finest round step that makes no more than 3600 values of a series. */
export function stepFor(durationMs: number): number {
  const round = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900].map((seconds) => seconds * 1000);
  return round.find((step) => durationMs / step <= MOST_STEPS) ?? 3_600_000;
}

/** Thinned where one of them has many requests and all of them can be. */
function detailFor(arms: readonly { readonly scenario: Omit<Scenario, "variants"> }[]): "full" | "thinned" {
  const many = arms.some(({ scenario }) => requestsOf(scenario) > MANY_REQUESTS);
  return many && arms.every(({ scenario }) => isRepresentable(scenario)) ? "thinned" : "full";
}

/** Whether the thinned simulation takes it. */
export function isRepresentable(scenario: Omit<Scenario, "variants">): boolean {
  try {
    checkRepresentable(scenario);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** About how many requests one run has. */
function requestsOf({ network, durationMs }: Omit<Scenario, "variants">): number {
  const { clients, kubernetes } = network;
  return Object.values(clients).reduce((sum, { kind, count, connections, requests }) => {
    const own = requests.everyMs > 0 ? (connections * durationMs) / requests.everyMs : 0;
    const leases = kind === "kubelet" && kubernetes !== undefined ? durationMs / kubernetes.leaseRenewMs : 0;
    return sum + count * (own + leases);
  }, 0);
}
