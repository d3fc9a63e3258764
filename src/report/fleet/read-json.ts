import type { Simulation, SimulationTotals } from "../../fleet/simulation.ts";
import { Fault } from "../../net/fault.ts";
import { printable } from "../../net/printable.ts";
import type { Happening } from "../../scenario/scenario.ts";
import { FLEET_SERIES, SERVER_SERIES, TOTALS } from "./json.ts";
import type { ArmReport, SimulationReport } from "./simulation-report.ts";
import { HAPPENINGS } from "./story.ts";

/** The report that a JSON of `renderSimulationJson` was made of. Throws a `Fault` where it is something else. */
export function readSimulationReport(file: string, text: string): SimulationReport {
  try {
    return reportOf(objectOf(JSON.parse(text), "the file"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Fault(
      "bad-report",
      `${printable(file)} is no result of halfopen simulate: ${printable(error.message).slice(0, 200)}.`,
      "Name files that were written with: halfopen simulate … --format json -o FILE",
    );
  }
}

type Json = Readonly<Record<string, unknown>>;

function reportOf(json: Json): SimulationReport {
  if (json.schema !== 1) throw new SyntaxError(`schema is ${String(json.schema).slice(0, 20)}, not 1`);
  const durationMs = positive(json.durationMs, "durationMs");
  const stepMs = positive(json.stepMs, "stepMs");
  const scenario = textOf(json.scenario, "scenario");
  const head = { scenario, durationMs, stepMs };
  const shard = json.shard === undefined ? undefined : objectOf(json.shard, "shard");
  const arms = listOf(json.arms, "arms").map((arm, i) => armOf(objectOf(arm, `arms[${i}]`), head));
  if (new Set(arms.flatMap(({ runs }) => runs.map(shapeOf))).size > 1)
    throw new SyntaxError("its runs have series of different lengths");
  return {
    version: textOf(json.version, "version"),
    scenario,
    title: textOf(json.title, "title"),
    about: textOf(json.about, "about"),
    durationMs,
    stepMs,
    seeds: listOf(json.seeds, "seeds").map((seed) => wholeOf(seed, "seeds")),
    planned: wholeOf(json.planned, "planned"),
    ...(shard === undefined
      ? {}
      : { shard: { index: wholeOf(shard.index, "shard.index"), count: wholeOf(shard.count, "shard.count") } }),
    interrupted: json.interrupted === true,
    arms,
  };
}

type Head = Pick<Simulation, "scenario" | "durationMs" | "stepMs">;

function armOf(json: Json, head: Head): ArmReport {
  const name = textOf(json.name, "name");
  const kind = json.kind;
  if (kind !== "base" && kind !== "mitigation" && kind !== "variation") throw new SyntaxError(`${name} has no kind`);
  return {
    name,
    title: textOf(json.title, "title"),
    kind,
    swept: sweptOf(objectOf(json.swept, "swept")),
    story: listOf(json.story, "story").map(happeningOf),
    runs: listOf(json.runs, "runs").map((run) => runOf(objectOf(run, "a run"), name, head)),
  };
}

/** Every run has as many servers and as many steps. */
function shapeOf(run: Simulation): string {
  const lengths = [...SERVER_SERIES.flatMap((name) => run[name]), ...FLEET_SERIES.map((name) => run[name])].map(
    (series) => series.length,
  );
  return `${run.detail} ${SERVER_SERIES.map((name) => run[name].length)} ${[...new Set(lengths)]}`;
}

function sweptOf(json: Json): ArmReport["swept"] {
  for (const value of Object.values(json)) {
    if (!["string", "number", "boolean"].includes(typeof value)) throw new SyntaxError("a swept value is none");
  }
  return json as ArmReport["swept"];
}

/** Printed only: every field is a number or a word, which is all that words are made of. */
function happeningOf(value: unknown): Happening {
  const json = objectOf(value, "story");
  if (!HAPPENINGS.includes(textOf(json.what, "what") as Happening["what"]))
    throw new SyntaxError("the story has an unknown what");
  wholeOf(json.atMs, "atMs");
  for (const [name, field] of Object.entries(json)) {
    if (typeof field !== "number" && typeof field !== "string")
      throw new SyntaxError(`${name} of a story is no number`);
  }
  return json as unknown as Happening;
}

function runOf(json: Json, variant: string, head: Head): Simulation {
  const detail = json.detail;
  if (detail !== "full" && detail !== "thinned") throw new SyntaxError("a run has no detail");
  const series = objectOf(json.series, "series");
  const rows = (name: string): Float64Array[] => listOf(series[name], name).map((row) => numbersOf(row, name));
  const totals = objectOf(json.totals, "totals");
  for (const name of TOTALS) numberOf(totals[name], name);
  return {
    ...head,
    variant,
    seed: wholeOf(json.seed, "seed"),
    detail,
    ...(Object.fromEntries(SERVER_SERIES.map((name) => [name, rows(name)])) as Record<
      (typeof SERVER_SERIES)[number],
      Float64Array[]
    >),
    ...(Object.fromEntries(FLEET_SERIES.map((name) => [name, numbersOf(series[name], name)])) as Record<
      (typeof FLEET_SERIES)[number],
      Float64Array
    >),
    totals: totals as unknown as SimulationTotals,
  };
}

const numbersOf = (value: unknown, name: string): Float64Array =>
  Float64Array.from(listOf(value, name), (each) => (each === null ? Number.NaN : numberOf(each, name)));

function objectOf(value: unknown, name: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new SyntaxError(`${name} is no object`);
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new SyntaxError(`${name} is no list`);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new SyntaxError(`${name} is no text`);
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === "number") return value;
  throw new SyntaxError(`${name} is no number`);
}

function positive(value: unknown, name: string): number {
  if (numberOf(value, name) > 0) return value as number;
  throw new SyntaxError(`${name} is not above 0`);
}

function wholeOf(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new SyntaxError(`${name} is no whole number`);
}
