import type { ArmReport, SimulationReport } from "../../src/report/fleet/simulation-report.ts";
import { SAMPLE_STEPS, type Sample, sampleRun } from "./sample-run.ts";

/** Results of simulations, made up by hand, as reports take them. */

export function sampleArm(name: string, samples: readonly Sample[], more: Partial<ArmReport> = {}): ArmReport {
  return {
    name,
    title: name === "base" ? "as it is" : `The story with ${name}`,
    kind: name === "base" ? "base" : "mitigation",
    swept: {},
    story: [{ what: "rolling-update", atMs: 20_000, stepMs: 10_000, downMs: 5000 }],
    runs: samples.map((sample, i) => sampleRun(name, i + 1, sample)),
    ...more,
  };
}

export function sampleReport(arms: readonly ArmReport[], more: Partial<SimulationReport> = {}): SimulationReport {
  const seeds = (arms[0]?.runs ?? []).map(({ seed }) => seed);
  return {
    version: "0.0.0",
    scenario: "sample-story",
    title: "A sample.",
    about: "Made by hand.",
    durationMs: SAMPLE_STEPS * 1000,
    stepMs: 1000,
    seeds,
    planned: arms.length * seeds.length,
    interrupted: false,
    arms,
    ...more,
  };
}
