import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainEvidence } from "../explain-evidence.ts";
import type { Explanation } from "../incident/explanation.ts";
import { Fault } from "../net/fault.ts";
import { nearestWord } from "../net/nearest-word.ts";
import { printable } from "../net/printable.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { cloudwatchMetrics } from "./cloudwatch-metrics.ts";
import { examine } from "./doctor.ts";
import { goPrograms } from "./go-programs.ts";
import { judgeRun, type RunVerdict } from "./judge-run.ts";
import { type Counted, readCounters } from "./read-counters.ts";
import { type LabRun, type RunOptions, runLab } from "./run-lab.ts";

export interface Experiment {
  readonly run: LabRun;
  readonly explanation: Explanation;
  readonly counted: Counted;
  readonly verdict: RunVerdict;
}

/** The scenario, or one of its variants. Throws a `Fault` where there is none of that name. */
export function storyOf(scenario: Scenario, variant: string | undefined): Omit<Scenario, "variants"> {
  if (variant === undefined) return scenario;
  const found = scenario.variants[variant];
  if (found !== undefined) return found.scenario;
  const names = Object.keys(scenario.variants);
  const meant = nearestWord(variant, names);
  throw new Fault(
    "no-such-variant",
    `${scenario.name} has no variant '${printable(variant)}'.`,
    meant === undefined ? `It has ${names.join(", ") || "none"}.` : `Did you mean ${meant}?`,
  );
}

/** The first instant whose losses count, in nanoseconds since 1970; some expectations leave out the beginning. */
export function fromOf({ plan, startedAtMs }: LabRun): bigint {
  return BigInt(Math.round((startedAtMs + (plan.expect.fromMs ?? 0) / plan.timeScale) * 1000)) * 1000n;
}

/** Runs it, explains what was captured, and holds that against what the scenario expects. The caller closes the run. */
export async function runAndExplain(
  scenario: Scenario,
  options: Omit<RunOptions, "tools" | "go"> & { readonly kubectl?: boolean },
): Promise<Experiment> {
  const story = storyOf(scenario, options.variant);
  const { tools, canRun, examined, install } = examine();
  if (!canRun) {
    const missing = examined.filter(({ found, needed }) => needed && !found);
    const said = missing.map(({ what, detail }) => `${what} (${detail})`).join("; ");
    throw new Fault(
      "lab-not-here",
      `The lab can not run on this machine. Missing: ${said}.`,
      install ?? "halfopen lab doctor says more",
    );
  }
  const proxy = options.proxy ?? "nginx";
  if (story.network.balancer?.kind === "application" && !tools.proxies.includes(proxy))
    throw new Fault(
      "lab-no-proxy",
      `This story has an application balancer, and ${proxy} is not on this machine.`,
      `${tools.proxies.length > 0 ? `Run it with --proxy ${tools.proxies[0]}, or: ` : ""}${install ?? "halfopen lab doctor says more"}`,
    );
  const go = goPrograms();
  const run = await runLab(story, {
    ...options,
    tools: { ...tools, kubectl: tools.kubectl && options.kubectl === true },
    ...(go === undefined ? {} : { go }),
  });
  try {
    const counted = readCounters(run.plan, run);
    for (const [node, counters] of Object.entries(counted.balancers)) {
      if (Object.keys(counters).length > 0)
        writeFileSync(join(run.evidence, `cloudwatch-${node}.json`), cloudwatchMetrics(counters, run.startedAtMs));
    }
    options.onProgress?.("explaining", `${run.plan.taps.length} captures and the logs`);
    const explanation = await explainEvidence([run.evidence]);
    return {
      run,
      explanation,
      counted,
      verdict: judgeRun(run.plan.expect, explanation, fromOf(run)),
    };
  } catch (error) {
    run.close();
    throw error;
  }
}
