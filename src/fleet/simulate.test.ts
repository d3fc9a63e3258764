import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KUBELETS, KUBERNETES, PLAIN, smallFleet } from "../../tests/helpers/small-fleet.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import type { ApplicationBalancer, Scenario } from "../scenario/scenario.ts";
import { simulate } from "./simulate.ts";

function story(name: string, changes: Partial<Scenario> = {}): Omit<Scenario, "variants"> {
  const file = join(import.meta.dirname, `../../scenarios/${name}.yaml`);
  const { variants: _, ...base } = readScenario(file, readFileSync(file, "utf8"));
  return { ...base, ...changes };
}

/** A digest of every file that a simulation writes. */
function written(scenario: Omit<Scenario, "variants">, seed: number): Record<string, string> {
  const hashes = new Map<string, ReturnType<typeof createHash>>();
  const write = (file: string, bytes: Uint8Array): void => {
    const hash = hashes.get(file) ?? createHash("sha256");
    hashes.set(file, hash.update(bytes));
  };
  simulate(scenario, { seed, taps: { write } });
  return Object.fromEntries([...hashes].map(([file, hash]) => [file, hash.digest("hex")]));
}

test("same scenario and seed, same result and same bytes; another seed, others", () => {
  const scenario = story("server-killed", { durationMs: 150_000 });
  expect(simulate(scenario, { seed: 3 })).toEqual(simulate(scenario, { seed: 3 }));
  const bytes = written(scenario, 3);
  expect(Object.keys(bytes)).toContain("server-1.pcap");
  expect(Object.keys(bytes)).toContain("kubelet-0.log");
  expect(written(scenario, 3)).toEqual(bytes);
  expect(written(scenario, 4)).not.toEqual(bytes);
});

test("captures change nothing of what is simulated", () => {
  const scenario = story("hairpin-loopback", { durationMs: 60_000 });
  expect(simulate(scenario, { seed: 1, taps: { write: () => undefined } })).toEqual(simulate(scenario, { seed: 1 }));
});

test.each([
  "server-killed",
  "hairpin-loopback",
  "silent-idle-drop",
  "snat-port-exhaustion",
  "goaway-behind-network-balancer",
])("reading memory ahead of the events changes nothing: %s", (name) => {
  const scenario = story(name, { durationMs: 150_000 });
  const ahead = simulate(scenario, { seed: 5, lookAhead: true });
  expect(ahead).toEqual(simulate(scenario, { seed: 5, lookAhead: false }));
  expect(ahead.totals.requests).toBeGreaterThan(10);
});

test("series have one value for each step, and end with the connections that are open", () => {
  const scenario = story("rolling-update-imbalance", { durationMs: 30_500, story: [] });
  const result = simulate(scenario, { seed: 1, stepMs: 1000 });
  expect(result.gini).toHaveLength(31);
  const open = result.connections.reduce((sum, server) => sum + (server.at(-1) ?? 0), 0);
  // Three controllers and a hundred kubelets, one connection each.
  expect(open).toBe(103);
  expect(result.totals.connectionsOpened).toBe(103);
});

test("a rolling update without the goaway filter leaves the server that was restarted last nearly empty; with it connections spread", () => {
  const file = join(import.meta.dirname, "../../scenarios/rolling-update-imbalance.yaml");
  const { variants, ...base } = readScenario(file, readFileSync(file, "utf8"));
  const without = simulate(base, { seed: 1 });
  const filtered = simulate(variants["goaway-chance"]?.scenario as typeof base, { seed: 1 });
  const last = (result: typeof without): number[] => result.connections.map((server) => server.at(-1) ?? 0);
  expect(last(without).at(-1)).toBeLessThan(5);
  expect(Math.min(...last(filtered))).toBeGreaterThan(8);
  expect(filtered.gini.at(-1)).toBeLessThan((without.gini.at(-1) as number) / 2);
});

test("every connection that ends takes its rows with it", () => {
  const scenario = story("client-port-exhaustion", { durationMs: 60_000 });
  const once = simulate(scenario, { seed: 1 });
  expect(once.totals.connectsFailed).toBeGreaterThan(0);
  expect(once.totals.connectionsOpened).toBeGreaterThan(60);
  expect(once.connections[0]?.at(-1)).toBeLessThanOrEqual(2);
});

test("clients that connect to the servers themselves do not dial one that is stopped on purpose", () => {
  const scenario = smallFleet({
    durationMs: 300_000,
    balancer: null,
    chance: 0.05,
    clients: { plain: PLAIN },
    story: [{ what: "server-restart", atMs: 60_000, server: 1, downMs: 120_000 }],
  });
  const { connections, totals } = simulate(scenario, { seed: 1, stepMs: 1000 });
  expect(totals.connectsFailed).toBe(0);
  expect(connections[1]?.[70]).toBe(0);
  expect(connections[1]?.at(-1)).toBeGreaterThan(0);
});

