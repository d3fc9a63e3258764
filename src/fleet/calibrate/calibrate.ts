/**
 * Which goaway-chance balances a fleet fast enough and costs little enough. Theory first: as the chance grows, connections move sooner
 * (half-life and time to balance fall) and more often (collisions, handshakes, NotReady minutes grow). So each target is met on one side of
 * some chance, all of them together in one range or nowhere, and its ends are found by bisection on the log scale.
 *
 * "Met" is a statement with confidence: the interval's upper end is below the bound. Where the interval contains the bound more seeds are
 * run, twice as many each time; looking several times at growing evidence is paid for by a stricter interval at each look (Bonferroni).
 * What stays undecided counts as not met; at a chance so small that hardly anything happens it is passed over where a larger one is met.
 * What is recommended is simulated itself, with as many seeds as the ends of the range. Seeds are the same at every chance, which makes neighbouring
 * points comparable. Where a fleet does not keep to the theory the ends miss each other, or one is not found: then whatever simulated chance meets
 * all targets is taken, and that it was looked for among all of them is paid for.
 */
import { Fault } from "../../net/fault.ts";
import { LEVEL } from "../statistics/student-t.ts";
import { type Fleet, mitigations } from "./alter-scenario.ts";
import {
  type Calibration,
  type CalibrationPoint,
  type CalibrationTargets,
  type Measured,
  type MitigationTrial,
  type Obstacle,
  TARGET_NAMES,
  type TargetName,
  type TargetVerdict,
} from "./calibration.ts";
import { FALLING, Prober, type RunFleet, together } from "./prober.ts";

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
  const at = async (chance: number, least = 0): Promise<CalibrationPoint> => {
    const known = points.get(chance);
    if (known !== undefined && known.seeds >= least) return known;
    const point = await prober.point(chance, { least });
    points.set(chance, point);
    return point;
  };
  const ascending = [...new Set(grid)].sort((a, b) => a - b);
  for (const chance of ascending) await at(chance);

  const falling = asked.filter((name) => FALLING.includes(name));
  const growing = asked.filter((name) => !FALLING.includes(name));
  const low = await end([...ascending].reverse(), falling, at);
  const high = await end(ascending, growing, at);
  const curveNow = (): CalibrationPoint[] => [...points.values()].sort((a, b) => a.chance - b.chance);
  // One side of a two-sided interval: each statement errs in half of the rest.
  const confidence = 1 - (1 - LEVEL) / 2;
  const found =
    (low !== undefined && high !== undefined && low <= high ? await recommend(low, high) : undefined) ??
    (await recommendAny());
  const curve = curveNow();
  const base = {
    scenario: fleet.name,
    targets,
    balancedShare,
    addedRollingUpdate: prober.addedUpdate,
    curve,
    confidence,
    notOneWay: asked.filter((name) => turnsBack(name, curve)),
  };
  if (found !== undefined) return { ...base, ...found, obstacles: [], mitigations: [], runs: prober.runs };
  const lowest = ascending[0] ?? 0;
  const highest = ascending.at(-1) ?? 0;
  const notMet = async (chance: number, names: readonly TargetName[], conflict = false): Promise<Obstacle[]> =>
    namesNotMet(await at(chance), names, { targets, curve, conflict });
  const obstacles = [
    ...(low === undefined ? await notMet(highest, falling) : []),
    ...(high === undefined ? await notMet(lowest, growing) : []),
    ...(low !== undefined && high !== undefined
      ? await notMet(low <= high ? middleOf(low, high) : low, asked, true)
      : []),
  ];
  const trials = await tryMitigations(prober, low ?? highest, obstacles);
  return { ...base, obstacles, mitigations: trials, runs: prober.runs };

  /** Among the chances that meet all targets, wherever they lie. After undefined no point of the curve does. */
  async function recommendAny(): Promise<Recommendation | undefined> {
    const met = curveNow()
      .filter(isMet)
      .map(({ chance }) => chance);
    const [from, to] = [met[0], met.at(-1)];
    return from === undefined || to === undefined ? undefined : recommend(from, to, points.size);
  }

  /** The middle if it is met, else the nearest that is; undefined if none is. `looked`: at so many chances to find the ends. */
  async function recommend(from: number, to: number, looked = 1): Promise<Recommendation | undefined> {
    const middle = middleOf(from, to);
    const least = Math.max((await at(from)).seeds, (await at(to)).seeds);
    const first = await at(middle, least);
    const between = curveNow().filter(({ chance }) => chance >= from && chance <= to);
    const far = ({ chance }: CalibrationPoint): number => Math.abs(Math.log(chance / middle));
    const chosen = first.verdict === "met" ? first : between.filter(isMet).sort((a, b) => far(a) - far(b))[0];
    if (chosen === undefined) return undefined;
    // Whoever chooses among several that seem to be met errs if any of them only seems to be.
    const tried = Math.max(looked, chosen === first ? 1 : between.length);
    const place = between.indexOf(chosen);
    const isMissed = ({ verdict }: CalibrationPoint): boolean => verdict === "missed";
    const missedAbove = between.findIndex((point, i) => i > place && isMissed(point));
    const within = between.slice(
      between.findLastIndex((point, i) => i < place && isMissed(point)) + 1,
      missedAbove < 0 ? between.length : missedAbove,
    );
    const met = within.filter(isMet).map(({ chance }) => chance);
    return {
      range: { low: met[0] ?? chosen.chance, high: met.at(-1) ?? chosen.chance },
      recommended: chosen.chance,
      jointConfidence: Math.max(0, 1 - asked.length * tried * (1 - confidence)),
    };
  }
}

