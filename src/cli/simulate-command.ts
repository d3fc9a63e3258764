import { readFile, stat } from "node:fs/promises";
import { parseDuration } from "../net/duration.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { mergeReports, type NamedReport } from "../report/fleet/merge.ts";
import { readSimulationReport } from "../report/fleet/read-json.ts";
import { runsOf, type Shard, type SimulationReport } from "../report/fleet/simulation-report.ts";
import { BUILT_IN } from "../scenario/built-in.ts";
import { parseSetting, type Setting, scalarOf } from "../scenario/settings.ts";
import {
  jobsOf,
  planSimulation,
  type SimulateRequest,
  type SimulationPlan,
  simulatePlan,
} from "../simulate-scenario.ts";
import { Simulators } from "../simulators.ts";
import { INTERRUPTED, untilInterrupted } from "./interrupt.ts";
import { atLeastOne, type ColourOptions, wantsColour, wholeNumber, widthOf, writeOut } from "./output.ts";
import { runProgress } from "./run-progress.ts";
import { writeBeside } from "./write-beside.ts";
import { checkReportName } from "./write-report.ts";

/** What `halfopen simulate` was told. */
export interface SimulateCommandOptions extends ColourOptions {
  readonly variant?: readonly string[];
  readonly allVariants?: boolean;
  /** `--no-base` makes it false. */
  readonly base: boolean;
  readonly seeds?: string;
  readonly seed?: string;
  readonly duration?: string;
  readonly days?: string;
  readonly detail: "auto" | "full" | "thinned";
  readonly step?: string;
  readonly set?: readonly string[];
  readonly sweep?: readonly string[];
  readonly shard?: string;
  readonly merge?: boolean;
  readonly list?: boolean;
  readonly workers?: string;
  readonly write?: string;
  readonly tap?: readonly string[];
  readonly format?: "text" | "json" | "csv" | "html";
  readonly output?: string;
  readonly width?: string;
  readonly quiet?: boolean;
}

/** Simulates a scenario and prints what came of it; gives 0, or 130 where it was interrupted. */
export async function simulateCommand(names: readonly string[], options: SimulateCommandOptions): Promise<number> {
  if (options.list) return await listScenarios();
  const width = widthOf(options.width);
  if (options.output !== undefined) await checkReportName(options.output);
  if (options.merge) {
    const parts = await partsOf(names);
    await print(mergeReports(parts), names, { ...options, columns: width });
    return 0;
  }
  const request = requestOf(names, options);
  if (request.shard !== undefined && (options.format ?? "json") !== "json") {
    throw new Fault(
      "bad-option",
      `A part (--shard) cannot be printed as ${options.format}.`,
      "Leave --format out: parts are JSON, and --merge prints what they come to in any format.",
    );
  }
  const report = await simulated(request, options);
  if (runsOf(report) === 0) {
    process.stderr.write("halfopen: interrupted before the first run was finished\n");
    return INTERRUPTED;
  }
  const format = options.format ?? (request.shard === undefined ? "text" : "json");
  await print(report, [request.scenario], { ...options, format, columns: width });
  if (!report.interrupted) return 0;
  const planned = request.shard === undefined ? "" : " of this part's";
  process.stderr.write(
    `halfopen: interrupted; ${runsOf(report)}${planned} runs were finished, and are in the result\n`,
  );
  return INTERRUPTED;
}

async function simulated(request: SimulateRequest, options: SimulateCommandOptions): Promise<SimulationReport> {
  const plan = await planSimulation(request);
  const writing = await writingOf(options);
  const bar = options.quiet ? undefined : await runProgress(plan.scenario.name, jobsOf(plan, request.shard));
  const { signal, done } = untilInterrupted();
  const workers = options.workers === undefined ? undefined : atLeastOne("--workers", options.workers);
  const simulators = new Simulators({ signal, ...(workers === undefined ? {} : { workers }) });
  try {
    const report = await simulatePlan(plan, simulators, {
      ...(request.shard === undefined ? {} : { shard: request.shard }),
      ...(bar === undefined ? {} : { onProgress: bar.onProgress }),
    });
    if (!report.interrupted) writing?.(plan);
    return report;
  } finally {
    done();
    bar?.stop();
    await simulators.close();
  }
}

/** Checks `--write` and `--tap`, and gives what writes. */
async function writingOf(options: SimulateCommandOptions): Promise<((plan: SimulationPlan) => void) | undefined> {
  if (options.write === undefined) {
    if (options.tap === undefined) return undefined;
    throw new Fault("bad-option", "--tap says where to capture, but nothing is written.", "Add --write FOLDER.");
  }
  const { planWriting } = await import("../write-simulation.ts");
  const write = planWriting(options.write, options.tap ?? []);
  return (plan) => {
    for (const { folder, files } of write(plan)) {
      process.stderr.write(
        `halfopen: wrote ${files.length} files in ${printable(folder)} (seed ${plan.seeds[0] ?? 1})\n`,
      );
    }
  };
}

function requestOf(names: readonly string[], options: SimulateCommandOptions): SimulateRequest {
  const [scenario, ...more] = names;
  if (scenario === undefined) {
    throw new Fault("no-scenario", "No scenario was named.", "List them with: halfopen simulate --list");
  }
  if (more.length > 0) {
    throw new Fault("bad-option", `${names.length} scenarios were named.`, "Simulate one at a time.");
  }
  const duration = durationOf(options);
  return {
    scenario,
    variants: options.allVariants ? "all" : (options.variant ?? []),
    base: options.base,
    seeds: seedsOf(options),
    settings: [
      ...(duration === undefined ? [] : [duration]),
      ...(options.set ?? []).map((text) => parseSetting("--set", text)),
    ],
    sweeps: (options.sweep ?? []).map(sweepOf),
    detail: options.detail,
    ...(options.step === undefined ? {} : { stepMs: stepOf(options.step) }),
    ...(options.shard === undefined ? {} : { shard: shardOf(options.shard) }),
  };
}

