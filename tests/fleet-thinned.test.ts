import { expect, test } from "vitest";
import { withChance } from "../src/fleet/calibrate/alter-scenario.ts";
import { simulate } from "../src/fleet/simulate.ts";
import type { Simulation } from "../src/fleet/simulation.ts";
import { spread } from "../src/fleet/statistics/estimate.ts";
import { studentTail } from "../src/fleet/statistics/student-t.ts";
import { compareMeans } from "../src/fleet/statistics/welch.ts";
import { simulateThinned } from "../src/fleet/thinned/simulate-thinned.ts";
import type { Clients, Scenario } from "../src/scenario/scenario.ts";
import { COMPARED_FLEETS, type ComparedFleet, type Total } from "./helpers/compared-fleets.ts";
import { PLAIN, smallFleet } from "./helpers/small-fleet.ts";

/*
 * Is a thinned simulation the full one, in law? Both run small fleets and the built-in stories with many seeds, and every total and the
 * course of the imbalance must have the same mean. Small ranges of ports and a high chance make what is rare in life frequent enough to
 * compare.
 *
 * If the two have one law, their means differ by chance alone: by so many pooled standard errors that Student's t calls it less likely than
 * 1 % divided by the number of comparisons (Bonferroni; all fleets together). A difference of less than 0.3 % is none: what is on its way
 * at the beginning and the end of a step is not counted the same. Seeds are fixed, so the outcome is too. Each fleet names what it is there to
 * show, and that must happen. Further tests show that the comparison notices a model that is wrong in what it is told of the chance, of ports
 * and of health checks. How long a balancer knows a silent flow makes no difference that these fleets would show.
 */
const THINNED_SEEDS = 60;
const stepMs = 10_000;

test.each(COMPARED_FLEETS)(
  "$name",
  (compared) => {
    const full = fullRuns(compared);
    const thinned = thinnedRuns(compared.fleet);
    const different = Object.keys(MEASURES).filter((name) => {
      const [a, b] = samples(name, full, thinned);
      return Math.abs(mean(a) - mean(b)) >= 0.003 * mean(a) && sameMean(a, b) < level();
    });
    const figures = different.map((name) => ({ name, means: samples(name, full, thinned).map(mean) }));
    expect(figures).toEqual([]);
    for (const name of compared.shows)
      for (const runs of [full, thinned]) expect(mean(runs.map(({ totals }) => totals[name])), name).toBeGreaterThan(1);
  },
  300_000,
);

/** What is made wrong in the fleet that the thinned simulation is given, and what must give it away. */
const WRONG: Readonly<Record<string, readonly [wrong: (fleet: Scenario) => Scenario, noticedIn: readonly Total[]]>> = {
  "a chance that is a quarter too high": [
    (fleet) => ({ ...withChance(fleet, 1.25 * fleet.network.servers.goaway.chance), variants: {} }),
    ["goaways"],
  ],
  "twice as many ports": [
    (fleet) =>
      withClients(fleet, ({ portRange: [low, high], ...rest }) => ({
        ...rest,
        portRange: [low, low + 2 * (high - low) + 1],
      })),
    ["collisions", "connectionsLost"],
  ],
  "health checks after half of the silence": [
    (fleet) =>
      withClients(fleet, ({ healthCheck, ...rest }) =>
        healthCheck === undefined
          ? rest
          : { ...rest, healthCheck: { ...healthCheck, readIdleTimeoutMs: healthCheck.readIdleTimeoutMs / 2 } },
      ),
    ["lostMs", "requestsFailed"],
  ],
};

test.each([
  ["a chance that is a quarter too high", "plain clients on few ports: collisions, and losses that a later reset ends"],
  ["a chance that is a quarter too high", "goaway-behind-network-balancer, base"],
  ["twice as many ports", "goaway-behind-network-balancer, base"],
  ["health checks after half of the silence", "goaway-behind-network-balancer, base"],
])(
  "the comparison notices %s: %s",
  (what, where) => {
    const compared = fleetNamed(where);
    const [wrong, noticedIn] = WRONG[what] as (typeof WRONG)[string];
    const thinned = thinnedRuns(wrong(compared.fleet));
    for (const name of noticedIn)
      expect(sameMean(...samples(name, fullRuns(compared), thinned)), name).toBeLessThan(level());
  },
  180_000,
);

test("the longer a balancer's checks wait for a server that is gone, the more new connections are sent there", () => {
  const failed = (run: (fleet: Scenario, options: { seed: number }) => Simulation, timeoutMs: number): number => {
    const fleet = smallFleet({
      durationMs: 300_000,
      chance: 0.02,
      balancer: { healthCheck: { intervalMs: 30_000, timeoutMs, healthyThreshold: 2, unhealthyThreshold: 2 } },
      clients: { plain: { ...PLAIN, count: 40 } },
      story: [{ what: "server-lost", atMs: 60_000, server: 1, downMs: 200_000 }],
    });
    return mean([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => run(fleet, { seed }).totals.connectsFailed));
  };
  // From the loss to the second check there are 45 s on average, then the timeout: 75 s and 46 s.
  for (const run of [simulate, simulateThinned]) {
    const ratio = failed(run, 30_000) / failed(run, 1000);
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(2);
  }
});

test("the same seed gives the same simulation, another one another", () => {
  const fleet = fleetNamed("kubelets and a controller whose watch hangs now and then").fleet;
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

function fleetNamed(name: string): ComparedFleet {
  const found = COMPARED_FLEETS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fleet is called ${name}`);
  return found;
}

const FULL: Map<string, readonly Simulation[]> = new Map();

/** The full simulations of a fleet, made once. */
function fullRuns({ name, fleet, fullSeeds }: ComparedFleet): readonly Simulation[] {
  const runs = FULL.get(name) ?? seeds(1, fullSeeds).map((seed) => simulate(fleet, { seed, stepMs }));
  FULL.set(name, runs);
  return runs;
}

const thinnedRuns = (fleet: Scenario): readonly Simulation[] =>
  seeds(1001, THINNED_SEEDS).map((seed) => simulateThinned(fleet, { seed, stepMs }));

function withClients(fleet: Scenario, change: (group: Clients) => Clients): Scenario {
  const clients = Object.entries(fleet.network.clients).map(([name, group]) => [name, change(group)] as const);
  return { ...fleet, network: { ...fleet.network, clients: Object.fromEntries(clients) } };
}

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
const level = (): number => 0.01 / (Object.keys(MEASURES).length * COMPARED_FLEETS.length);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
