import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readScenario } from "../scenario/read-scenario.ts";
import type { Scenario } from "../scenario/scenario.ts";
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
