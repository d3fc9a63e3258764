import { expect, test } from "vitest";
import { sampleRun } from "../../../tests/helpers/sample-run.ts";
import { KUBELETS, PLAIN, smallFleet } from "../../../tests/helpers/small-fleet.ts";
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
const options = { seeds: 8, mostSeeds: 16, grid: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02] };

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
  // Reconnects of the rolling update are counted too: the closed form has only those of the filter, and is not put beside them.
  expect(point?.measures.reconnectsPerSecondPerServer.theory).toBeUndefined();
  const chosen = found.curve.find(({ chance }) => chance === found.recommended);
  const ends = found.curve.filter(({ chance }) => chance === low || chance === high);
  expect(chosen?.verdict).toBe("met");
  expect(chosen?.seeds).toBeGreaterThanOrEqual(Math.max(...ends.map(({ seeds }) => seeds)));
  expect(ends.map(({ verdict }) => verdict)).toEqual(["met", "met"]);
  expect(found.jointConfidence).toBeCloseTo(0.95, 9);
  expect(found.notOneWay).toEqual([]);
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
  // A mitigation that meets the target in the way is held to the others too.
  for (const { point } of found.mitigations) expect(point.measures.halfLifeMs.verdict).toBeDefined();
  expect(found.mitigations.map(({ name }) => name)).not.toContain("grace-50s");
}, 120_000);

test("a fleet without a rolling update gets one for measuring; kubelets move slowly", async () => {
  const quiet = smallFleet({ durationMs: 60 * MINUTE, clients: { kubelets: { ...KUBELETS, count: 100 } } });
  const found = await calibrate(quiet, { halfLifeMs: MINUTE }, run, { ...options, seeds: 8, mostSeeds: 8 });
  expect(found.addedRollingUpdate).toBe(true);
  expect(found.range).toBeUndefined();
  expect(found.obstacles).toMatchObject([{ target: "halfLifeMs", chance: 0.02, why: "never", verdict: "missed" }]);
}, 120_000);

test("a time that seeds did not see to end is at least as long as they looked, and no longer by that", async () => {
  // The update ends after 6 min; half-lives of ln 2 / 0.002 = 5 min 47 s are seen by some seeds only in the 6 min that are left, of 23 min by none.
  const short: Fleet = { ...FLEET, durationMs: 12 * MINUTE };
  const at = { ...options, grid: [0.0005, 0.002], mostSeeds: 8 };
  const [slow, near] = (await calibrate(short, { halfLifeMs: 5 * MINUTE }, run, at)).curve;
  expect(slow?.measures.halfLifeMs).toMatchObject({ verdict: "missed", simulated: { statistic: "median", unseen: 8 } });
  expect(slow?.measures.halfLifeMs.simulated.value).toBe(Number.POSITIVE_INFINITY);
  const { unseen = 0, value = 0, observedMs = 0 } = near?.measures.halfLifeMs.simulated ?? {};
  expect(unseen).toBeGreaterThan(0);
  expect(value).toBeGreaterThan(observedMs * 0.75);
  const long = (await calibrate(short, { halfLifeMs: 60 * MINUTE }, run, at)).curve[0]?.measures.halfLifeMs;
  expect(long).toMatchObject({ verdict: "undecided", simulated: { unseen: 8 } });
  const tooShort: Fleet = { ...FLEET, durationMs: 4 * MINUTE };
  await expect(calibrate(tooShort, { halfLifeMs: MINUTE }, run, at)).rejects.toThrow(/rolling update ends/);
}, 120_000);

