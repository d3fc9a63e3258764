import { existsSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { HostKind, LabPlan } from "../netns/lab-plan.ts";
import type { ComparedRun, Comparison, Place, ServerSeries } from "../report/comparison/comparison.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { collisionOf } from "./collision-of-run.ts";
import { kubectlWatch } from "./kubectl-watch.ts";
import { nodesNotReady } from "./nodes-not-ready.ts";
import { type Experiment, runAndExplain } from "./run-and-explain.ts";

export interface CompareOptions {
  /** Only these variants; absent: all. */
  readonly variants?: readonly string[];
  readonly seed?: number;
  readonly timeScale?: number;
  readonly onProgress?: (name: string, step: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs a scenario, the same without its balancer (`vanilla`) where it has one, and each variant, two at a time, and puts side by side what the
 * kernels counted, what logs say and what `explain` finds. kubectl watches in each where there is a cluster.
 */
export async function compareRuns(scenario: Scenario, options: CompareOptions = {}): Promise<Comparison> {
  const stories: { name: string; title: string; kind: ComparedRun["kind"]; scenario: Scenario; variant?: string }[] =
    [];
  const { balancer, ...direct } = scenario.network;
  if (balancer?.kind === "network") {
    const vanilla: Scenario = {
      ...scenario,
      network: direct,
      expect: {},
      story: scenario.story.filter(({ what }) => what !== "balancer-node-lost" && what !== "deregister"),
    };
    stories.push({
      name: "vanilla",
      title: "Clients connect to the servers themselves",
      kind: "vanilla",
      scenario: vanilla,
    });
  }
  stories.push({ name: "base", title: scenario.title, kind: "base", scenario });
  for (const [variant, { title, kind }] of Object.entries(scenario.variants)) {
    if (options.variants === undefined || options.variants.includes(variant))
      stories.push({ name: variant, title, kind, scenario, variant });
  }
  const rows: (ComparedRun | undefined)[] = stories.map(() => undefined);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < stories.length; i = next++) {
      const story = stories[i];
      if (story === undefined) return;
      const experiment = await runAndExplain(story.scenario, {
        kubectl: true,
        ...(story.variant === undefined ? {} : { variant: story.variant }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        ...(options.timeScale === undefined ? {} : { timeScale: options.timeScale }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onProgress: (step) => options.onProgress?.(story.name, step),
      });
      const collision = story.kind === "base" ? await collisionOf(experiment.run, experiment.explanation) : undefined;
      rows[i] = { ...rowOf(story, experiment), ...(collision === undefined ? {} : { collision }) };
      experiment.run.close();
    }
  };
  await Promise.all([work(), work()]);
  const { name, title, about } = scenario;
  return {
    scenario: name,
    title,
    about: about.trim(),
    kernel: `Linux ${release()}`,
    rows: rows.flatMap((row) => (row === undefined ? [] : [row])),
  };
}

function rowOf(
  story: { readonly name: string; readonly title: string; readonly kind: ComparedRun["kind"] },
  { run, explanation, counted, verdict }: Experiment,
): ComparedRun {
  const { plan } = run;
  const { name, title, kind } = story;
  const text = (file: string): string =>
    existsSync(join(run.evidence, file)) ? readFileSync(join(run.evidence, file), "utf8") : "";
  const clients = plan.programs
    .filter((program) => program.name.startsWith("clients-"))
    .map(({ log }) => text(log))
    .join("\n");
  const kubectl = plan.programs.some((program) => program.name === "kubectl") ? text("kubectl.log") : undefined;
  const servers = plan.hosts
    .filter((host) => host.kind === "server")
    .map((host) => seriesOf(host.name, text(`${host.name}.log`), run.startedAtMs));
  return {
    name,
    title,
    kind,
    seed: plan.seed,
    timeScale: plan.timeScale,
    seconds: (run.endedAtMs - run.startedAtMs) / 1000,
    adapted: plan.adapted,
    opened: readdirSync(run.evidence).includes("sslkeys.log")
      ? count(text("sslkeys.log"), /^SERVER_TRAFFIC_SECRET_0 /gm)
      : 0,
    toldToGo: servers.reduce((sum, { told }) => sum + told, 0),
    challenged: Object.values(counted.challenges).reduce((sum, each) => sum + each, 0),
    lostInLogs: count(
      clients,
      /watch of \S+ ended with: .*(?:client connection lost|connection is lost|reset by peer|ECONNRESET)/g,
    ),
    notReady: nodesNotReady(run),
    ...(kubectl === undefined ? {} : { kubectl: kubectlWatch(kubectl) }),
    ...verdictWords(verdict.text),
    agrees: verdict.agrees,
    servers: servers.map(({ series }) => series),
    explanation,
    layout: {
      clients: placesOf(plan, "client"),
      nodes: [...placesOf(plan, "balancer"), ...placesOf(plan, "proxy")],
      servers: placesOf(plan, "server"),
    },
  };
}

const placesOf = (plan: LabPlan, kind: HostKind): readonly Place[] =>
  plan.hosts.flatMap((host) =>
    host.kind === kind && host.address !== undefined ? [{ name: host.name, address: host.address }] : [],
  );

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

function verdictWords(text: string): { readonly expected: string; readonly found: string } {
  const [, expected = "", found = ""] = /^expected: (.*?); found: (.*)$/s.exec(text) ?? [];
  return { expected, found };
}

/** The servers' own lines, each few seconds: connections open, GOAWAYs sent and requests taken so far. */
function seriesOf(
  name: string,
  log: string,
  startedAtMs: number,
): { readonly series: ServerSeries; readonly told: number } {
  const lines = [...log.matchAll(/^(\S+) INFO \S+ holds (\d+) told (\d+) spared \d+ requests (\d+)$/gm)];
  const points = lines.map(([, at = "", connections, , requests]) => ({
    at: Math.max(0, (Date.parse(at) - startedAtMs) / 1000),
    connections: Number(connections),
    requests: Number(requests),
  }));
  return { series: { name, points }, told: Number(lines.at(-1)?.[3] ?? 0) };
}
