import { Fault } from "../../net/fault.ts";
import type { Simulation } from "../simulation.ts";
import { LEVEL } from "../statistics/student-t.ts";
import { endOfUpdate, type Fleet, rollingUpdate, withChance, withRollingUpdate } from "./alter-scenario.ts";
import type { CalibrateOptions } from "./calibrate.ts";
import {
  type CalibrationPoint,
  type CalibrationTargets,
  type Measure,
  TARGET_NAMES,
  type TargetName,
  type TargetVerdict,
} from "./calibration.ts";
import { judge, measure } from "./measure.ts";
import { theoryMeasures } from "./theory-measures.ts";

/** Simulates the fleet once with each seed, in any order and in parallel if it likes. */
export type RunFleet = (fleet: Fleet, seeds: readonly number[]) => Promise<readonly Simulation[]>;

/** What becomes less with the chance; everything else grows. */
export const FALLING: readonly TargetName[] = ["halfLifeMs", "balancedMs"];

/** Measures a fleet at one chance, with as many seeds as it takes to decide. */
export class Prober {
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

  /** `least`: seeds to begin with, where more than usual are wanted. */
  async point(
    chance: number,
    { base = this.#fleet, what = `chance ${chance}`, least = 0 }: { base?: Fleet; what?: string; least?: number } = {},
  ): Promise<CalibrationPoint> {
    const { seeds: usual = 8, mostSeeds = 64 } = this.#options;
    const atFirst = Math.max(least, usual);
    const fleet = withChance(base, chance);
    const updated = this.addedUpdate ? withRollingUpdate(fleet) : fleet;
    const update = rollingUpdate(updated);
    const updateEndMs = update === undefined ? 0 : endOfUpdate(updated, update);
    checkTime(this.#targets, updateEndMs, fleet.durationMs);
    const expected = theoryMeasures(fleet);
    const looks = 1 + Math.ceil(Math.log2(Math.max(1, mostSeeds / usual)));
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

/** Missed if one is, met if all are. */
export function together(verdicts: readonly TargetVerdict[]): TargetVerdict {
  if (verdicts.includes("missed")) return "missed";
  return verdicts.includes("undecided") ? "undecided" : "met";
}

/** How fast a fleet balances itself is seen only after its rolling update. */
function checkTime({ halfLifeMs, balancedMs }: CalibrationTargets, updateEndMs: number, durationMs: number): void {
  if (updateEndMs < durationMs || (halfLifeMs === undefined && balancedMs === undefined)) return;
  throw new Fault(
    "too-short",
    `The rolling update ends ${Math.round(updateEndMs / 1000)} s after the beginning, and the run ends after ${Math.round(durationMs / 1000)} s: nothing is seen of how the fleet balances itself then.`,
    "Take a longer --duration, or a shorter step of the update.",
  );
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
