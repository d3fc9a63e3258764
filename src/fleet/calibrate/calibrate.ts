/**
 * Which goaway-chance balances a fleet fast enough and costs little enough. Theory first: as the chance grows, connections move sooner
 * (half-life and time to balance fall) and more often (collisions, handshakes, NotReady minutes grow). So each target is met on one side of
 * some chance, all of them together in one range or nowhere, and its ends are found by bisection on the log scale.
 *
 * "Met" is a statement with confidence: the interval's upper end is below the bound. Where the interval contains the bound more seeds are
 * run, twice as many each time; looking several times at growing evidence is paid for by a stricter interval at each look (Bonferroni).
 * What stays undecided counts as not met. Seeds are the same at every chance, which makes neighbouring points comparable.
 */
import { Fault } from "../../net/fault.ts";
import type { Simulation } from "../simulation.ts";
import { LEVEL } from "../statistics/student-t.ts";
import {
  endOfUpdate,
  type Fleet,
  mitigations,
  rollingUpdate,
  withChance,
  withRollingUpdate,
} from "./alter-scenario.ts";
import {
  type Calibration,
  type CalibrationPoint,
  type CalibrationTargets,
  type Measure,
  type MitigationTrial,
  type Obstacle,
  TARGET_NAMES,
  type TargetName,
  type TargetVerdict,
} from "./calibration.ts";
import { judge, measure } from "./measure.ts";
import { theoryMeasures } from "./theory-measures.ts";

/** Simulates the fleet once with each seed, in any order and in parallel if it likes. */
export type RunFleet = (fleet: Fleet, seeds: readonly number[]) => Promise<readonly Simulation[]>;

export interface CalibrateOptions {
  /** Seeds of a point at first, and at most. Defaults: 8 and 64. */
  readonly seeds?: number;
  readonly mostSeeds?: number;
  /** Default: 0.1. */
  readonly balancedShare?: number;
  /** Chances of the curve. Default: 1, 2 and 5 in each decade from 0.00005 to 0.02. */
  readonly grid?: readonly number[];
  /** Called before each batch, with the simulations run so far and a sentence on what comes next. */
  readonly onProgress?: (runs: number, next: string) => void;
}

const GRID = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02];
const FALLING: readonly TargetName[] = ["halfLifeMs", "balancedMs"];
/** Ends of the range are found to within this factor. */
const FINE = 1.1;

export async function calibrate(
  fleet: Fleet,
  targets: CalibrationTargets,
  run: RunFleet,
  options: CalibrateOptions = {},
): Promise<Calibration> {
  const asked = checkTargets(targets);
  const { balancedShare = 0.1, grid = GRID } = options;
  const prober = new Prober(fleet, targets, run, options);
  const points = new Map<number, CalibrationPoint>();
  const at = async (chance: number): Promise<CalibrationPoint> => {
    const known = points.get(chance);
    if (known !== undefined) return known;
    const point = await prober.point(chance);
    points.set(chance, point);
    return point;
  };
  const ascending = [...new Set(grid)].sort((a, b) => a - b);
  for (const chance of ascending) await at(chance);

  const falling = asked.filter((name) => FALLING.includes(name));
  const growing = asked.filter((name) => !FALLING.includes(name));
  const low = await end([...ascending].reverse(), falling, at);
  const high = await end(ascending, growing, at);
  const curve = [...points.values()].sort((a, b) => a.chance - b.chance);
  const base = { scenario: fleet.name, targets, balancedShare, addedRollingUpdate: prober.addedUpdate, curve };
  // One side of a two-sided interval: each statement errs in half of the rest.
  const confidence = 1 - (1 - LEVEL) / 2;
  if (low !== undefined && high !== undefined && low <= high) {
    const recommended = roundWithin(Math.sqrt(low * high), low, high);
    const range = { low, high };
    return { ...base, range, recommended, confidence, obstacles: [], mitigations: [], runs: prober.runs };
  }
  const lowest = ascending[0] ?? 0;
  const highest = ascending.at(-1) ?? 0;
  const obstacles = [
    ...(low === undefined ? namesNotMet(await at(highest), falling, targets, "never") : []),
    ...(high === undefined ? namesNotMet(await at(lowest), growing, targets, "never") : []),
    ...(low !== undefined && high !== undefined ? namesNotMet(await at(low), growing, targets, "conflict") : []),
  ];
  const trials = await tryMitigations(prober, low ?? highest, obstacles);
  return { ...base, confidence, obstacles, mitigations: trials, runs: prober.runs };
}

/** Runs fleets, as many seeds as it takes. */
class Prober {
  runs = 0;
  readonly addedUpdate: boolean;
  readonly #fleet: Fleet;
  readonly #targets: CalibrationTargets;
  readonly #run: RunFleet;
  readonly #options: CalibrateOptions;

