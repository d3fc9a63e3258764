import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withChance } from "../src/fleet/calibrate/alter-scenario.ts";
import { simulate } from "../src/fleet/simulate.ts";
import type { Simulation } from "../src/fleet/simulation.ts";
import { spread } from "../src/fleet/statistics/estimate.ts";
import { studentTail } from "../src/fleet/statistics/student-t.ts";
import { compareMeans } from "../src/fleet/statistics/welch.ts";
import { simulateThinned } from "../src/fleet/thinned/simulate-thinned.ts";
import { readScenario } from "../src/scenario/read-scenario.ts";
import type { Scenario } from "../src/scenario/scenario.ts";
import { CONTROLLER, KUBELETS, KUBERNETES, PLAIN, smallFleet } from "./support/small-fleet.ts";

/*
 * Is a thinned simulation the full one, in law? Both run small fleets and the built-in stories with many seeds, and every total and the
 * course of the imbalance must have the same mean. Small ranges of ports and a high chance make what is rare in life frequent enough to
 * compare.
 *
 * If the two have one law, their means differ by chance alone: by so many pooled standard errors that Student's t calls it less likely than
 * 1 % divided by the number of comparisons (Bonferroni; all fleets together). A difference of less than 0.3 % is none: what is on its way
 * at the beginning and the end of a step is not counted the same. Seeds are fixed, so the outcome is too. Two tests show that the
 * comparison notices a model that is a little wrong.
 */
const MINUTE = 60_000;
const SHORT_WATCHES = { count: 1, minMs: MINUTE, maxMs: 2 * MINUTE };
const FEW_PORTS = [40_000, 40_127] as const;
const kubernetes = { kubernetes: KUBERNETES };

const FLEETS: Readonly<Record<string, Scenario>> = {
  "plain clients on few ports: collisions, and losses that a later reset ends": smallFleet({
    durationMs: 12 * MINUTE,
    chance: 0.02,
    clients: { plain: { ...PLAIN, count: 6, connections: 4, portRange: [40_000, 40_031] } },
  }),
  "the chance changes, then the traffic": smallFleet({
    durationMs: 12 * MINUTE,
    chance: 0.001,
    clients: { plain: { ...PLAIN, count: 12, requests: { ...PLAIN.requests, spacing: "steady" } } },
    story: [
      { what: "goaway-chance", atMs: 3 * MINUTE, chance: 0.02 },
      { what: "traffic", atMs: 6 * MINUTE, forMs: 3 * MINUTE, factor: 3 },
    ],
  }),
  "kubelets and a controller whose watch hangs now and then": smallFleet({
    durationMs: 20 * MINUTE,
    chance: 0.02,
    clients: {
      kubelets: { ...KUBELETS, count: 20 },
      controller: { ...CONTROLLER, connections: 6, portRange: FEW_PORTS, watches: SHORT_WATCHES },
    },
    network: kubernetes,
  }),
  "a rolling update, controllers on the servers' hosts: hairpins": smallFleet({
    durationMs: 20 * MINUTE,
    chance: 0.01,
    clients: {
      kubelets: { ...KUBELETS, count: 30 },
      controllers: { ...CONTROLLER, hosts: "servers", count: 2, connections: 3 },
    },
    network: kubernetes,
    story: [{ what: "rolling-update", atMs: 100_000, stepMs: MINUTE, downMs: 20_000 }],
  }),
  "a server killed, another one lost": smallFleet({
    durationMs: 10 * MINUTE,
    chance: 0.002,
    clients: { kubelets: { ...KUBELETS, count: 30 }, controller: { ...CONTROLLER, connections: 3 } },
    network: kubernetes,
    story: [
      { what: "server-killed", atMs: 100_000, server: 1, downMs: MINUTE },
      { what: "server-lost", atMs: 5 * MINUTE, server: 2, downMs: MINUTE },
    ],
  }),
  "a balancer node lost": smallFleet({
    durationMs: 10 * MINUTE,
    chance: 0.002,
    clients: { kubelets: { ...KUBELETS, count: 30 }, controller: { ...CONTROLLER, connections: 3 } },
    network: kubernetes,
    story: [{ what: "balancer-node-lost", atMs: 100_000, node: 1, forMs: 2 * MINUTE, dnsMs: MINUTE }],
  }),
  "many clients behind one translating box": smallFleet({
    durationMs: 10 * MINUTE,
    chance: 0.02,
    clients: { plain: { ...PLAIN, count: 30, nat: { addresses: 1, portRange: [20_000, 20_255] } } },
  }),
  "replies that keep to the first flow": smallFleet({
    durationMs: 20 * MINUTE,
    chance: 0.02,
    balancer: { replyPath: "first" },
    clients: { plain: { ...PLAIN, count: 4, connections: 4, portRange: FEW_PORTS, watches: SHORT_WATCHES } },
  }),
  "preservation off, cross-zone off": smallFleet({
    durationMs: 20 * MINUTE,
    chance: 0.02,
    balancer: { preserveClientIp: false, crossZone: false },
    clients: { plain: { ...PLAIN, count: 10, portRange: FEW_PORTS, watches: SHORT_WATCHES } },
  }),
  "no balancer": smallFleet({
    durationMs: 20 * MINUTE,
    chance: 0.01,
    balancer: null,
    clients: { plain: { ...PLAIN, count: 20, watches: SHORT_WATCHES } },
    story: [{ what: "server-restart", atMs: 5 * MINUTE, server: 0, downMs: 30_000 }],
  }),
};

