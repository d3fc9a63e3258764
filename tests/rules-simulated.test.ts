import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainEvidence } from "../src/explain-evidence.ts";
import { simulate } from "../src/fleet/simulate.ts";
import type { SimulationTotals } from "../src/fleet/simulation.ts";
import { RULES } from "../src/path/rule/index.ts";
import type { Scenario } from "../src/scenario/scenario.ts";
import { changeOf, type Setting } from "../src/scenario/settings.ts";
import { loadScenario } from "../src/scenario-files.ts";

/** One story told twice: with the values that the rule objects to, and with those that it asks for. */
interface Shown {
  readonly scenario: string;
  readonly unsafe?: readonly Setting[];
  /** The variant, or the settings, with which the rule is content. */
  readonly safe: string | readonly Setting[];
  /** For both, so that a story that goes on for long is short. */
  readonly both?: readonly Setting[];
  /** The rule is about how late a loss is noticed: it happens with either, and nodes are NotReady with the unsafe values only. */
  readonly late?: true;
  /** Where the story's cause is another than those that the rule names. */
  readonly cause?: string;
}

const FIVE_MINUTES: readonly Setting[] = [{ path: "duration", value: "5m" }];
const keepalive = (idle: string): readonly Setting[] => [
  { path: "network.clients.api-gateway.keepalive.idle", value: idle },
  { path: "network.clients.api-gateway.keepalive.interval", value: "10s" },
];

/** Rules about packets, with the stories that show what they predict. */
const SHOWN: Readonly<Record<string, readonly Shown[]>> = {
  "keep-alive-order": [{ scenario: "keep-alive-race", safe: "server-outlives" }],
  "box-forgets-first": [
    { scenario: "silent-idle-drop", safe: "server-closes-first" },
    { scenario: "silent-idle-drop", safe: "client-closes-first" },
  ],
  "keepalive-too-slow": [{ scenario: "silent-idle-drop", unsafe: keepalive("2h"), safe: keepalive("60s") }],
  "no-health-check": [{ scenario: "silent-server", safe: "health-check", late: true, cause: "peer-vanished" }],
  "slow-health-check": [
    {
      scenario: "goaway-behind-network-balancer",
      safe: "grace-and-health-check",
      late: true,
      cause: "backend-tuple-collision",
    },
  ],
  "goaway-collision": [
    { scenario: "goaway-behind-network-balancer", safe: "preservation-off", both: FIVE_MINUTES },
    { scenario: "goaway-behind-network-balancer", safe: "cross-zone-off", both: FIVE_MINUTES },
    { scenario: "goaway-behind-network-balancer", safe: "chance-low", both: FIVE_MINUTES },
  ],
  "hairpin-prone": [{ scenario: "hairpin-loopback", safe: "preservation-off" }],
  // The two ends of the rule: a server that waits for nothing, while the balancer's health check needs two failures, and one that stops after the
  // balancer has stopped sending. A wait between them can not be said in a scenario.
  "drain-before-deregistration": [
    {
      scenario: "server-killed",
      safe: "drained",
      both: [
        { path: "duration", value: "200s" },
        { path: "network.clients.kubelet.count", value: 10 },
      ],
    },
  ],
  "port-range-too-small": [
    { scenario: "snat-port-exhaustion", safe: "more-ports" },
    { scenario: "client-port-exhaustion", safe: "reuse" },
  ],
  "connection-lifetime": [
    {
      scenario: "goaway-mishandled",
      both: [{ path: "duration", value: "2m" }],
      safe: [{ path: "network.balancer.goawayAfterRequests", value: 100_000 }],
    },
  ],
};

/** Rules that no story shows, and why. */
const NOT_SHOWN: Readonly<Record<string, string>> = {
  "opposite-demands":
    "Two rules that contradict each other at one server: keep-alive-order and box-forgets-first, each shown. A scenario has one balancer, and this takes two boxes on one path.",
  "ping-not-activity":
    "A proxy ends a stream; no connection is lost. The simulator's proxies have no limit on silent streams.",
  "ping-too-fast":
    "A server's own count of PINGs, told in GOAWAY ENHANCE_YOUR_CALM: grpc-go's server counts, and neither the simulator's servers nor the lab's (Node.js) do. What explain makes of such a GOAWAY is shown by the traces of goaway-error.",
  "server-contradiction":
    "Two settings of one program against each other; what comes of it is shown under keep-alive-order.",
};

test("every rule is shown by a story, or it is said why not", () => {
  expect([...Object.keys(SHOWN), ...Object.keys(NOT_SHOWN)].sort()).toEqual(RULES.map(({ id }) => id).sort());
});

const all = Object.entries(SHOWN).flatMap(([rule, stories]) => stories.map((shown) => ({ rule, ...shown })));

describe.each(all)("$rule: $scenario", ({ rule, scenario, unsafe = [], safe, both = [], late, cause }) => {
  const causes = cause === undefined ? (RULES.find(({ id }) => id === rule)?.causes ?? []) : [cause];

  test("is lost with the unsafe values", { timeout: 120_000 }, async () => {
    const { claims, totals } = await told(await loadScenario(scenario, changeOf([...both, ...unsafe])));
    expect(claims.some((claim) => causes.includes(claim))).toBe(true);
    if (late) expect(totals.notReady).toBeGreaterThan(0);
  });

  test("is not lost with the fixed ones", { timeout: 120_000 }, async () => {
    const variant = typeof safe === "string" ? safe : undefined;
    const read = await loadScenario(scenario, changeOf([...both, ...(typeof safe === "string" ? [] : safe)]));
    const story = variant === undefined ? read : read.variants[variant]?.scenario;
    if (story === undefined) throw new Error(`${scenario} has no variant ${variant}`);
    const { claims, totals } = await told(story);
    if (late) expect(totals.notReady).toBe(0);
    else expect(claims).toEqual([]);
  });
});

/** 2026-01-05T08:00:00Z: when a simulation begins. */
const EPOCH = 1_767_600_000_000_000_000n;

/** What `explain` finds in the captures and logs of one simulation. */
async function told(
  story: Omit<Scenario, "variants">,
): Promise<{ readonly claims: readonly string[]; readonly totals: SimulationTotals }> {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    const write = (file: string, bytes: Uint8Array): void => appendFileSync(join(folder, file), bytes);
    const { totals } = simulate(story, { seed: 1, taps: { write } });
    const { incidents } = await explainEvidence([folder]);
    const from = EPOCH + BigInt((story.expect.fromMs ?? 0) * 1e6);
    const claims = incidents
      .filter(
        ({ cause, confidence, at, until = at }) =>
          cause !== "inconclusive" && confidence !== "possible" && until >= from,
      )
      .map(({ cause }) => cause);
    return { claims, totals };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