test("traffic changes the groups' own requests, not the leases of kubelets", () => {
  const kubelets = { ...KUBELETS, count: 5, watches: { ...KUBELETS.watches, count: 0 } };
  const network = { kubernetes: KUBERNETES };
  const traffic = { what: "traffic", atMs: 60_000, forMs: 300_000, factor: 5 } as const;
  const parts = { durationMs: 600_000, chance: 0, network };
  const requests = (
    clients: NonNullable<Parameters<typeof smallFleet>[0]>["clients"],
    story: Scenario["story"],
  ): number => simulate(smallFleet({ ...parts, clients: clients ?? {}, story }), { seed: 1 }).totals.requests;
  expect(requests({ kubelets }, [traffic])).toBe(requests({ kubelets }, []));
  const plain = { ...PLAIN, count: 5 };
  expect(requests({ plain }, [traffic]) / requests({ plain }, [])).toBeCloseTo(3, 0);
});

const PROXY: ApplicationBalancer = {
  kind: "application",
  idleTimeoutMs: 600_000,
  poolIdleTimeoutMs: 60_000,
  responseTimeoutMs: 60_000,
  retries: "never",
  goawayAfterRequests: 0,
  drain: "one-phase",
  healthCheck: { intervalMs: 10_000, timeoutMs: 5000, healthyThreshold: 2, unhealthyThreshold: 2 },
  deregistrationDelayMs: 60_000,
};

test("the end of a client's earlier connection at a balancer's node is not that of the one it dialled meanwhile", () => {
  // Each request waits longer than its client, which closes and dials again at the same instant.
  const scenario = smallFleet({
    durationMs: 60_000,
    servers: { protocol: "http1", serviceTimeMs: 5000 },
    clients: { plain: { ...PLAIN, count: 4, requests: { ...PLAIN.requests, everyMs: 200 }, requestTimeoutMs: 1000 } },
    network: { balancer: PROXY },
  });
  const { totals } = simulate(scenario, { seed: 1 });
  expect(totals.connectionsLost).toBeGreaterThan(100);
  expect(totals.lostMs).toBe(0);
});

test("a check's timeout may be as long as the time to the next; a network balancer's passes where a process stands still, an application balancer's does not", () => {
  const failed = (what: "server-lost" | "server-hung", balancer: "network" | "application"): number => {
    const healthCheck = { intervalMs: 5000, timeoutMs: 5000, healthyThreshold: 2, unhealthyThreshold: 2 };
    const scenario = smallFleet({
      durationMs: 240_000,
      chance: 0,
      servers: { count: 2, protocol: "http1" },
      balancer: { healthCheck },
      // A connection for each request.
      clients: { plain: { ...PLAIN, count: 20, poolIdleTimeoutMs: 1, connectTimeoutMs: 2000, requestTimeoutMs: 2000 } },
      ...(balancer === "application" ? { network: { balancer: { ...PROXY, healthCheck } } } : {}),
      story: [
        what === "server-lost"
          ? { what, atMs: 60_000, server: 1, downMs: 170_000 }
          : { what, atMs: 60_000, server: 1, forMs: 170_000 },
      ],
    });
    const { totals } = simulate(scenario, { seed: 1 });
    return totals.requestsFailed + totals.connectsFailed;
  };
  // Half of 20 requests a second go there until the balancer knows, after 15 s at most.
  expect(failed("server-lost", "network")).toBeLessThan(300);
  expect(failed("server-lost", "application")).toBeLessThan(300);
  expect(failed("server-hung", "application")).toBeLessThan(300);
  expect(failed("server-hung", "network")).toBeGreaterThan(500);
});

test("a server that stands still resets nobody, however long a request has waited there", () => {
  const scenario = smallFleet({
    durationMs: 60_000,
    chance: 0,
    servers: { count: 1, serviceTimeMs: 50, requestDeadlineMs: 5000 },
    balancer: null,
    clients: { plain: { ...PLAIN, count: 20, requests: { ...PLAIN.requests, everyMs: 100 } } },
    story: [{ what: "server-hung", atMs: 20_000, server: 0, forMs: 15_000 }],
  });
  const { totals } = simulate(scenario, { seed: 1 });
  expect(totals.requests).toBeGreaterThan(5000);
  expect([totals.connectionsLost, totals.requestsFailed]).toEqual([0, 0]);
});

test("clients of a balancer's node that is gone are lost from then on", () => {
  const scenario = smallFleet({
    durationMs: 300_000,
    chance: 0,
    clients: { plain: { ...PLAIN, count: 6 } },
    network: { balancer: PROXY },
    story: [{ what: "balancer-node-lost", atMs: 150_000, node: 0, forMs: 60_000, dnsMs: 10_000 }],
  });
  const { totals } = simulate(scenario, { seed: 1 });
  expect(totals.connectionsLost).toBeGreaterThan(0);
  // The health check's 30 s and 15 s after the last frame.
  expect(totals.lostMs / totals.connectionsLost).toBeLessThanOrEqual(45_100);
  expect(totals.lostMs / totals.connectionsLost).toBeGreaterThan(40_000);
});
