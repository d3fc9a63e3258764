import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainEvidence } from "../../src/explain-evidence.ts";
import { accountOfCapture } from "../../src/lab/account-of-capture.ts";
import { examine } from "../../src/lab/doctor.ts";
import { nodesNotReady } from "../../src/lab/nodes-not-ready.ts";
import { type Experiment, runAndExplain } from "../../src/lab/run-and-explain.ts";
import { readScenarioFile } from "../../src/scenario-files.ts";

/** Scenario, variant or none, and whether links must have a delay for it. */
const STORIES: readonly (readonly [scenario: string, variant?: string | undefined, needs?: "delay"])[] = [
  ["goaway-behind-network-balancer"],
  ["goaway-behind-network-balancer", "preservation-off"],
  ["goaway-behind-network-balancer", "cross-zone-off"],
  ["goaway-behind-network-balancer", "exemption"],
  ["goaway-behind-network-balancer", "chance-low"],
  ["goaway-behind-network-balancer", "grace-and-health-check"],
  ["silent-idle-drop"],
  ["silent-idle-drop", "black-hole"],
  ["silent-idle-drop", "keepalive"],
  ["silent-idle-drop", "server-closes-first"],
  ["server-killed"],
  ["server-killed", "drained"],
  ["hairpin-loopback"],
  ["hairpin-loopback", "preservation-off"],
  ["keep-alive-race", undefined, "delay"],
  ["keep-alive-race", "server-outlives", "delay"],
  ["accepted-then-abandoned"],
];

const { canRun, examined, tools } = examine();
const missing = examined.filter(({ found, needed }) => needed && !found).map(({ what }) => what);

describe.skipIf(!canRun)(`on this kernel${canRun ? "" : ` (skipped, because of ${missing.join(", ")})`}`, () => {
  // Chance is the kernel's: a run may lack its incident, and one in five of the first story has a second claim beside the right one.
  for (const [scenario, variant, needs] of STORIES) {
    const name = `${scenario}${variant === undefined ? "" : `, ${variant}`}`;
    test.concurrent(name, { retry: 2, skip: needs === "delay" && tools.delay === "none" }, async () => {
      const experiment = await runAndExplain(readScenarioFile(scenario), {
        ...(variant === undefined ? {} : { variant }),
      });
      try {
        expect(experiment.run.problems).toEqual([]);
        expect(experiment.verdict.text, experiment.verdict.text).toSatisfy(() => experiment.verdict.agrees);
        const { notReady } = experiment.run.plan.expect;
        if (notReady !== undefined) expect(nodesNotReady(experiment.run) > 0, "nodes NotReady").toBe(notReady);
        await expectTheKernelsCount(experiment);
        await expectModestyFromOneSide(experiment);
      } finally {
        experiment.run.close();
      }
    });
  }
});

/** Who sent each RST, and each SYN on an open connection, are what the kernels counted, host by host; and a trace names no host that sent none. */
async function expectTheKernelsCount({ run, counted }: Experiment): Promise<void> {
  for (const { name, kind, address } of run.plan.hosts) {
    if (address === undefined || (kind !== "server" && kind !== "client")) continue;
    const account = await accountOfCapture(join(run.evidence, `${name}.pcap`), address);
    expect(account.resetsSent, `RSTs of ${name}`).toBe(counted.resetsSent[name]);
    if (kind === "server")
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
  expect(confidences).toContain("certain");
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