const USUAL_SEEDS = 10;

function seedsOf({ seeds, seed }: SimulateCommandOptions): readonly number[] {
  if (seed !== undefined && seeds !== undefined) {
    throw new Fault(
      "bad-option",
      "--seed and --seeds were both given.",
      "--seed 7 runs that one, --seeds 7 runs 1 to 7.",
    );
  }
  if (seed !== undefined) return [wholeNumber("--seed", seed)];
  const count = seeds === undefined ? USUAL_SEEDS : atLeastOne("--seeds", seeds);
  return Array.from({ length: count }, (_, i) => i + 1);
}

function durationOf({ duration, days }: SimulateCommandOptions): Setting | undefined {
  if (duration === undefined && days === undefined) return undefined;
  if (duration !== undefined && days !== undefined) {
    throw new Fault("bad-option", "--duration and --days were both given.", "--days 2 is --duration 2d.");
  }
  return { path: "duration", value: duration ?? `${wholeNumber("--days", days ?? "")}d` };
}

function stepOf(text: string): number {
  const step = parseDuration(text);
  if (step !== undefined && Number.isFinite(step) && step >= 1) return step;
  throw new Fault("bad-option", `--step was given '${printable(text)}', which is no time.`, "Try --step 5s.");
}

/** `path=a,b,c`. */
function sweepOf(text: string): SimulateRequest["sweeps"][number] {
  const at = text.indexOf("=");
  const values = text.slice(at + 1).split(",");
  if (at < 1 || values.some((value) => value.trim() === "")) {
    throw new Fault(
      "bad-option",
      `--sweep was given '${printable(text).slice(0, 100)}', which is no path with values.`,
      "Write --sweep network.servers.goaway.chance=0,0.001,0.02",
    );
  }
  const path = parseSetting("--sweep", `${text.slice(0, at)}=0`).path;
  return { path, values: values.map((value) => scalarOf("--sweep", value)) };
}

/** `i/n`, or `job/n`: i as a Kubernetes Indexed Job numbers its pods. */
function shardOf(text: string): Shard {
  const [, written = "", count = ""] = /^(\d{1,5}|job)\/(\d{1,5})$/.exec(text) ?? [];
  const index = written === "job" ? (process.env.JOB_COMPLETION_INDEX ?? "") : written;
  if (written === "job" && !/^\d{1,5}$/.test(index)) {
    throw new Fault(
      "bad-option",
      "--shard job/n takes its part from JOB_COMPLETION_INDEX, which is not set.",
      "Run it as a Kubernetes Indexed Job, or write --shard 0/4.",
    );
  }
  if (index !== "" && Number(index) < Number(count)) return { index: Number(index), count: Number(count) };
  throw new Fault(
    "bad-option",
    `--shard was given '${printable(text)}'${written === "job" ? ` in job ${index}` : ""}, which is no part of a whole.`,
    "Parts are counted from 0: of four parts --shard 0/4 is the first, --shard 3/4 the last.",
  );
}

const MOST_BYTES = 512 * 1024 * 1024;

async function partsOf(files: readonly string[]): Promise<NamedReport[]> {
  const parts: NamedReport[] = [];
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || !found.isFile() || found.size > MOST_BYTES) {
      const what = found === undefined ? "is not there" : found.isFile() ? "is too large" : "is no file";
      throw new Fault(
        "no-such-file",
        `'${printable(file)}' ${what}.`,
        "Name what halfopen simulate --shard i/n printed.",
      );
    }
    parts.push({ file, report: readSimulationReport(file, await readFile(file, "utf8")) });
  }
  return parts;
}

async function listScenarios(): Promise<number> {
  const { readScenarioFile } = await import("../scenario-files.ts");
  const { renderScenarioList } = await import("../report/fleet/scenario-list.ts");
  await writeOut([
    renderScenarioList(
      BUILT_IN.map((name) => readScenarioFile(name)),
      widthOf(undefined),
    ),
  ]);
  return 0;
}

async function print(
  report: SimulationReport,
  read: readonly string[],
  options: SimulateCommandOptions & { readonly columns: number },
): Promise<void> {
  const pieces = await rendered(report, options);
  if (options.output === undefined) await writeOut(pieces);
  else await writeBeside(options.output, [...pieces].join(""), read);
}

async function rendered(
  report: SimulationReport,
  options: SimulateCommandOptions & { readonly columns: number },
): Promise<Iterable<string>> {
  switch (options.format ?? "text") {
    case "json":
      return (await import("../report/fleet/json.ts")).renderSimulationJson(report);
    case "csv":
      return (await import("../report/fleet/csv.ts")).renderSimulationCsv(report);
    case "html":
      return [(await import("../report/fleet/html.ts")).renderSimulationHtml(report)];
    case "text": {
      const { renderSimulationText } = await import("../report/fleet/text.ts");
      const plain = options.output !== undefined && (options.color ?? options.colour) !== "always";
      const page = { width: options.columns, colour: !plain && wantsColour(options), quiet: options.quiet === true };
      return [renderSimulationText(report, page)];
    }
  }
}