type Recommendation = Pick<Calibration, "range" | "recommended" | "jointConfidence">;

const isMet = ({ verdict }: CalibrationPoint): boolean => verdict === "met";

const middleOf = (low: number, high: number): number => roundWithin(Math.sqrt(low * high), low, high);

/** Whether two points show, beyond their intervals, that a measure goes against the way that theory says. */
function turnsBack(name: TargetName, curve: readonly CalibrationPoint[]): boolean {
  const measures = curve.map((point) => point.measures[name].simulated);
  if (FALLING.includes(name)) measures.reverse();
  return measures.some(({ low }, i) => measures.some(({ high }, j) => j > i && high < low));
}

/**
 * The end of the chances at which all `names` are met: from the side where they are easiest, as far as none is missed, then by bisection.
 * Where they are easiest so little may happen that seeds do not decide it. Undefined: met nowhere.
 */
async function end(
  easiestFirst: readonly number[],
  names: readonly TargetName[],
  at: (chance: number) => Promise<CalibrationPoint>,
): Promise<number | undefined> {
  if (names.length === 0) return easiestFirst.at(-1);
  const verdictAt = async (chance: number): Promise<TargetVerdict> => {
    const { measures } = await at(chance);
    return together(names.flatMap((name) => measures[name].verdict ?? []));
  };
  let inside: number | undefined;
  let outside: number | undefined;
  for (const chance of easiestFirst) {
    const verdict = await verdictAt(chance);
    if (verdict === "met") {
      inside = chance;
      outside = undefined;
    } else outside ??= chance;
    if (verdict === "missed") break;
  }
  if (inside === undefined || outside === undefined) return inside;
  while (Math.max(inside / outside, outside / inside) > FINE) {
    const middle = round(Math.sqrt(inside * outside), 3);
    if (middle === inside || middle === outside) break;
    if ((await verdictAt(middle)) === "met") inside = middle;
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
    const point = await prober.point(chance, { base: fleet, what: `mitigation ${name}` });
    const helps = obstacles.map((each) => each.target).filter((target) => point.measures[target].verdict === "met");
    trials.push({ name, title, point, helps });
  }
  return trials;
}

function namesNotMet(
  point: CalibrationPoint,
  names: readonly TargetName[],
  { targets, curve, conflict }: { targets: CalibrationTargets; curve: readonly CalibrationPoint[]; conflict: boolean },
): Obstacle[] {
  return names.flatMap((target) => {
    const { simulated, verdict } = point.measures[target];
    const bound = targets[target];
    if (verdict === undefined || verdict === "met" || bound === undefined) return [];
    const missedAt = curve.filter(({ measures }) => measures[target].verdict === "missed").length;
    // Open where it is nearest, but missed elsewhere, and nowhere does it look as if it were met.
    const never = missedAt > 0 && curve.every(({ measures }) => !mayBeWithin(measures[target].simulated, bound));
    const why = conflict && verdict === "missed" ? "conflict" : verdict === "missed" || never ? "never" : "undecided";
    return [{ target, chance: point.chance, simulated, bound, verdict, missedAt, why }];
  });
}

const mayBeWithin = ({ value, observedMs = Number.POSITIVE_INFINITY }: Measured, bound: number): boolean =>
  value === Number.POSITIVE_INFINITY ? observedMs <= bound : value <= bound;

function checkTargets(targets: CalibrationTargets): TargetName[] {
  const asked = TARGET_NAMES.filter((name) => targets[name] !== undefined);
  if (asked.length === 0) {
    throw new Fault("no-target", "calibrate: no target was given", `Give at least one of ${TARGET_NAMES.join(", ")}.`);
  }
  for (const name of asked) {
    const bound = targets[name];
    // None at all is what no number of runs can show.
    if (bound === undefined || !(bound > 0)) {
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