  constructor(fleet: Fleet, targets: CalibrationTargets, run: RunFleet, options: CalibrateOptions) {
    this.#fleet = fleet;
    this.#targets = targets;
    this.#run = run;
    this.#options = options;
    this.addedUpdate = rollingUpdate(fleet) === undefined;
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  async point(chance: number, base: Fleet = this.#fleet, what = `chance ${chance}`): Promise<CalibrationPoint> {
    const { seeds: atFirst = 8, mostSeeds = 64 } = this.#options;
    const fleet = withChance(base, chance);
    const updated = this.addedUpdate ? withRollingUpdate(fleet) : fleet;
    const update = rollingUpdate(updated);
    const updateEndMs = update === undefined ? 0 : endOfUpdate(updated, update);
    const expected = theoryMeasures(fleet);
    const looks = 1 + Math.ceil(Math.log2(Math.max(1, mostSeeds / atFirst)));
    const strict = 1 - (1 - LEVEL) / looks;
    const balancing: Simulation[] = [];
    const steady: Simulation[] = [];
    for (let wanted = Math.min(atFirst, mostSeeds); ; wanted = Math.min(2 * wanted, mostSeeds)) {
      this.#options.onProgress?.(this.runs, what);
      const seeds = range(steady.length + 1, wanted);
      steady.push(...(await this.#batch(fleet, seeds)));
      if (this.addedUpdate) balancing.push(...(await this.#batch(updated, seeds)));
      const look = (name: TargetName, level: number): ReturnType<typeof measure> =>
        measure(name, this.addedUpdate && FALLING.includes(name) ? balancing : steady, {
          updateEndMs,
          balancedShare: this.#options.balancedShare ?? 0.1,
          level,
        });
      const measures = Object.fromEntries(
        TARGET_NAMES.map((name): [TargetName, Measure] => {
          const bound = this.#targets[name];
          const known = expected[name];
          return [
            name,
            {
              simulated: look(name, LEVEL),
              ...(known === undefined ? {} : { theory: known }),
              ...(bound === undefined ? {} : { verdict: judge(look(name, strict), bound) }),
            },
          ];
        }),
      ) as Record<TargetName, Measure>;
      const verdict = together(Object.values(measures).flatMap((each) => each.verdict ?? []));
      const open = Object.values(measures).some((each) => each.verdict === "undecided");
      if (!open || wanted >= mostSeeds) return { chance, seeds: wanted, measures, verdict };
    }
  }

  async #batch(fleet: Fleet, seeds: readonly number[]): Promise<readonly Simulation[]> {
    const found = [...(await this.#run(fleet, seeds))].sort((a, b) => a.seed - b.seed);
    this.runs += found.length;
    return found;
  }
}

/**
 * The end of the chances at which all `names` are met: from the side where they are easiest, as far as they are met without a break, then
 * by bisection. Undefined: not even there.
 */
async function end(
  easiestFirst: readonly number[],
  names: readonly TargetName[],
  at: (chance: number) => Promise<CalibrationPoint>,
): Promise<number | undefined> {
  if (names.length === 0) return easiestFirst.at(-1);
  const met = async (chance: number): Promise<boolean> => {
    const point = await at(chance);
    return names.every((name) => point.measures[name].verdict === "met");
  };
  let inside: number | undefined;
  let outside: number | undefined;
  for (const chance of easiestFirst) {
    if (await met(chance)) inside = chance;
    else {
      outside = chance;
      break;
    }
  }
  if (inside === undefined || outside === undefined) return inside;
  while (Math.max(inside / outside, outside / inside) > FINE) {
    const middle = round(Math.sqrt(inside * outside), 3);
    if (middle === inside || middle === outside) break;
    if (await met(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

async function tryMitigations(
  prober: Prober,
  chance: number,
  obstacles: readonly Obstacle[],
): Promise<MitigationTrial[]> {
  const trials: MitigationTrial[] = [];
  for (const { name, title, fleet } of mitigations(prober.fleet)) {
    const point = await prober.point(chance, fleet, `mitigation ${name}`);
    const helps = obstacles.map((each) => each.target).filter((target) => point.measures[target].verdict === "met");
    trials.push({ name, title, point, helps });
  }
  return trials;
}

function namesNotMet(
  point: CalibrationPoint,
  names: readonly TargetName[],
  targets: CalibrationTargets,
  why: "never" | "conflict",
): Obstacle[] {
  return names.flatMap((target) => {
    const { simulated, verdict } = point.measures[target];
    const bound = targets[target];
    if (verdict === undefined || verdict === "met" || bound === undefined) return [];
    return [{ target, chance: point.chance, simulated, bound, verdict, why: verdict === "undecided" ? verdict : why }];
  });
}

function together(verdicts: readonly TargetVerdict[]): TargetVerdict {
  if (verdicts.includes("missed")) return "missed";
  return verdicts.includes("undecided") ? "undecided" : "met";
}

function checkTargets(targets: CalibrationTargets): TargetName[] {
  const asked = TARGET_NAMES.filter((name) => targets[name] !== undefined);
  if (asked.length === 0) {
    throw new Fault("no-target", "calibrate: no target was given", `Give at least one of ${TARGET_NAMES.join(", ")}.`);
  }
  for (const name of asked) {
    const bound = targets[name];
    if (bound === undefined || !(bound >= 0) || (bound === 0 && name !== "notReadyMinutesPerDay")) {
      throw new Fault("bad-target", `calibrate: ${name} can not be ${bound}`, "A target is a number above 0.");
    }
  }
  return asked;
}

/** To `digits` significant digits. */
const round = (value: number, digits: number): number => Number(value.toPrecision(digits));

/** The shortest rounding that stays inside. */
function roundWithin(value: number, low: number, high: number): number {
  for (const digits of [1, 2, 3]) {
    const rounded = round(value, digits);
    if (rounded >= low && rounded <= high) return rounded;
  }
  return value;
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
