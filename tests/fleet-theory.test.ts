import { expect, test } from "vitest";
import { simulate } from "../src/fleet/simulate.ts";
import type { Simulation } from "../src/fleet/simulation.ts";
import { countEstimate } from "../src/fleet/statistics/count-estimate.ts";
import { type Estimate, estimate } from "../src/fleet/statistics/estimate.ts";
import { studentQuantile } from "../src/fleet/statistics/student-t.ts";
import {
  chanceNotReady,
  collisionChance,
  connectionsAfterReturn,
  goawaysPerSecond,
  preferredPorts,
} from "../src/fleet/theory.ts";
import { simulateThinned } from "../src/fleet/thinned/simulate-thinned.ts";
import type { Scenario } from "../src/scenario/scenario.ts";
import { CONTROLLER, KUBELETS, KUBERNETES, PLAIN, smallFleet } from "./support/small-fleet.ts";

/*
 * Three witnesses where theory exists: the closed forms, the thinned simulation and, on fewer fleets, the full one. The grid varies chance,
 * rate, servers, ports and clients; each measure gives one interval a fleet.
 *
 * What is fair to ask: if everything is right, about 5 % of the 95 % intervals miss. So at least 95 % of the 99 % intervals must contain
 * the closed form (of 60 independent ones more than three miss once in 300), at least 90 % of the 95 % intervals, and none may be more than four
 * standard errors away. Seeds are fixed.
 */
const SECOND = 1000;

/** Chance, requests a second, servers, ports in the range, clients, connections of each. */
type GridRow = readonly [chance: number, rate: number, servers: number, ports: number, clients: number, held: number];
const GRID: readonly GridRow[] = [
  [0.001, 5, 3, 512, 40, 8],
  [0.002, 5, 5, 512, 40, 8],
  [0.005, 2, 3, 1024, 40, 8],
  [0.01, 1, 5, 256, 40, 8],
  [0.02, 1, 9, 256, 40, 8],
  [0.02, 0.5, 3, 2048, 40, 8],
  [0.01, 2, 3, 256, 20, 16],
  [0.005, 2, 9, 128, 40, 4],
  [0.002, 10, 5, 1024, 20, 16],
  [0.02, 2, 5, 512, 30, 10],
  [0.01, 0.5, 2, 512, 60, 6],
  [0.001, 10, 2, 1024, 30, 10],
  [0.005, 1, 5, 128, 50, 4],
  [0.02, 0.2, 3, 256, 50, 8],
  [0.002, 2, 9, 256, 50, 8],
  [0.01, 5, 5, 28_232, 10, 30],
];

/** Fleets small enough for every request to be an event. */
const SMALL_GRID: readonly GridRow[] = [
  [0.02, 1, 3, 64, 8, 8],
  [0.01, 2, 5, 128, 8, 8],
  [0.02, 2, 3, 128, 10, 6],
  [0.02, 0.5, 5, 64, 10, 8],
];

/** Grace, read-idle timeout, ping timeout: seconds. */
const LOST_WATCHES = [
  [40, 30, 15],
  [50, 30, 15],
  [50, 40, 15],
  [40, 30, 8],
  [30, 20, 5],
  [20, 10, 8],
] as const;

interface Claim {
  readonly what: string;
  readonly theory: number;
  readonly found: Estimate;
}

type Simulate = (scenario: Scenario, options: { seed: number; stepMs: number }) => Simulation;

test("GOAWAYs, collisions and rebalancing on sixteen fleets, lost watches on six: thinned simulation and closed forms", () => {
  const all = GRID.flatMap((row) => fleetClaims(row, simulateThinned, 24));
  agree([
    ...all,
    ...LOST_WATCHES.map((row) =>
      lostWatchClaim(row, simulateThinned, { nodes: 40, hours: 96, seeds: 24, chance: 0.0001 }),
    ),
  ]);
}, 180_000);

test("the same on small fleets: full simulation and closed forms", () => {
  const all = SMALL_GRID.flatMap((row) => fleetClaims(row, simulate, 6));
  agree([...all, lostWatchClaim([50, 30, 15], simulate, { nodes: 10, hours: 4, seeds: 4, chance: 0.0005 })]);
}, 180_000);

function agree(claims: readonly Claim[]): void {
  const judged = claims.map((claim) => ({ ...claim, errors: errorsOff(claim) }));
  const outside = (level: number): typeof judged =>
    judged.filter(({ errors, found }) => errors > studentQuantile(found.seeds - 1, level));
  expect(judged.filter(({ errors }) => !(errors < 4))).toEqual([]);
  expect(outside(0.99).length).toBeLessThanOrEqual(0.05 * claims.length);
  expect(outside(0.95).length).toBeLessThanOrEqual(Math.ceil(0.1 * claims.length));
}

/** How many standard errors the closed form is from the mean, by the half of the interval that it is on. */
function errorsOff({ theory, found }: Claim): number {
  const half = theory > found.mean ? found.high - found.mean : found.mean - found.low;
  return (Math.abs(theory - found.mean) / half) * studentQuantile(found.seeds - 1);
}

const AWAY_MS = 20 * SECOND;

