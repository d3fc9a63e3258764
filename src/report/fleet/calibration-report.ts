import {
  type Calibration,
  type CalibrationPoint,
  TARGET_NAMES,
  type TargetName,
} from "../../fleet/calibrate/calibration.ts";
import type { Estimate } from "../../fleet/statistics/estimate.ts";
import { printNumber, printShare, printTime } from "./numbers.ts";

/** Everything that a report of `halfopen calibrate` shows. */
export interface CalibrationReport {
  readonly version: string;
  readonly title: string;
  readonly about: string;
  /** "base" or the variant's name. */
  readonly variant: string;
  readonly durationMs: number;
  readonly detail: "full" | "thinned";
  readonly calibration: Calibration;
}

/** How a measure is named and printed. */
export interface TargetWords {
  readonly name: TargetName;
  /** As a table's column. */
  readonly short: string;
  /** As a plot's heading. */
  readonly title: string;
  readonly words: string;
  /** As a plot's axis. */
  readonly unit: string;
  /** From the measure to that unit. */
  readonly factor: number;
  readonly print: (value: number) => string;
}

export const TARGET_WORDS: readonly TargetWords[] = [
  {
    name: "halfLifeMs",
    short: "half-life",
    title: "Half-life of the imbalance",
    words: "half of the imbalance is gone",
    unit: "minutes",
    factor: 1 / 60_000,
    print: printTime,
  },
  {
    name: "balancedMs",
    short: "balanced",
    title: "Time until the load is balanced",
    words: "the load is balanced",
    unit: "minutes",
    factor: 1 / 60_000,
    print: printTime,
  },
  {
    name: "collisionsPerConnection",
    short: "collisions",
    title: "Port collisions",
    words: "port collisions among new connections",
    unit: "% of new connections",
    factor: 100,
    print: printShare,
  },
  {
    name: "collisionsPerHour",
    short: "an hour",
    title: "Port collisions",
    words: "port collisions an hour",
    unit: "an hour",
    factor: 1,
    print: printNumber,
  },
  {
    name: "reconnectsPerSecondPerServer",
    short: "reconnects/s",
    title: "Reconnects",
    words: "reconnects a second and server",
    unit: "a second and server",
    factor: 1,
    print: printNumber,
  },
  {
    name: "notReadyMinutesPerDay",
    short: "NotReady min/d",
    title: "NotReady nodes",
    words: "node-minutes NotReady a day",
    unit: "node-minutes a day",
    factor: 1,
    print: printNumber,
  },
];

export const wordsOf = (name: TargetName): TargetWords => {
  const found = TARGET_WORDS.find((words) => words.name === name);
  if (found === undefined) throw new Error(`there are no words for ${name}`);
  return found;
};

/** What was asked: `half of the imbalance is gone within 10 min`. */
export function targetLine(name: TargetName, bound: number): string {
  const { words, print } = wordsOf(name);
  return name === "halfLifeMs" || name === "balancedMs"
    ? `${words} within ${print(bound)}`
    : `${words}: at most ${print(bound)}`;
}

/** `7 min 30 s (6 min – 9 min)`: a measure and its interval. */
export function printMeasure(name: TargetName, { mean, low, high, seeds }: Estimate): string {
  const { print } = wordsOf(name);
  if (seeds < 2 || low === high) return print(mean);
  const [from, to] = [print(Math.max(0, low)), print(high)];
  return from === to ? print(mean) : `${print(mean)} (${from} – ${to})`;
}

/** The targets that were asked for, in the order in which they are shown. */
export const askedOf = ({ targets }: Calibration): readonly TargetName[] =>
  TARGET_NAMES.filter((name) => targets[name] !== undefined);

export interface CalibrationVerdict {
  readonly badge: "FOUND" | "NONE" | "UNDECIDED";
  readonly tone: "good" | "bad" | "warn";
  readonly line: string;
  /** What stands in the way, or how sure it is. */
  readonly because: readonly string[];
}

export function calibrationVerdict({ calibration }: CalibrationReport): CalibrationVerdict {
  const { range, recommended, confidence, obstacles, mitigations, addedRollingUpdate } = calibration;
  const added = addedRollingUpdate
    ? ["The story has no rolling update: one was added to measure by how fast the fleet balances itself."]
    : [];
  if (range !== undefined && recommended !== undefined) {
    return {
      badge: "FOUND",
      tone: "good",
      line: `--goaway-chance=${recommended} meets every target; so does anything from ${range.low} to ${range.high}.`,
      because: [
        `At both ends of that range every target is met with ${printShare(confidence)} confidence each; between them every measure moves one way with the chance.`,
        ...added,
      ],
    };
  }
  const helping = mitigations.filter(({ helps }) => helps.length > 0 && helps.length === obstacles.length);
  const undecided = obstacles.length > 0 && obstacles.every(({ why }) => why === "undecided");
  const help =
    helping.length > 0
      ? `; with ${helping.map(({ name }) => name).join(" or ")} one does`
      : mitigations.length > 0
        ? ", and no single mitigation that was tried changes that"
        : "";
  return {
    badge: undecided ? "UNDECIDED" : "NONE",
    tone: undecided ? "warn" : "bad",
    line: undecided
      ? `The seeds that were run do not decide whether a goaway-chance meets every target${help}.`
      : `No goaway-chance meets every target${help}.`,
    because: [...obstacles.map(obstacleLine), ...added],
  };
}

function obstacleLine({ target, chance, simulated, bound, why }: Calibration["obstacles"][number]): string {
  const measured = `at ${chance} it is ${printMeasure(target, simulated)}`;
  const asked = targetLine(target, bound);
  switch (why) {
    case "never":
      return `No chance meets "${asked}": ${measured}, where it is nearest.`;
    case "conflict":
      return `"${asked}" is missed where the other targets are met: ${measured}.`;
    case "undecided":
      return `Whether "${asked}" is met is open: ${measured}. More seeds (--most-seeds) or a longer --duration would tell.`;
  }
}

/** Where a point's chance lies: within what meets all targets, the chosen one, or neither. */
export function placeOf(
  { chance }: CalibrationPoint,
  { range, recommended }: Calibration,
): "chosen" | "within" | "outside" {
  if (range === undefined || chance < range.low || chance > range.high) return "outside";
  return chance === recommended ? "chosen" : "within";
}
