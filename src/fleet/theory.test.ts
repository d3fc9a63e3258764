import { describe, expect, test } from "vitest";
import { type Dice, dice } from "../../scripts/lib/random.ts";
import { collisionOdds } from "../path/rule/goaway-collision/odds.ts";
import {
  type CollisionLoad,
  chanceNotReady,
  chanceOfGoawayAt,
  chanceOfUsedPair,
  collisionChance,
  collisionsPerHour,
  connectionsAfterReturn,
  expectedGini,
  expectedMaxOverMean,
  expectedNotReadySeconds,
  goawaysPerSecond,
  type LostWatch,
  lingeringConnections,
  lossesPerSecondOfOne,
  notReadyMinutesPerHour,
  preferredPorts,
  rebalanceHalfLife,
  staysUntil,
} from "./theory.ts";

/** Holds that a mean of samples is the expected one within five standard errors: with right forms one seed in two million fails. */
function expectMean(samples: readonly number[], expected: number): void {
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (samples.length - 1);
  expect(Math.abs(mean - expected), `${mean} for ${expected}`).toBeLessThan(5 * Math.sqrt(variance / samples.length));
}

const drawn = (times: number, one: (random: Dice) => number, seed = 1): number[] => {
  const random = dice(seed);
  return Array.from({ length: times }, () => one(random));
};
const exponential = (random: Dice, rate: number): number => -Math.log(1 - random.unit()) / rate;