/** Built-in stories and their variants that can be thinned, and how many full simulations of each: as many as show a difference of a fifth. */
const STORIES: readonly (readonly [story: string, variant: string, fullSeeds: number])[] = [
  ["goaway-behind-network-balancer", "base", 40],
  ["goaway-behind-network-balancer", "preservation-off", 12],
  ["goaway-behind-network-balancer", "grace-and-health-check", 40],
  ["goaway-behind-network-balancer", "first-path", 40],
  ["goaway-behind-network-balancer", "behind-nat", 24],
  ["hairpin-loopback", "base", 40],
  ["hairpin-loopback", "exemption", 24],
  ["balancer-node-lost", "base", 24],
  ["rolling-update-imbalance", "goaway-chance", 6],
  ["server-killed", "base", 12],
  ["server-killed", "drained", 12],
  ["silent-server", "health-check", 24],
];
const STORY = STORIES.map(([story, variant, fullSeeds]) => ({
  name: `${story}, ${variant}`,
  fleet: builtIn(story, variant),
  fullSeeds,
}));
const ALL = [...Object.entries(FLEETS).map(([name, fleet]) => ({ name, fleet, fullSeeds: 12 })), ...STORY];

const THINNED_SEEDS = 60;
const stepMs = 10_000;

test.each(ALL)(
  "$name",
  ({ fleet, fullSeeds }) => {
    const full = seeds(1, fullSeeds).map((seed) => simulate(fleet, { seed, stepMs }));
    const thinned = seeds(1001, THINNED_SEEDS).map((seed) => simulateThinned(fleet, { seed, stepMs }));
    const different = Object.keys(MEASURES).filter((name) => {
      const [a, b] = samples(name, full, thinned);
      return Math.abs(mean(a) - mean(b)) >= 0.003 * mean(a) && sameMean(a, b) < level();
    });
    const figures = different.map((name) => ({ name, means: samples(name, full, thinned).map(mean) }));
    expect(figures).toEqual([]);
    // Something happened.
    expect(mean(thinned.map(({ totals }) => totals.reconnects + totals.connectionsLost))).toBeGreaterThan(0);
  },
  300_000,
);

test.each([
  [
    "plain clients on few ports",
    FLEETS["plain clients on few ports: collisions, and losses that a later reset ends"],
    12,
  ],
  ["goaway-behind-network-balancer", builtIn("goaway-behind-network-balancer", "base"), 40],
] as const)(
  "the comparison notices a chance that is a quarter too high: %s",
  (_, scenario, fullSeeds) => {
    const fleet = scenario as Scenario;
    const chance = 1.25 * fleet.network.servers.goaway.chance;
    const full = seeds(1, fullSeeds).map((seed) => simulate(fleet, { seed, stepMs }));
    const wrong = { ...withChance(fleet, chance), variants: {} };
    const thinned = seeds(1001, THINNED_SEEDS).map((seed) => simulateThinned(wrong, { seed, stepMs }));
    expect(sameMean(...samples("goaways", full, thinned))).toBeLessThan(level());
  },
  180_000,
);

