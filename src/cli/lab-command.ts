import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareRuns } from "../lab/compare-runs.ts";
import { examine } from "../lab/doctor.ts";
import { cleanLeftovers } from "../lab/lab-state.ts";
import { proxyNamed } from "../lab/proxy-named.ts";
import { type Experiment, runAndExplain, storyOf } from "../lab/run-and-explain.ts";
import { isTooLate } from "../lab/run-lab.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { renderComparisonHtml } from "../report/comparison/comparison-html.ts";
import { renderComparisonText } from "../report/comparison/comparison-text.ts";
import { BUILT_IN } from "../scenario/built-in.ts";
import { loadScenario, readScenarioFile } from "../scenario-files.ts";
import { checkReportName, writeReport } from "./write-report.ts";

export interface LabRunOptions {
  readonly variant?: string;
  readonly seed?: string;
  readonly timeScale?: string;
  readonly proxy?: string;
  readonly write?: string;
  readonly keep?: boolean;
  readonly quiet?: boolean;
}

/** `halfopen lab list`: what can be run. */
export function labListCommand(): number {
  cleanLeftovers();
  for (const name of BUILT_IN) {
    const scenario = readScenarioFile(name);
    process.stdout.write(`${name}\n  ${scenario.title}\n`);
    for (const [variant, { title, kind }] of Object.entries(scenario.variants))
      process.stdout.write(`  --variant ${variant.padEnd(24)} ${kind}: ${title}\n`);
    process.stdout.write("\n");
  }
  return 0;
}

/** `halfopen lab doctor`: 0 when the lab can run here, otherwise 2. */
export function labDoctorCommand(): number {
  for (const suffix of cleanLeftovers()) process.stdout.write(`removed what run ${suffix} left, which was killed\n`);
  const { examined, canRun, install } = examine();
  for (const { what, found, needed, detail } of examined) {
    process.stdout.write(`${found ? "yes" : needed ? "NO " : "no "}  ${what.padEnd(18)} ${printable(detail)}\n`);
  }
  process.stdout.write(canRun ? "The lab can run here.\n" : "The lab can not run here.\n");
  if (install !== undefined) process.stdout.write(`What is missing comes with:\n  ${install}\n`);
  return canRun ? 0 : 2;
}

/** `halfopen lab run`: 0 when `explain` finds what the scenario expects, 1 when it does not. */
export async function labRunCommand(name: string, options: LabRunOptions): Promise<number> {
  if (options.write !== undefined) checkFolder(options.write);
  const scenario = await loadScenario(name);
  const proxy = proxyNamed(options.proxy);
  return await interruptible(async (signal) => {
    const experiment = await runAndExplain(scenario, {
      ...(proxy === undefined ? {} : { proxy }),
      ...(options.variant === undefined ? {} : { variant: options.variant }),
      ...numbersOf(options),
      signal,
      ...(options.quiet
        ? {}
        : { onProgress: (step: string, detail: string) => process.stderr.write(`${step}: ${detail}\n`) }),
    });
    try {
      if (options.write !== undefined) leave(experiment, options.write);
      process.stdout.write(outcome(experiment, options));
      return experiment.verdict.agrees ? 0 : 1;
    } finally {
      if (options.keep) process.stdout.write(`kept in ${experiment.run.evidence}\n`);
      else experiment.run.close();
    }
  });
}

/** Numbers of the command line; a `Fault` for what is none. */
export function numbersOf(options: { readonly seed?: string; readonly timeScale?: string }): {
  readonly seed?: number;
  readonly timeScale?: number;
} {
  const seed = options.seed === undefined ? undefined : Number(options.seed);
  const timeScale = options.timeScale === undefined ? undefined : Number(options.timeScale);
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)) {
    throw new Fault(
      "bad-seed",
      `--seed ${printable(options.seed ?? "")} is no whole number from 0 to 2147483647.`,
      "Leave it out for another one each time.",
    );
  }
  if (timeScale !== undefined && !(timeScale >= 1 && timeScale <= 1000)) {
    throw new Fault(
      "bad-time-scale",
      `--time-scale ${printable(options.timeScale ?? "")} is no number from 1 to 1000.`,
      "1 is real time; leave it out for less than a minute.",
    );
  }
  return { ...(seed === undefined ? {} : { seed }), ...(timeScale === undefined ? {} : { timeScale }) };
}