describe("the goaway filter", () => {
  const load = { chance: 0.02, requestsPerSecond: 5 };

  test("the suggested chance at ten requests a second: every 100 s", () => {
    expect(1 / goawaysPerSecond({ chance: 0.001, requestsPerSecond: 10 })).toBeCloseTo(100, 9);
  });

  test("the number of requests until GOAWAY is geometric", () => {
    const requests = Array.from({ length: 5000 }, (_, i) => i + 1);
    const chances = requests.map((n) => chanceOfGoawayAt(0.02, n));
    expect(chances.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    expect(chances.reduce((sum, p, i) => sum + p * (i + 1), 0)).toBeCloseTo(50, 6);
  });

  test.each(["steady", "poisson"] as const)("how long a connection stays, %s requests drawn one by one", (spacing) => {
    const stays = drawn(20_000, (random) => {
      const gap = (): number => (spacing === "poisson" ? exponential(random, 5) : 0.2);
      let at = spacing === "poisson" ? gap() : random.unit() * 0.2;
      while (random.unit() >= 0.02) at += gap();
      return at;
    });
    for (const seconds of [0.05, 0.31, 5, 20]) {
      expectMean(
        stays.map((at) => Number(at > seconds)),
        staysUntil({ ...load, spacing, seconds }),
      );
    }
    expectMean(stays, spacing === "poisson" ? 10 : 0.2 * (50 - 0.5));
  });
});

describe("ports", () => {
  test.each([
    [[32_768, 60_999], 14_116],
    [[42_000, 42_063], 32],
    [[42_001, 42_127], 63],
    [[5, 5], 1],
  ] as const)("%j: %i of one parity", ([first, last], preferred) => {
    expect(preferredPorts([first, last])).toBe(preferred);
    // Where the kernel's walk can start: an even distance from the first.
    const looked = last > first ? (last - first + 1) & ~1 : 1;
    const seen = new Set(Array.from({ length: looked }, (_, offset) => first + (offset & ~1)));
    expect(seen.size).toBe(preferred);
  });

  test("two times 3,000 connections of one host share as many ports as was measured on Linux 6.18: 609 to 669", () => {
    const shared = (3000 * 3000) / preferredPorts([32_768, 60_999]);
    expect(shared).toBeGreaterThan(609);
    expect(shared).toBeLessThan(669);
  });
});

const COLLISIONS: CollisionLoad = {
  live: 12,
  nodes: 3,
  targets: 2,
  ports: 10,
  crossZone: true,
  preserveClientIp: true,
  choice: "flow",
};

describe("collisions", () => {
  test.each([0, 1, 2, 3])("one older connection and %i towards the new one's node: every way counted out", (here) => {
    const [ports, targets] = [4, 2];
    let [ways, hits] = [0, 0];
    const all = Array.from({ length: ports }, (_, port) => port);
    // The older one has port 0 and target 0; of those here only ones that did not kill it are left.
    for (const taken of subsets(all, here)) {
      for (let choice = 0; choice < targets ** here; choice++) {
        const killed = taken.some((port, i) => port === 0 && Math.floor(choice / targets ** i) % targets === 0);
        if (killed) continue;
        for (const port of all.filter((each) => !taken.includes(each))) {
          for (let target = 0; target < targets; target++) {
            ways += 1;
            hits += Number(port === 0 && target === 0);
          }
        }
      }
    }
    expect(chanceOfUsedPair({ elsewhere: 1, here, targets, ports })).toBeCloseTo(hits / ways, 12);
  });

  test.each([
    { choice: "flow", most: 6, nodes: 3, targets: 2, ports: 10 },
    { choice: "flow", most: 21, nodes: 3, targets: 5, ports: 32 },
    { choice: "flow", most: 12, nodes: 3, targets: 2, ports: 10 },
    { choice: "port", most: 6, nodes: 3, targets: 2, ports: 10 },
  ] as const)("a host whose connections come and go, %j", ({ choice, most, nodes, targets, ports }) => {
    const random = dice(7);
    const byPort = Array.from({ length: ports }, () => random.below(targets));
    let open: { node: number; port: number; target: number }[] = [];
    let [hits, expected] = [0, 0];
    for (let i = 0; i < 100_000; i++) {
      while (open.length >= most) open.splice(random.below(open.length), 1);
      const node = random.below(nodes);
      const elsewhere = open.filter((other) => other.node !== node);
      const taken = new Set(open.filter((other) => other.node === node).map(({ port }) => port));
      const free = byPort.flatMap((_, port) => (taken.has(port) ? [] : [port]));
      if (free.length === 0) continue;
      const port = free[random.below(free.length)] ?? 0;
      const target = choice === "port" ? (byPort[port] ?? 0) : random.below(targets);
      const here = open.length - elsewhere.length;
      expected += chanceOfUsedPair({
        elsewhere: elsewhere.length,
        here,
        targets: choice === "port" ? 1 : targets,
        ports,
      });
      const victims = elsewhere.filter((other) => other.port === port && other.target === target);
      hits += victims.length;
      open = [...open.filter((other) => !victims.includes(other)), { node, port, target }];
    }
    expect(hits).toBeGreaterThan(5000);
    expect(Math.abs(hits / expected - 1)).toBeLessThan(0.04 + 5 / Math.sqrt(hits));
  });

  test("none without cross-zone, without preservation, or through one node", () => {
    expect(collisionChance({ ...COLLISIONS, crossZone: false })).toBe(0);
    expect(collisionChance({ ...COLLISIONS, preserveClientIp: false })).toBe(0);
    expect(collisionChance({ ...COLLISIONS, nodes: 1 })).toBe(0);
  });

  test("behind NAT the box is the client: all connections share its ports", () => {
    const host = { ...COLLISIONS, live: 4, ports: 14_116, newPerSecond: 0.1, addresses: 50 };
    const box = { ...COLLISIONS, live: 4 * 50, ports: 64_512, newPerSecond: 0.1 * 50, addresses: 1 };
    expect(collisionsPerHour([host])).toBeCloseTo((3600 * 0.1 * 50 * (4 * (2 / 3))) / (14_116 * 2 - 4 / 3), 9);
    expect(collisionsPerHour([box]) / collisionsPerHour([host])).toBeCloseTo((50 * 14_116) / 64_512, 1);
    expect(lossesPerSecondOfOne(host) * 4).toBeCloseTo(0.1 * collisionChance(host), 12);
    expect(lossesPerSecondOfOne({ ...host, live: 0 })).toBe(0);
  });

  test("halfopen check reckons with the same odds", () => {
    const load = {
      connectionsPerClient: 20,
      targets: 5,
      balancerNodes: 3,
      requestsPerSecondPerConnection: 10,
      lingerMs: 450_000,
    };
    const live = 20 * (1 + 0.001 * 10 * 450);
    const ours = collisionChance({
      ...COLLISIONS,
      live,
      nodes: 3,
      targets: 5,
      ports: preferredPorts([32_768, 60_999]),
    });
    expect(Math.abs(ours / collisionOdds(load, 0.001) - 1)).toBeLessThan(0.001);
  });

  test.each([
    { goawaysPerSecond: 0.01, watches: 1, shortestS: 300, longestS: 600 },
    { goawaysPerSecond: 0.2, watches: 1, shortestS: 120, longestS: 120 },
    { goawaysPerSecond: 0.01, watches: 4, shortestS: 120, longestS: 240 },
    { goawaysPerSecond: 0.2, watches: 2, shortestS: 120, longestS: 240 },
  ])("connections that linger with a watch, %j", (load) => {
    const samples = drawn(8000, (random) => {
      // Looked back from now: the ages of the streams, and the GOAWAYs before now.
      const { shortestS, longestS } = load;
      const ages = Array.from({ length: load.watches }, () => {
        for (;;) {
          // A stream that is open at a random moment: its length weighs, the moment is uniform in it.
          const length = shortestS + random.unit() * (longestS - shortestS);
          if (random.unit() * longestS < length) return random.unit() * length;
        }
      });
      const goaways: number[] = [];
      for (
        let at = exponential(random, load.goawaysPerSecond);
        at < longestS;
        at += exponential(random, load.goawaysPerSecond)
      )
        goaways.push(at);
      const connections = new Set(ages.map((age) => goaways.filter((at) => at < age).length));
      connections.delete(0);
      return connections.size;
    });
    expectMean(samples, lingeringConnections(load));
  });

  test("nothing lingers without GOAWAY or without watches", () => {
    expect(lingeringConnections({ goawaysPerSecond: 0, watches: 3, shortestS: 1, longestS: 2 })).toBe(0);
    expect(lingeringConnections({ goawaysPerSecond: 1, watches: 0, shortestS: 1, longestS: 2 })).toBe(0);
  });
});

describe("balance", () => {
  test("connections come back to a server that was away, at the rate at which they are told to go", () => {
    const load = { chance: 0.02, requestsPerSecond: 1, connections: 200, servers: 4 };
    expect(rebalanceHalfLife(load)).toBeCloseTo(Math.LN2 * 50, 9);
    for (const seconds of [10, 40, 120]) {
      const counts = drawn(2000, (random) => {
        let back = 0;
        for (let i = 0; i < 200; i++) {
          let server = 1 + random.below(3);
          for (let at = exponential(random, 0.02); at < seconds; at += exponential(random, 0.02))
            server = random.below(4);
          if (server === 0) back += 1;
        }
        return back;
      });
      expectMean(counts, connectionsAfterReturn({ ...load, seconds }));
    }
  });

  test.each([
    [6, 3],
    [5, 2],
    [4, 4],
    [3, 1],
  ])("%i connections on %i servers, every way counted out", (connections, servers) => {
    let [gini, most] = [0, 0];
    const ways = servers ** connections;
    for (let way = 0; way < ways; way++) {
      const counts = new Array<number>(servers).fill(0);
      for (let i = 0, rest = way; i < connections; i++, rest = Math.floor(rest / servers))
        counts[rest % servers] = (counts[rest % servers] ?? 0) + 1;
      gini += giniOf(counts) / ways;
      most += Math.max(...counts) / (connections / servers) / ways;
    }
    expect(expectedGini({ connections, servers })).toBeCloseTo(gini, 12);
    expect(expectedMaxOverMean({ connections, servers })).toBeCloseTo(most, 12);
  });

  test.each([
    [200, 5],
    [2000, 5],
    [5000, 3],
  ])("%i connections on %i servers, drawn", (connections, servers) => {
    const random = dice(3);
    const drawnCounts = Array.from({ length: 1000 }, () => {
      const counts = new Array<number>(servers).fill(0);
      for (let i = 0; i < connections; i++) {
        const server = random.below(servers);
        counts[server] = (counts[server] ?? 0) + 1;
      }
      return counts;
    });
    expectMean(drawnCounts.map(giniOf), expectedGini({ connections, servers }));
    expectMean(
      drawnCounts.map((counts) => Math.max(...counts) / (connections / servers)),
      expectedMaxOverMean({ connections, servers }),
    );
  });

  test("the exact largest share and the normal one meet", () => {
    for (const [servers, error] of [
      [2, 0.01],
      [3, 0.01],
      [5, 0.01],
      [10, 0.01],
      [30, 0.04],
    ] as const) {
      const exact = expectedMaxOverMean({ connections: 300, servers });
      const normal = expectedMaxOverMean({ connections: 301, servers });
      expect(Math.abs(normal / exact - 1), `${servers} servers`).toBeLessThan(error);
    }
    expect(expectedMaxOverMean({ connections: 0, servers: 3 })).toBe(1);
    expect(expectedGini({ connections: 1_000_000, servers: 5 })).toBeLessThan(0.002);
  });
});

const KUBERNETES: LostWatch = {
  readIdleTimeoutS: 30,
  pingTimeoutS: 15,
  reconnectS: 0,
  nodeMonitorGraceS: 40,
  nodeMonitorPeriodS: 5,
  leaseRenewS: 10,
};

describe("nodes", () => {
  test("30 + 15 s against 40 s is certain, against 50 s one node in four, with a faster health check none", () => {
    expect(chanceNotReady(KUBERNETES)).toBeCloseTo(1, 12);
    expect(chanceNotReady({ ...KUBERNETES, nodeMonitorGraceS: 50 })).toBeCloseTo(0.25, 12);
    expect(chanceNotReady({ ...KUBERNETES, nodeMonitorGraceS: 50, readIdleTimeoutS: 10, pingTimeoutS: 5 })).toBe(0);
    expect(expectedNotReadySeconds({ ...KUBERNETES, readIdleTimeoutS: 10 })).toBe(0);
  });

  test.each([
    KUBERNETES,
    { ...KUBERNETES, nodeMonitorGraceS: 50 },
    { ...KUBERNETES, nodeMonitorGraceS: 50, reconnectS: 2.3 },
    { ...KUBERNETES, nodeMonitorGraceS: 47, nodeMonitorPeriodS: 3, leaseRenewS: 7 },
    { ...KUBERNETES, readIdleTimeoutS: 60, reconnectS: 1 },
  ])("a controller that looks, stamps and judges, %j", (lost) => {
    const {
      readIdleTimeoutS,
      pingTimeoutS,
      reconnectS,
      nodeMonitorGraceS,
      nodeMonitorPeriodS: period,
      leaseRenewS,
    } = lost;
    const known = readIdleTimeoutS + pingTimeoutS + reconnectS;
    const outages = drawn(20_000, (random) => {
      const lastLease = -random.unit() * leaseRenewS;
      let stamp = Number.NEGATIVE_INFINITY;
      let late: number | undefined;
      for (let look = -leaseRenewS - 2 * period + random.unit() * period; ; look += period) {
        if (look >= known) return late === undefined ? 0 : look - late;
        if (stamp < lastLease && look >= lastLease) stamp = look;
        // A hair later than whole periods, as the controller's looks are.
        if (late === undefined && stamp > Number.NEGATIVE_INFINITY && look + 1e-9 >= stamp + nodeMonitorGraceS)
          late = look;
      }
    });
    const certain = outages.every((seconds) => seconds > 0);
    if (certain) expect(chanceNotReady(lost)).toBeCloseTo(1, 9);
    else {
      expectMean(
        outages.map((seconds) => Number(seconds > 0)),
        chanceNotReady(lost),
      );
    }
    expectMean(outages, expectedNotReadySeconds(lost));
  });

  test("minutes in an hour are nodes times watches times seconds", () => {
    const seconds = expectedNotReadySeconds(KUBERNETES);
    expect(notReadyMinutesPerHour(KUBERNETES, 100, 3)).toBeCloseTo((100 * 3 * seconds) / 60, 9);
  });
});

/** The definition. */
function giniOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const differences = counts.flatMap((a) => counts.map((b) => Math.abs(a - b))).reduce((sum, d) => sum + d, 0);
  return total === 0 ? 0 : differences / (2 * counts.length * total);
}

function subsets(items: readonly number[], size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}