test("the same seed gives the same simulation, another one another", () => {
  const fleet = FLEETS["kubelets and a controller whose watch hangs now and then"] as Scenario;
  const one = simulateThinned(fleet, { seed: 7 });
  expect(simulateThinned(fleet, { seed: 7 })).toEqual(one);
  expect(simulateThinned(fleet, { seed: 8 }).totals).not.toEqual(one.totals);
});

test("what cannot be thinned is refused, with the way out", () => {
  const hung = smallFleet({ story: [{ what: "server-hung", atMs: 0, server: 0, forMs: 1000 }] });
  expect(() => simulateThinned(hung, { seed: 1 })).toThrow(/server that hangs/);
  expect(() => simulateThinned(smallFleet({ servers: { protocol: "http1" } }), { seed: 1 })).toThrow(/HTTP\/1/);
  const crowded = smallFleet({ servers: { count: 1, capacity: 1, serviceTimeMs: 95 } });
  expect(() => simulateThinned(crowded, { seed: 1 })).toThrow(/95 % busy/);
});

const MEASURES: Readonly<Record<string, (run: Simulation) => number>> = {
  requests: ({ totals }) => totals.requests,
  requestsFailed: ({ totals }) => totals.requestsFailed,
  connectionsOpened: ({ totals }) => totals.connectionsOpened,
  reconnects: ({ totals }) => totals.reconnects,
  connectsFailed: ({ totals }) => totals.connectsFailed,
  goaways: ({ totals }) => totals.goaways,
  collisions: ({ totals }) => totals.collisions,
  connectionsLost: ({ totals }) => totals.connectionsLost,
  lostMs: ({ totals }) => totals.lostMs,
  lostUnnoticed: ({ totals }) => totals.lostUnnoticed,
  missedLeaseUpdates: ({ totals }) => totals.missedLeaseUpdates,
  notReady: ({ totals }) => totals.notReady,
  notReadyMs: ({ totals }) => totals.notReadyMs,
  relists: ({ totals }) => totals.relists,
  relistBytes: ({ totals }) => totals.relistBytes,
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((quarter) => [
      [`gini, quarter ${quarter}`, (run: Simulation) => quarterMean(run.gini, quarter)],
      [`largest over mean, quarter ${quarter}`, (run: Simulation) => quarterMean(run.maxOverMean, quarter)],
      [
        `connections, quarter ${quarter}`,
        (run: Simulation) => mean(run.connections.map((row) => quarterMean(row, quarter))),
      ],
    ]),
  ),
};

function samples(name: string, full: readonly Simulation[], thinned: readonly Simulation[]): [number[], number[]] {
  const measure = MEASURES[name] as (run: Simulation) => number;
  return [full.map(measure), thinned.map(measure)];
}

/** Student's test with the larger of the pooled and Welch's standard error: a sample that happens to show no rare event claims no certainty. */
function sameMean(a: readonly number[], b: readonly number[]): number {
  const { difference, standardError } = compareMeans(a, b);
  if (difference === 0) return 1;
  const within = (a.length - 1) * spread(a).variance + (b.length - 1) * spread(b).variance;
  const pooled = Math.sqrt((within / (a.length + b.length - 2)) * (1 / a.length + 1 / b.length));
  return studentTail(difference / Math.max(pooled, standardError), a.length - 1);
}

const quarterMean = (series: Float64Array, quarter: number): number =>
  mean([...series.subarray((quarter * series.length) / 4, ((quarter + 1) * series.length) / 4)]);

/** What is less likely than this did not come by chance. */
const level = (): number => 0.01 / (Object.keys(MEASURES).length * ALL.length);

function builtIn(name: string, variant: string): Scenario {
  const file = join(import.meta.dirname, "../scenarios", `${name}.yaml`);
  const scenario = readScenario(file, readFileSync(file, "utf8"));
  const chosen = variant === "base" ? scenario : scenario.variants[variant]?.scenario;
  if (chosen === undefined) throw new Error(`${name} has no variant ${variant}`);
  return { ...chosen, variants: {} };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
