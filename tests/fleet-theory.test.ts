import { expect, test } from "vitest";
import { simulate } from "../src/fleet/simulate.ts";
import type { Simulation } from "../src/fleet/simulation.ts";
import { countEstimate } from "../src/fleet/statistics/count-estimate.ts";
import { type Estimate, estimate } from "../src/fleet/statistics/estimate.ts";
import { LEVEL, studentQuantile, studentTail } from "../src/fleet/statistics/student-t.ts";
import {
  chanceNotReady,
  collisionChance,
  connectionsAfterReturn,
  goawaysPerSecond,
  lossesPerSecondOfOne,
  preferredPorts,
} from "../src/fleet/theory.ts";
import { simulateThinned } from "../src/fleet/thinned/simulate-thinned.ts";
import type { Scenario } from "../src/scenario/scenario.ts";
import { CONTROLLER, KUBELETS, KUBERNETES, PLAIN, smallFleet } from "./helpers/small-fleet.ts";

/*
 * Three witnesses where theory exists: the closed forms, the thinned simulation and, on fewer fleets, the full one. The grid varies chance,
 * rate, servers, ports and clients; each measure gives one interval a fleet.
 *
 * What is asked, for n fleets and measures, each with seeds of its own so that they are independent:
 * 1. Every closed form lies within its interval at the joint level of 95 %: each at 1 - 0.05/n (Bonferroni).
 * 2. Of the n 95 % intervals so many contain it as chance lets expect: with k misses, P(Bin(n, 5 %) >= k) >= 5 %.
 * 3. No measure leans to one side: errors with their sign, in standard errors, add up to less than three times the square root of their number.
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
  const setting = { nodes: 40, hours: 96, chance: 0.0001 };
  agree([
    ...GRID.flatMap((row, place) => fleetClaims(row, simulateThinned, seedsOf(place, 48))),
    ...LOST_WATCHES.map((row, place) =>
      lostWatchClaim(row, simulateThinned, { ...setting, seeds: seedsOf(100 + place, 24) }),
    ),
  ]);
}, 180_000);

test("the same on small fleets: full simulation and closed forms", () => {
  const setting = { nodes: 10, hours: 4, chance: 0.0005 };
  agree([
    ...SMALL_GRID.flatMap((row, place) => fleetClaims(row, simulate, seedsOf(200 + place, 6))),
    lostWatchClaim([50, 30, 15], simulate, { ...setting, seeds: seedsOf(300, 4) }),
  ]);
}, 180_000);

function agree(claims: readonly Claim[]): void {
  const judged = claims.map((claim) => ({ ...claim, ...errorOf(claim) }));
  const outside = (level: number): typeof judged => judged.filter(({ probability }) => probability < 1 - level);
  expect(outside(1 - 0.05 / claims.length)).toEqual([]);
  expect(chanceOfAtLeast(outside(LEVEL).length, claims.length, 1 - LEVEL)).toBeGreaterThanOrEqual(0.05);
  for (const [measure, all] of Map.groupBy(judged, ({ what }) => what.split(":")[0])) {
    const sum = all.reduce((total, { errors }) => total + errors, 0);
    expect({ measure, leans: Math.abs(sum) >= 3 * Math.sqrt(all.length), sum }).toMatchObject({ leans: false });
  }
}

/** How many standard errors the closed form is above the mean, by the half of the interval that it is on, and how likely that far is (Student). */
function errorOf({ theory, found }: Claim): { errors: number; probability: number } {
  const half = theory > found.mean ? found.high - found.mean : found.mean - found.low;
  const errors = ((theory - found.mean) / half) * studentQuantile(found.seeds - 1);
  return { errors, probability: studentTail(errors, found.seeds - 1) };
}

/** P(Bin(n, p) >= k). */
function chanceOfAtLeast(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= ((n - i) * p) / ((i + 1) * (1 - p));
  }
  return 1 - below;
}

/** Every row of a grid has other seeds: fleets that are alike would otherwise roll alike. */
const seedsOf = (row: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => 1000 * row + 1 + i);

/** Long enough that whoever dialled the dead server or was cut off by its death (known after 45 s) is elsewhere when it comes back. */
const AWAY_MS = 60 * SECOND;

/** Two half-lives of a fleet, at first without server 0 if it is `away`. `kept`: the balancer keeps client addresses, so that ports collide. */
function fleetOf(
  [chance, rate, servers, ports, clients, held]: GridRow,
  { kept = false, away = false }: { readonly kept?: boolean; readonly away?: boolean },
): Scenario {
  const halfLifeMs = (Math.LN2 / (chance * rate)) * SECOND;
  return smallFleet({
    durationMs: Math.ceil(((away ? AWAY_MS : 0) + 2 * halfLifeMs) / SECOND) * SECOND,
    chance,
    servers: { count: servers, serviceTimeMs: 1 },
    balancer: {
      preserveClientIp: kept,
      healthCheck: { intervalMs: HEALTH_MS, timeoutMs: HEALTH_MS, healthyThreshold: 1, unhealthyThreshold: 1 },
    },
    clients: {
      plain: {
        ...PLAIN,
        count: clients,
        connections: held,
        portRange: [30_000, 30_000 + ports - 1],
        requests: { ...PLAIN.requests, everyMs: SECOND / rate },
      },
    },
    story: away ? [{ what: "server-killed", atMs: 100, server: 0, downMs: AWAY_MS - 100 }] : [],
  });
}

