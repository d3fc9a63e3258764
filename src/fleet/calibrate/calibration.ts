import type { Estimate } from "../statistics/estimate.ts";

/** What the user wants of a goaway-chance. Each is "at most"; absent: not asked. At least one is given. */
export interface CalibrationTargets {
  /** Time in which the imbalance that a rolling update leaves falls to half. */
  readonly halfLifeMs?: number;
  /** Time after a rolling update until the fullest server has at most `balancedShare` more than the mean. */
  readonly balancedMs?: number;
  /** New connections whose four-tuple is in use at their target, as a probability. The seeds' "less than 1 %" is 0.01. */
  readonly collisionsPerConnection?: number;
  readonly collisionsPerHour?: number;
  /** Handshakes that the filter costs, per server. */
  readonly reconnectsPerSecondPerServer?: number;
  /** Sum over nodes. */
  readonly notReadyMinutesPerDay?: number;
}

/** In the order in which they are shown. The first two fall as the chance grows, the others grow with it. */
export const TARGET_NAMES = [
  "halfLifeMs",
  "balancedMs",
  "collisionsPerConnection",
  "collisionsPerHour",
  "reconnectsPerSecondPerServer",
  "notReadyMinutesPerDay",
] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** "undecided": the interval contains the bound, and more seeds were not allowed. */
export type TargetVerdict = "met" | "missed" | "undecided";

/** One measure at one chance. */
export interface Measure {
  /**
   * Infinite where it did not happen within the simulated time (a fleet that never becomes balanced). Where only some seeds saw it,
   * `high` is infinite and the mean is over those.
   */
  readonly simulated: Estimate;
  /** The closed form; absent where none fits this fleet. */
  readonly theory?: number;
  /** Absent where the user asked for nothing. */
  readonly verdict?: TargetVerdict;
}

/** One row of the trade-off curve. */
export interface CalibrationPoint {
  readonly chance: number;
  readonly seeds: number;
  readonly measures: Readonly<Record<TargetName, Measure>>;
  /** All asked targets together: missed if one is, met if all are. */
  readonly verdict: TargetVerdict;
}

/** What would help where no chance does: the same fleet with one thing changed. */
export interface MitigationTrial {
  /** As in `--variant`, where the scenario has it under this name. */
  readonly name: MitigationName;
  /** What was changed, for a person. */
  readonly title: string;
  readonly point: CalibrationPoint;
  /** Targets that were missed before and are met now. */
  readonly helps: readonly TargetName[];
}

export type MitigationName =
  | "preservation-off"
  | "cross-zone-off"
  | "more-ports"
  | "exemption"
  | "grace-50s"
  | "faster-health-check";

export interface Calibration {
  readonly scenario: string;
  readonly targets: CalibrationTargets;
  /** For `balancedMs`: the share above the mean that counts as balanced, 0.1 is 10 %. */
  readonly balancedShare: number;
  /** A rolling update was added to the story to measure balancing by, since it had none. */
  readonly addedRollingUpdate: boolean;
  /** Ascending by chance: the log grid, and the points that the bisection looked at. */
  readonly curve: readonly CalibrationPoint[];
  /**
   * Chances for which all targets are met. `low` and `high` were simulated and met; what lies between is met because every measure moves
   * one way with the chance. Absent: none was found.
   */
  readonly range?: { readonly low: number; readonly high: number };
  /** Within the range, on the geometric middle, rounded to two digits. */
  readonly recommended?: number;
  /** How sure: every met target at the ends of the range holds with this confidence each. */
  readonly confidence: number;
  /** Without a range: which targets stand against each other, or the one that no chance meets. */
  readonly obstacles: readonly Obstacle[];
  readonly mitigations: readonly MitigationTrial[];
  /** Simulations that were run. */
  readonly runs: number;
}

export interface Obstacle {
  readonly target: TargetName;
  /** The chance at which it comes nearest to its bound. */
  readonly chance: number;
  readonly simulated: Estimate;
  readonly bound: number;
  /** Met there with certainty, missed, or undecided. */
  readonly verdict: TargetVerdict;
  /** "never": no chance meets it. "conflict": chances do, but another target is missed there. "undecided": more seeds would tell. */
  readonly why: "never" | "conflict" | "undecided";
}