test("a chance at which next to nothing happens does not stand in the way of one that is met", async () => {
  const ports = { ...PLAIN, count: 40, connections: 8, portRange: [30_000, 40_000] as const };
  const roomy: Fleet = {
    ...FLEET,
    durationMs: 20 * MINUTE,
    story: [],
    expect: { fromMs: MINUTE },
    network: { ...FLEET.network, clients: { plain: ports } },
  };
  // At 1e-7 hardly a connection is opened: whether less than 0.5 % of them collide, nobody can say.
  const grid = [0.0000001, 0.01, 0.02];
  const found = await calibrate(roomy, { collisionsPerConnection: 0.005 }, run, { ...options, grid, mostSeeds: 8 });
  const [tiny] = found.curve;
  expect(tiny?.measures.collisionsPerConnection).toMatchObject({ verdict: "undecided" });
  expect(found.range?.high).toBe(0.02);
  expect(found.curve.find(({ chance }) => chance === found.recommended)?.verdict).toBe("met");
}, 120_000);

/** Port collisions in a run of a minute at each chance; the theory says that they grow with it. */
const collidingAt =
  (counts: Readonly<Record<number, number>>) =>
  async ({ network }: Fleet, seeds: readonly number[]): Promise<Simulation[]> =>
    seeds.map((seed) => sampleRun("base", seed, { collisions: counts[network.servers.goaway.chance] ?? 60 }));

test("a measure that goes against the theory: chances above a missed one that meet the target are found", async () => {
  const targets = { collisionsPerHour: 600 };
  const grid = [0.001, 0.002, 0.005, 0.01];
  const found = await calibrate(FLEET, targets, collidingAt({ 0.002: 1, 0.003: 1, 0.005: 1 }), { ...options, grid });
  expect(found.curve.map(({ chance, verdict }) => `${chance} ${verdict}`)).toEqual([
    "0.001 missed",
    "0.002 met",
    "0.003 met",
    "0.005 met",
    "0.01 missed",
  ]);
  expect(found).toMatchObject({ range: { low: 0.002, high: 0.005 }, recommended: 0.003, obstacles: [] });
  expect(found.notOneWay).toEqual(["collisionsPerHour"]);
  // Four chances were looked at to find them, so any of four may only have seemed to be met.
  expect(found.jointConfidence).toBeCloseTo(0.9, 9);
  const apart = await calibrate(FLEET, targets, collidingAt({ 0.002: 1, 0.01: 1 }), { ...options, grid });
  expect(apart.range).toEqual({ low: apart.recommended, high: apart.recommended });
  expect([0.002, 0.01]).toContain(apart.recommended);
  const none = await calibrate(FLEET, targets, collidingAt({}), { ...options, grid });
  expect(none.range).toBeUndefined();
  expect(none.obstacles).toMatchObject([{ target: "collisionsPerHour", why: "never", missedAt: 4 }]);
}, 60_000);

test("one seed has no interval of minutes, so it decides nothing; of counts it has one", async () => {
  const minute = async (_: Fleet, seeds: readonly number[]): Promise<Simulation[]> =>
    seeds.map((seed) => sampleRun("base", seed, { notReady: 1, collisions: 1 }));
  const one = { seeds: 1, mostSeeds: 1, grid: [0.001] };
  // 20 s NotReady in a minute: 480 min a day.
  const minutes = (await calibrate(FLEET, { notReadyMinutesPerDay: 1000 }, minute, one)).curve[0];
  expect(minutes?.measures.notReadyMinutesPerDay).toMatchObject({ verdict: "undecided", simulated: { value: 480 } });
  // One in a minute, or up to 5.6 of them.
  for (const [bound, verdict] of [
    [400, "met"],
    [200, "undecided"],
  ] as const) {
    const [point] = (await calibrate(FLEET, { collisionsPerHour: bound }, minute, one)).curve;
    expect(point?.verdict).toBe(verdict);
  }
}, 60_000);

test("targets must be given and make sense", async () => {
  await expect(calibrate(FLEET, {}, run)).rejects.toThrow(/no target/);
  await expect(calibrate(FLEET, { halfLifeMs: -1 }, run)).rejects.toThrow(/halfLifeMs can not be -1/);
});
