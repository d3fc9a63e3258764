import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainEvidence } from "../../src/explain-evidence.ts";
import { accountOfCapture } from "../../src/lab/account-of-capture.ts";
import { examine } from "../../src/lab/doctor.ts";
import { nodesNotReady } from "../../src/lab/nodes-not-ready.ts";
import { type Experiment, runAndExplain } from "../../src/lab/run-and-explain.ts";
import { isTooLate } from "../../src/lab/run-lab.ts";
import type { ProxySoftware } from "../../src/netns/proxy/proxy.ts";
import { BUILT_IN } from "../../src/scenario/built-in.ts";
import { readScenarioFile } from "../../src/scenario-files.ts";

/** What is not run here, and why. */
const SKIPPED: Readonly<Record<string, string>> = {
  "cluster-5000-nodes": "it is there for its size, of which the lab keeps six kubelets",
};

/** The stories whose loss comes from the time that packets are under way. */
const NEEDS_DELAY: ReadonlySet<string> = new Set(["keep-alive-race", "goaway-mishandled"]);

interface Told {
  readonly scenario: string;
  readonly variant?: string;
  readonly proxy?: ProxySoftware;
  /** Two to five requests meet the close in a run (nginx: 16): one run in twenty has none, and is followed by another. */
  readonly rare?: boolean;
}

/** Every scenario and every variant, and other software for some. */
const STORIES: readonly Told[] = [
  ...BUILT_IN.filter((name) => SKIPPED[name] === undefined).flatMap((scenario): readonly Told[] => [
    { scenario },
    ...Object.keys(readScenarioFile(scenario).variants).map((variant) => ({ scenario, variant })),
  ]),
  { scenario: "keep-alive-race", proxy: "haproxy" },
  { scenario: "keep-alive-race", variant: "server-outlives", proxy: "haproxy" },
  { scenario: "keep-alive-race", proxy: "nghttpx", rare: true },
  { scenario: "goaway-mishandled", variant: "client-retries", proxy: "nghttpx" },
];

const { canRun, examined, tools } = examine();
const missing = examined.filter(({ found, needed }) => needed && !found).map(({ what }) => what);

describe.skipIf(!canRun)(`on this kernel${canRun ? "" : ` (skipped, because of ${missing.join(", ")})`}`, () => {
  for (const { scenario, variant, proxy, rare } of STORIES) {
    const name = [scenario, variant, proxy].filter((part) => part !== undefined).join(", ");
    const delayed = NEEDS_DELAY.has(scenario) && tools.delay === "none";
    const skip = delayed || (proxy !== undefined && !tools.proxies.includes(proxy));
    test.concurrent(name, { timeout: RUNS * 120_000, skip }, async () => {
      for (let left = RUNS; left > 0; left -= 1) {
        const experiment = await runAndExplain(readScenarioFile(scenario), {
          brief: true,
          ...(variant === undefined ? {} : { variant }),
          ...(proxy === undefined ? {} : { proxy }),
        });
        try {
          // Of every run, also of one that is followed by another.
          const { run } = experiment;
          expect(run.problems).toEqual([]);
          const quiet = Object.values(experiment.counted.resetsSent).every((count) => count === 0);
          if ((isTooLate(run) || (rare === true && quiet)) && left > 1) continue;
          expect(experiment.verdict.text, experiment.verdict.text).toSatisfy(() => experiment.verdict.agrees);
          await expectTheKernelsCount(experiment);
          await expectModestyFromOneSide(experiment);
          const { notReady } = run.plan.expect;
          const became = nodesNotReady(run) > 0;
          if (notReady !== true || became || left === 1) {
            if (notReady !== undefined) expect(became, "nodes NotReady").toBe(notReady);
            return;
          }
        } finally {
          experiment.run.close();
        }
      }
    });
  }
});

/**
 * Runs at the most until a node is NotReady. Connections are lost in every run; whether one is hit that carries the watch of the leases, and its successor
 * outlives the health check, is chance, the kernel's and the programs': 3 runs of 13 had none on the kernel, 16 of 40 in the simulator. So many in a row have
 * none once in a thousand.
 */
const RUNS = 8;

/** Who sent each RST, and each SYN on an open connection, are what the kernels counted, host by host; and a trace names no host that sent none. */
async function expectTheKernelsCount({ run, counted }: Experiment): Promise<void> {
  const unplugged = run.plan.story.flatMap((step) => (step.kind === "run" ? step.command.argv : []));
  for (const { name, kind, address, link } of run.plan.hosts) {
    if (address === undefined || link === undefined || (kind !== "server" && kind !== "client")) continue;
    // What a kernel says to a cable that leads nowhere is counted and not captured.
    if (unplugged.includes(link)) continue;
    const account = await accountOfCapture(join(run.evidence, `${name}.pcap`), address);
    expect(account.resetsSent, `RSTs of ${name}`).toBe(counted.resetsSent[name]);
    // A new connection that is refused repeats its SYN, and each is challenged; the survey counts the first.
    if (kind === "server" && run.plan.expect.variant === "new-connection-refused")
      expect(account.synsOnOpen, `SYNs on open connections of ${name}`).toBeLessThanOrEqual(
        counted.challenges[name] ?? 0,
      );
    else if (kind === "server")
      expect(account.synsOnOpen, `SYNs on open connections of ${name}`).toBe(counted.challenges[name]);
    const traced = counted.resets?.filter(({ from }) => from.startsWith(`${address}:`));
    if (traced !== undefined && account.resetsSent === 0) expect(traced, name).toEqual([]);
  }
}

/**
 * Where client and server were both captured, the cause is certain. A server's capture alone shows one destination where the client has two: nothing in
 * it proves that they are two.
 */
async function expectModestyFromOneSide({ run, explanation }: Experiment): Promise<void> {
  const { cause } = run.plan.expect;
  if (cause === undefined) return;
  const confidences = explanation.incidents
    .filter((incident) => incident.cause === cause)
    .map(({ confidence }) => confidence);
  // What has vanished has nothing more to show: a reset may come for all that a capture tells. Behind a box that translates, the server may have reset what was left of the
  // old connection before it was used again.
  const doubted = cause === "peer-vanished" || run.plan.hosts.some(({ kind }) => kind === "nat");
  expect(confidences).toContain(doubted && !confidences.includes("certain") ? "likely" : "certain");
  if (cause !== "backend-tuple-collision") return;
  for (const { name } of run.plan.hosts.filter(({ kind }) => kind === "server")) {
    const alone = await explainEvidence([join(run.evidence, `${name}.pcap`)]);
    const claims = alone.incidents.filter((incident) => incident.cause === cause);
    expect(
      claims.map(({ confidence }) => confidence),
      name,
    ).not.toContain("certain");
  }
}
