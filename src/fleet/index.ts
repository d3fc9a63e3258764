/** `halfopen/fleet`: a fleet of clients, balancer nodes and servers in memory. Pure: no files, no clock, no dice but the seed. */

export { defineScenario, type ScenarioFile } from "../scenario/define-scenario.ts";
export { type ReadOptions, readScenario } from "../scenario/read-scenario.ts";
export type { Scenario, Variant } from "../scenario/scenario.ts";
export { type CalibrateOptions, calibrate } from "./calibrate/calibrate.ts";
export type {
  Calibration,
  CalibrationPoint,
  CalibrationTargets,
  Measure,
  Measured,
  MitigationTrial,
  Obstacle,
  TargetName,
  TargetVerdict,
} from "./calibrate/calibration.ts";
export type { RunFleet } from "./calibrate/prober.ts";
export { type SimulateOptions, simulate } from "./simulate.ts";
export type { Simulation, SimulationTotals } from "./simulation.ts";
export type { Estimate, SeriesEstimate } from "./statistics/estimate.ts";
export { type SimulationSummary, summarise } from "./statistics/summarise.ts";
export type { Taps } from "./tap/taps.ts";
export * as theory from "./theory.ts";
export { simulateThinned, type ThinnedOptions } from "./thinned/simulate-thinned.ts";
