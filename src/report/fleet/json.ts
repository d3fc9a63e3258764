import type { Simulation, SimulationTotals } from "../../fleet/simulation.ts";
import type { Estimate } from "../../fleet/statistics/estimate.ts";
import { jsonText } from "../json-text.ts";
import { MEASURES } from "./measures.ts";
import { type ArmReport, type SimulationReport, type SummarisedArm, summarised } from "./simulation-report.ts";

/** Series of a run that have a row for each server, and those of the whole fleet. */
export const SERVER_SERIES = ["connections", "requestsPerSecond"] as const;
export const FLEET_SERIES = [
  "reconnectsPerSecond",
  "collisions",
  "connectionsLost",
  "notReadyNodes",
  "missedLeaseUpdates",
  "relistsPerSecond",
  "gini",
  "maxOverMean",
] as const;

export const TOTALS: readonly (keyof SimulationTotals)[] = [
  "events",
  "countedMs",
  "requests",
  "requestsFailed",
  "connectionsOpened",
  "reconnects",
  "connectsFailed",
  "goaways",
  "collisions",
  "connectionsLost",
  "lostMs",
  "lostUnnoticed",
  "missedLeaseUpdates",
  "notReady",
  "notReadyMs",
  "relists",
  "relistBytes",
];

/**
 * A simulation as JSON: `schema/simulation-1.schema.json`. Fields are added, never renamed. Everything is in it: `readSimulationReport`
 * makes the same report of it again. One run a line, so that the file of a sweep can be looked at.
 */
export function* renderSimulationJson(report: SimulationReport): Generator<string> {
  const { arms, ...head } = report;
  yield `{\n  "schema": 1,\n`;
  for (const [name, value] of Object.entries(head)) yield `  ${JSON.stringify(name)}: ${jsonText(value)},\n`;
  yield `  "arms": [\n`;
  const whole = summarised(report);
  for (const [i, arm] of arms.entries()) {
    yield* armJson(
      arm,
      whole.find(({ name }) => name === arm.name),
    );
    yield i + 1 < arms.length ? ",\n" : "\n";
  }
  yield "  ]\n}\n";
}

function* armJson(arm: ArmReport, found: SummarisedArm | undefined): Generator<string> {
  const { runs, ...head } = arm;
  yield "    {\n";
  for (const [name, value] of Object.entries(head)) yield `      ${JSON.stringify(name)}: ${jsonText(value)},\n`;
  if (found !== undefined) {
    yield `      "totals": {\n`;
    const lines = MEASURES.map((measure) => {
      const factor = measure.factor ?? 1;
      const { mean, low, high, seeds } = measure.of(found);
      const value = estimateJson({ mean: mean * factor, low: low * factor, high: high * factor, seeds });
      return `        ${JSON.stringify(measure.id)}: ${jsonText(value)}`;
    });
    yield `${lines.join(",\n")}\n      },\n`;
  }
  yield `      "runs": [\n`;
  for (const [i, run] of runs.entries()) yield `        ${runJson(run)}${i + 1 < runs.length ? "," : ""}\n`;
  yield "      ]\n    }";
}

/** JSON has no NaN and no infinity: what is not known is null. */
const estimateJson = ({ mean, low, high, seeds }: Estimate): unknown => ({
  mean: known(mean),
  ...(seeds > 1 ? { low: known(low), high: known(high) } : {}),
  seeds,
});

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

function runJson(run: Simulation): string {
  const { seed, detail, totals } = run;
  const series = {
    ...Object.fromEntries(SERVER_SERIES.map((name) => [name, run[name].map((row) => [...row].map(known))])),
    ...Object.fromEntries(FLEET_SERIES.map((name) => [name, [...run[name]].map(known)])),
  };
  return jsonText({ seed, detail, totals, series });
}