const HEALTH_MS = 200;

/**
 * Three fleets for each row, since a closed form is exact only where nothing else goes on: collisions where addresses are kept, GOAWAYs and
 * rebalancing where they are not, so that no connection is lost.
 */
function fleetClaims(row: GridRow, run: Simulate, seeds: readonly number[]): Claim[] {
  const [chance, rate, servers, ports, clients, held] = row;
  const runsOf = (fleet: Scenario): Simulation[] => seeds.map((seed) => run(fleet, { seed, stepMs: SECOND }));
  const told = fleetOf(row, {});
  const colliding = fleetOf(row, { kept: true });
  const away = fleetOf(row, { away: true });
  const connections = clients * held;
  const load = { chance, requestsPerSecond: rate };
  const collided = runsOf(colliding);
  const lost =
    collided.reduce((sum, { totals }) => sum + totals.lostMs, 0) / (seeds.length * colliding.durationMs * connections);
  return [
    {
      what: `GOAWAYs of one connection a second: ${row}`,
      theory: goawaysPerSecond(load),
      // Each connection begins with a request, at a uniform time within a second or the distance of two.
      found: estimate(
        runsOf(told).map(
          ({ totals }) =>
            totals.goaways / ((told.durationMs / SECOND - Math.min(1, 1 / rate) / 2 + 1 / rate) * connections),
        ),
      ),
    },
    {
      what: `collisions of a new connection: ${row}`,
      // The others of its client, less those that wait for their next request before they dial, and those that the target forgot.
      theory: collisionChance({
        live: (held - 1) * (1 - chance) * (1 - lost),
        nodes: 3,
        targets: servers,
        ports: preferredPorts([30_000, 30_000 + ports - 1]),
        crossZone: true,
        preserveClientIp: true,
        choice: "flow",
      }),
      found: countEstimate(
        collided.map(({ totals }) => totals.collisions),
        // The first connections of each client find half as many others on average.
        collided.map(({ totals }) => totals.connectionsOpened - connections / 2),
      ),
    },
    {
      what: `connections of the server that came back: ${row}`,
      // A connection whose last request was answered with GOAWAY is closed; the next request dials. The balancer knows half a check later.
      theory: connectionsAfterReturn({
        ...load,
        connections: connections * (1 - chance),
        servers,
        seconds: (away.durationMs - AWAY_MS - HEALTH_MS / 2) / SECOND,
      }),
      found: estimate(runsOf(away).map((each) => each.connections[0]?.at(-1) ?? Number.NaN)),
    },
  ];
}

/** A controller with few ports collides with itself; now and then the watch of the leases is hit. */
function lostWatchClaim(
  [grace, readIdle, ping]: readonly [number, number, number],
  run: Simulate,
  { nodes, hours, seeds, chance }: Record<"nodes" | "hours" | "chance", number> & { readonly seeds: readonly number[] },
): Claim {
  const healthCheck = { readIdleTimeoutMs: readIdle * SECOND, pingTimeoutMs: ping * SECOND };
  const fleet = smallFleet({
    durationMs: hours * 3600 * SECOND,
    // The newer connection stays where it met the older one. A flow that a node has known since an earlier loss would lead a third one there,
    // which moves on: then nobody holds the four-tuple, and the client hears of it with the first word that it says.
    balancer: { idleTimeoutMs: 60_000 },
    servers: { count: 3, serviceTimeMs: 1, goaway: { chance, exempt: ["kubelets"] } },
    clients: {
      kubelets: { ...KUBELETS, count: nodes, watches: { ...KUBELETS.watches, count: 0 } },
      controller: {
        ...CONTROLLER,
        healthCheck,
        // Often enough that the newer connection keeps its way back.
        requests: { ...PLAIN.requests, everyMs: SECOND },
        portRange: [30_000, 30_015],
      },
    },
    network: { kubernetes: { ...KUBERNETES, nodeMonitorGraceMs: grace * SECOND, nodeStatusMs: 3_600_000 } },
  });
  const runs = seeds.map((seed) => run(fleet, { seed, stepMs: 60 * SECOND }));
  // The loss stays silent while the newer connection lives. Where that is told to go, or is hit itself, a PING meets a RST, too soon for NotReady.
  const endsPerSecond =
    chance +
    lossesPerSecondOfOne({
      live: CONTROLLER.connections - 1,
      nodes: 3,
      targets: 3,
      ports: preferredPorts([30_000, 30_015]),
      crossZone: true,
      preserveClientIp: true,
      choice: "flow",
      newPerSecond: chance * CONTROLLER.connections,
      addresses: 1,
    });
  return {
    what: `NotReady of one node for a lost watch: ${grace} s against ${readIdle} + ${ping} s`,
    theory:
      Math.exp(-endsPerSecond * (readIdle + ping)) *
      chanceNotReady({
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
