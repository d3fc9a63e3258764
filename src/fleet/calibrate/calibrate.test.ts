import { expect, test } from "vitest";
import { KUBELETS, PLAIN, smallFleet } from "../../../tests/support/small-fleet.ts";
import type { Simulation } from "../simulation.ts";
import { simulateThinned } from "../thinned/simulate-thinned.ts";
import type { Fleet } from "./alter-scenario.ts";
import { calibrate } from "./calibrate.ts";

const MINUTE = 60_000;

/** The real simulation, in the order that the machine likes: backwards. */
const run = async (fleet: Fleet, seeds: readonly number[]): Promise<Simulation[]> =>
  [...seeds].reverse().map((seed) => simulateThinned({ ...fleet, variants: {} }, { seed, stepMs: 10_000 }));

const FLEET: Fleet = smallFleet({
  durationMs: 60 * MINUTE,
  clients: { plain: { ...PLAIN, count: 40, connections: 8, portRange: [30_000, 34_095] } },
  story: [{ what: "rolling-update", atMs: MINUTE, stepMs: MINUTE, downMs: 20_000 }],
});
const options = { seeds: 4, mostSeeds: 8, grid: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02] };

test("a range, with a recommendation inside, that the closed form agrees with", async () => {
  const found = await calibrate(FLEET, { halfLifeMs: 5 * MINUTE, reconnectsPerSecondPerServer: 0.5 }, run, options);
  expect(found.obstacles).toEqual([]);
  const { low = 0, high = 0 } = found.range ?? {};
  // ln 2 / (c · 1/s) = 300 s at c = 0.0023; 320 connections · c / 5 servers = 0.5/s at c = 0.0078.
  expect(low).toBeGreaterThan(0.0018);
  expect(low).toBeLessThan(0.0036);
  expect(high).toBeGreaterThan(0.006);
  expect(high).toBeLessThan(0.0086);
  expect(found.recommended).toBeGreaterThanOrEqual(low);
  expect(found.recommended).toBeLessThanOrEqual(high);
  const point = found.curve.find(({ chance }) => chance === 0.005);
  expect(point?.verdict).toBe("met");
  expect(point?.measures.halfLifeMs.theory).toBeCloseTo((1000 * Math.LN2) / 0.005, 6);
  expect(point?.measures.collisionsPerHour.verdict).toBeUndefined();
  expect(found.curve.map(({ chance }) => chance)).toEqual(
    found.curve.map(({ chance }) => chance).sort((a, b) => a - b),
  );
  expect(found.addedRollingUpdate).toBe(false);
  expect(found.runs).toBe(found.curve.reduce((sum, { seeds }) => sum + seeds, 0));
}, 120_000);

test("no chance does: which target is in the way, and which mitigation would help", async () => {
  const clients = { plain: { ...PLAIN, count: 20, connections: 8, portRange: [30_000, 30_127] as const } };
  const crowded: Fleet = { ...FLEET, network: { ...FLEET.network, clients } };
  const targets = { halfLifeMs: 5 * MINUTE, collisionsPerConnection: 0.002 };
  const found = await calibrate(crowded, targets, run, options);
  expect(found.range).toBeUndefined();
  expect(found.obstacles.map(({ target, why }) => ({ target, why }))).toEqual([
    { target: "collisionsPerConnection", why: "never" },
  ]);
  const helps = found.mitigations.filter((trial) => trial.helps.length > 0).map(({ name }) => name);
  expect(helps).toContain("preservation-off");
  expect(helps).toContain("cross-zone-off");
  expect(helps).toContain("more-ports");
  expect(found.mitigations.map(({ name }) => name)).not.toContain("grace-50s");
}, 120_000);

test("a fleet without a rolling update gets one for measuring; kubelets move slowly", async () => {
  const quiet = smallFleet({ durationMs: 60 * MINUTE, clients: { kubelets: { ...KUBELETS, count: 100 } } });
  const found = await calibrate(quiet, { halfLifeMs: MINUTE }, run, { ...options, seeds: 2, mostSeeds: 2 });
  expect(found.addedRollingUpdate).toBe(true);
  expect(found.range).toBeUndefined();
  expect(found.obstacles).toMatchObject([{ target: "halfLifeMs", chance: 0.02, why: "never", verdict: "missed" }]);
}, 120_000);

test("targets must be given and make sense", async () => {
  await expect(calibrate(FLEET, {}, run)).rejects.toThrow(/no target/);
  await expect(calibrate(FLEET, { halfLifeMs: -1 }, run)).rejects.toThrow(/halfLifeMs can not be -1/);
});