/** Two half-lives of a fleet; the story may take a server away before. */
function fleetOf([chance, rate, servers, ports, clients, held]: GridRow, story: Scenario["story"]): Scenario {
  const halfLifeMs = (Math.LN2 / (chance * rate)) * SECOND;
  return smallFleet({
    durationMs: Math.ceil((AWAY_MS + 2 * halfLifeMs) / SECOND) * SECOND,
    chance,
    servers: { count: servers, serviceTimeMs: 1 },
    balancer: { healthCheck: { intervalMs: 200, healthyThreshold: 1, unhealthyThreshold: 1 } },
    clients: {
      plain: {
        ...PLAIN,
        count: clients,
        connections: held,
        portRange: [30_000, 30_000 + ports - 1],
        requests: { ...PLAIN.requests, everyMs: SECOND / rate },
      },
    },
    story,
  });
}

function fleetClaims(row: GridRow, run: Simulate, seeds: number): Claim[] {
  const [chance, rate, servers, ports, clients, held] = row;
  const fleet = fleetOf(row, []);
  const runs = range(seeds).map((seed) => run(fleet, { seed, stepMs: SECOND }));
  // One server is away at first and comes back empty.
  const away = fleetOf(row, [{ what: "server-killed", atMs: 100, server: 0, downMs: AWAY_MS - 100 }]);
  const returned = range(seeds).map((seed) => run(away, { seed, stepMs: SECOND }));
  const connections = clients * held;
  const load = { chance, requestsPerSecond: rate };
  const seconds = fleet.durationMs / SECOND;
  // Each connection begins with a request, at a uniform time within a second or the distance of two.
  const exposure = seconds - Math.min(1, 1 / rate) / 2 + 1 / rate;
  const lost =
    runs.reduce((sum, { totals }) => sum + totals.lostMs, 0) / (runs.length * fleet.durationMs * connections);
  return [
    {
      what: `GOAWAYs of one connection a second: ${row}`,
      theory: goawaysPerSecond(load),
      // What is asked on a connection that is lost without its client's knowing reaches nobody.
      found: estimate(runs.map(({ totals }) => totals.goaways / (exposure * connections - totals.lostMs / SECOND))),
    },
    {
      what: `collisions of a new connection: ${row}`,
      // The others of its client, less those that wait for their next request before they dial, and those that the target forgot.
      theory: collisionChance({
        live: ((held - 1) / (1 + chance)) * (1 - lost),
        nodes: 3,
        targets: servers,
        ports: preferredPorts([30_000, 30_000 + ports - 1]),
        crossZone: true,
        preserveClientIp: true,
        choice: "flow",
      }),
      found: countEstimate(
        runs.map(({ totals }) => totals.collisions),
        // The first connections of each client find half as many others on average.
        runs.map(({ totals }) => totals.connectionsOpened - connections / 2),
      ),
    },
    {
      what: `connections of the server that came back: ${row}`,
      // Who is told to go dials with its next request, 1/r later.
      theory: connectionsAfterReturn({
        ...load,
        connections: connections / (1 + chance),
        servers,
        seconds: seconds - AWAY_MS / SECOND - 1 / rate,
      }),
      found: estimate(returned.map((each) => each.connections[0]?.at(-1) ?? Number.NaN)),
    },
  ];
}

/** A controller with few ports collides with itself; now and then the watch of the leases is hit. */
function lostWatchClaim(
  [grace, readIdle, ping]: readonly [number, number, number],
  run: Simulate,
  { nodes, hours, seeds, chance }: Record<"nodes" | "hours" | "seeds" | "chance", number>,
): Claim {
  const healthCheck = { readIdleTimeoutMs: readIdle * SECOND, pingTimeoutMs: ping * SECOND };
  const fleet = smallFleet({
    durationMs: hours * 3600 * SECOND,
    servers: { count: 3, serviceTimeMs: 1, goaway: { chance, exempt: ["kubelets"] } },
    clients: {
      kubelets: { ...KUBELETS, count: nodes, watches: { ...KUBELETS.watches, count: 0 } },
      controller: {
        ...CONTROLLER,
        healthCheck,
        // Often enough that the newer connection keeps its way back, and told to go seldom enough that it outlives the loss of the older.
        requests: { ...PLAIN.requests, everyMs: SECOND },
        portRange: [30_000, 30_015],
      },
    },
    network: { kubernetes: { ...KUBERNETES, nodeMonitorGraceMs: grace * SECOND, nodeStatusMs: 3_600_000 } },
  });
  const runs = range(seeds).map((seed) => run(fleet, { seed, stepMs: 60 * SECOND }));
  return {
    what: `NotReady of one node for a lost watch: ${grace} s against ${readIdle} + ${ping} s`,
    theory: chanceNotReady({
      readIdleTimeoutS: readIdle,
      pingTimeoutS: ping,
      // The last frame came a little before the loss: one node in `nodes` renews every 10 s / nodes.
      reconnectS: -10 / (nodes + 1),
      nodeMonitorGraceS: grace,
      nodeMonitorPeriodS: 5,
      leaseRenewS: 10,
    }),
    found: countEstimate(
      runs.map(({ totals }) => totals.notReady),
      runs.map(({ totals }) => totals.relists * nodes),
    ),
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
