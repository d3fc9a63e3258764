import {
  type Calibration,
  type CalibrationPoint,
  type Measured,
  TARGET_NAMES,
  type TargetName,
} from "../../fleet/calibrate/calibration.ts";
import { many, printNumber, printShare, printTime } from "./numbers.ts";

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

/** `7 min 30 s (6 min – over 9 min)`: a measure and its interval. A time that was not seen to end is over what was looked at. */
export function printMeasure(name: TargetName, measured: Measured): string {
  const { value, low, high, seeds } = measured;
  const print = (each: number): string => printValue(name, measured, each);
  if (seeds < 2 || low === high || Number.isNaN(value)) return print(value);
  const [from, to] = [print(Math.max(0, low)), print(high)];
  return from === to ? print(value) : `${print(value)} (${from} – ${to})`;
}

/** One number of a measure. */
export function printValue(name: TargetName, { observedMs }: Measured, value: number): string {
  const { print } = wordsOf(name);
  if (Number.isNaN(value)) return "–";
  return value === Number.POSITIVE_INFINITY && observedMs !== undefined ? `over ${print(observedMs)}` : print(value);
}

/** "helps": with it all targets are met together. "in part": one that was not met is, but not all are. */
export function trialMark({ point, helps }: Calibration["mitigations"][number]): "helps" | "in part" | "no" {
  if (helps.length === 0) return "no";
  return point.verdict === "met" ? "helps" : "in part";
}

/** Each asked target with the mitigation: what it is, and whether that meets it. */
export function trialLines({ point }: Calibration["mitigations"][number], calibration: Calibration): string[] {
  return askedOf(calibration).map((target) => {
    const { simulated, verdict } = point.measures[target];
    const within = `within ${wordsOf(target).print(calibration.targets[target] ?? 0)}`;
    const met = verdict === "met" ? "met" : `${verdict === "missed" ? "not" : "not surely"} ${within}`;
    return `${wordsOf(target).words}: ${printMeasure(target, simulated)}, ${met}`;
  });
}

/** Said of calibrations that did not run every request. */
export const THINNED =
  "requests that decide nothing were skipped (--detail full runs each, and counts up to a third more collisions where clients have few ports)";

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
  const { range, recommended, obstacles, mitigations, addedRollingUpdate, curve } = calibration;
  const added = addedRollingUpdate
    ? ["The story has no rolling update: one was added to measure by how fast the fleet balances itself."]
    : [];
  if (range !== undefined && recommended !== undefined) {
    return {
      badge: "FOUND",
      tone: "good",
      line: `--goaway-chance=${recommended} meets every target${range.low < range.high ? `; the simulated chances that do go from ${range.low} to ${range.high}` : ", alone of those that were simulated"}.`,
      because: [...sureness(calibration, recommended, range), ...added],
    };
  }
  const helping = mitigations.filter((trial) => trialMark(trial) === "helps");
  const undecided = obstacles.length > 0 && obstacles.every(({ why }) => why === "undecided");
  const help =
    helping.length > 0
      ? `; with ${helping.map(({ name }) => name).join(" or ")} ${mitigations[0]?.point.chance} does`
      : mitigations.length > 0
        ? ", and no single mitigation that was tried changes that"
        : "";
  const [lowest, highest] = [curve[0]?.chance, curve.at(-1)?.chance];
  return {
    badge: undecided ? "UNDECIDED" : "NONE",
    tone: undecided ? "warn" : "bad",
    line: undecided
      ? `The seeds that were run do not decide whether a goaway-chance meets every target${help}.`
      : `None of the ${curve.length} goaway-chances simulated, ${lowest} to ${highest}, meets every target${help}.`,
    because: [...obstacles.flatMap((each) => obstacleLines(each, calibration)), ...added],
  };
}

/** What "meets" rests on. */
function sureness(
  { confidence, jointConfidence, notOneWay, curve, ...rest }: Calibration,
  recommended: number,
  { low, high }: NonNullable<Calibration["range"]>,
): string[] {
  const asked = askedOf({ confidence, notOneWay, curve, ...rest });
  const seeds = curve.find(({ chance }) => chance === recommended)?.seeds ?? 0;
  const together =
    asked.length > 1 && jointConfidence !== undefined && jointConfidence > 0
      ? `${printShare(confidence)} confidence each, at least ${printShare(jointConfidence)} for all ${asked.length} together`
      : `${printShare(jointConfidence ?? confidence)} confidence`;
  const others = curve.filter(({ chance }) => chance >= low && chance <= high && chance !== recommended);
  const met = others.filter(({ verdict }) => verdict === "met").length;
  const between =
    others.length === 0
      ? ""
      : ` So it is at ${met === others.length ? (met === 1 ? "the other chance" : `all ${met} other chances`) : `${met} of the ${others.length} other chances`} simulated in that range; of what lies between them nothing was simulated.`;
  const ways =
    others.length === 0
      ? []
      : notOneWay.length > 0
        ? [
            `Between simulated chances nothing can be said: ${notOneWay.map((name) => wordsOf(name).short).join(" and ")} did not move one way with the chance here.`,
          ]
        : [
            "What was asked moved one way with the chance wherever it was simulated, so that chances between two that meet it are expected to.",
          ];
  return [
    `At ${recommended}, simulated with ${many(seeds, "seed")}, ${asked.length > 1 ? "every target is met" : "the target is met"}: ${together}.${between}`,
    ...ways,
  ];
}

function obstacleLines(
  { target, chance, simulated, bound, verdict, missedAt, why }: Calibration["obstacles"][number],
  { curve }: Calibration,
): string[] {
  const measured = `at ${chance} it is ${printMeasure(target, simulated)}`;
  const asked = targetLine(target, bound);
  const hint = hintOf(target, simulated, bound);
  switch (why) {
    case "never":
      return verdict === "missed"
        ? [`No simulated chance meets "${asked}": ${measured}, where it is nearest.`, ...hint]
        : [
            `"${asked}" is missed at ${missedAt} of ${curve.length} chances, and met at none: ${measured}, which leaves it open.`,
            ...hint,
          ];
    case "conflict":
      return [`"${asked}" is missed where the other targets are met: ${measured}.`];
    case "undecided":
      return [
        `Whether "${asked}" is met is open: ${measured}. More seeds (--most-seeds) or a longer --duration would tell.`,
        ...hint,
      ];
  }
}

/** What else a person has to know to go on. */
function hintOf(target: TargetName, { value, high, seeds, observedMs }: Measured, bound: number): string[] {
  if (observedMs !== undefined && observedMs < bound) {
    return [
      `A run goes on for ${printTime(observedMs)} after the rolling update, and nothing longer than that is seen: take a longer --duration.`,
    ];
  }
  if (target === "collisionsPerConnection") {
    return [
      "That share hardly depends on the chance: it is the client address's connections through other balancer nodes, over ports times targets. A lower chance makes new connections rarer, and with them collisions: --collisions-per-hour bounds those.",
    ];
  }
  if (value === 0 && high > bound) {
    return [
      `None was seen with ${many(seeds, "seed")}, which bounds it by ${printNumber(high)}: ${printNumber(Math.ceil(high / bound))} times as much would have to be simulated without one.`,
    ];
  }
  return [];
}

/** Where a point's chance lies: within what meets all targets, the chosen one, or neither. */
export function placeOf(
  { chance }: CalibrationPoint,
  { range, recommended }: Calibration,
): "chosen" | "within" | "outside" {
  if (range === undefined || chance < range.low || chance > range.high) return "outside";
  return chance === recommended ? "chosen" : "within";
}
