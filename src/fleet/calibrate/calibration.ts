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

/** What the seeds say of one measure together, with its 95 % interval. */
export interface Measured {
  /**
   * Of times it is the median over all seeds, with the interval of the order statistics: a seed that did not see the end of it counts as longer
   * than all that did, so that leaving it out shortens nothing. Of everything else it is the mean.
   */
  readonly statistic: "mean" | "median";
  /** Infinite: half of the seeds or more did not see it happen in the simulated time. Not a number: there was nothing to take it of. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly seeds: number;
  /** Of times: seeds that did not see it happen, and how long they looked. */
  readonly unseen?: number;
  readonly observedMs?: number;
}

/** One measure at one chance. */
export interface Measure {
  readonly simulated: Measured;
  /** The closed form of the same quantity; absent where none fits this fleet and story. */
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
  /** Lowest and highest simulated chance at which all targets are met, with none simulated between them at which one is missed. */
  readonly range?: { readonly low: number; readonly high: number };
  /** Within the range, near its geometric middle; simulated, and all targets are met there. */
  readonly recommended?: number;
  /** How sure each single "met" is. */
  readonly confidence: number;
  /** How sure it is that all targets together are met at the recommended chance (Bonferroni), the choice among several paid for. */
  readonly jointConfidence?: number;
  /** Asked measures of which two simulated chances show, beyond their intervals, that they do not move one way with the chance. */
  readonly notOneWay: readonly TargetName[];
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
  readonly simulated: Measured;
  readonly bound: number;
  /** Met there with certainty, missed, or undecided. */
  readonly verdict: TargetVerdict;
  /** Simulated chances at which it is missed. */
  readonly missedAt: number;
  /** "never": no simulated chance meets it, and none has a value within the bound. "conflict": chances do, but another target is missed there. "undecided": more seeds would tell. */
  readonly why: "never" | "conflict" | "undecided";
}