function outcome({ run, counted, verdict, explanation }: Experiment, options: LabRunOptions): string {
  const { plan } = run;
  const lines = [`${verdict.agrees ? "AGREES" : "DIFFERS"}  ${verdict.text}`];
  if (options.quiet) return `${lines.join("\n")}\n`;
  lines.push(
    `  ${plan.scenario}${plan.variant === undefined ? "" : ` --variant ${plan.variant}`}${plan.proxy === undefined ? "" : ` --proxy ${plan.proxy}`} --seed ${plan.seed} --time-scale ${plan.timeScale}, ${((run.endedAtMs - run.startedAtMs) / 1000).toFixed(1)} s`,
  );
  for (const said of plan.adapted) lines.push(`  in the lab: ${said}`);
  if (isTooLate(run))
    lines.push(
      `  trouble: the machine had too much to do: programs may have waited ${run.lateMs} ms for it, ${Math.round((run.lateMs * plan.timeScale) / 1000)} s of the scenario's time; a timeout may have passed for that alone`,
    );
  for (const problem of run.problems) lines.push(`  trouble: ${printable(problem)}`);
  lines.push(
    `  packets: ${explanation.totals.packets} in ${plan.taps.length} captures, ${explanation.totals.flows} flows`,
  );
  lines.push(
    `  the kernels counted: ${sumOf(counted.challenges)} SYNs challenged, ${sumOf(counted.resetsSent)} RSTs sent`,
  );
  for (const [node, counters] of Object.entries(counted.balancers))
    lines.push(
      `  ${node}: ${Object.entries(counters)
        .map(([metric, value]) => `${metric} ${value}`)
        .join(", ")}`,
    );
  const reasons = new Map<string, number>();
  for (const { reason } of counted.resets ?? []) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  if (counted.resets !== undefined)
    lines.push(
      `  reasons of RSTs: ${[...reasons].map(([reason, count]) => `${reason} ${count}`).join(", ") || "none sent"}`,
    );
  else lines.push(`  reasons of RSTs: not known, ${printable(run.tracing)}`);
  return `${lines.join("\n")}\n`;
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

function checkFolder(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Fault("not-empty", `The folder '${printable(folder)}' is not empty.`, "Name one that is not there yet.");
}

/** `evidence`: as a user would bring it. Beside it what a user does not have. */
function leave({ run, counted, verdict }: Experiment, folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(run.evidence, join(folder, "evidence"), { recursive: true });
  const { scenario, variant, proxy, seed, timeScale, expect, adapted, hosts } = run.plan;
  const truth = {
    scenario,
    variant,
    proxy,
    seed,
    timeScale,
    expect,
    adapted,
    hosts,
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    counted,
    lateMs: run.lateMs,
    problems: run.problems,
    explained: verdict,
  };
  writeFileSync(join(folder, "truth.json"), `${JSON.stringify(truth, undefined, 1)}\n`);
}

export interface LabCompareOptions {
  readonly variant?: readonly string[];
  readonly seed?: string;
  readonly timeScale?: string;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** `halfopen lab compare`: 0 when every run was explained as its scenario expects. */
export async function labCompareCommand(name: string, options: LabCompareOptions): Promise<number> {
  if (options.output !== undefined) await checkReportName(options.output);
  const scenario = await loadScenario(name);
  for (const variant of options.variant ?? []) storyOf(scenario, variant);
  const comparison = await interruptible((signal) =>
    compareRuns(scenario, {
      ...(options.variant === undefined ? {} : { variants: options.variant }),
      ...numbersOf(options),
      signal,
      ...(options.quiet
        ? {}
        : { onProgress: (run: string, step: string) => process.stderr.write(`${run}: ${step}\n`) }),
    }),
  );
  process.stdout.write(renderComparisonText(comparison));
  if (options.output !== undefined) await writeReport(options.output, renderComparisonHtml(comparison), []);
  return comparison.rows.every(({ agrees }) => agrees) ? 0 : 1;
}

/** Gives work a signal that an interrupt from the terminal aborts. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}
