import type { Clients, Happening, NetworkBalancer, Scenario, Servers } from "../scenario/scenario.ts";

export type Story = Omit<Scenario, "variants">;

/** A scenario made to fit one machine and one minute, and what was changed for that, one sentence each. */
export interface Adapted {
  readonly scenario: Story;
  readonly said: readonly string[];
}

/** At most so many of each. */
const MOST = { zones: 2, servers: 3, kubelet: 6, controller: 1, plain: 24, connections: 24 } as const;

/** The kernel takes every second port first (`__inet_hash_connect`), so that half of these are in use. */
const PORTS = 64;
/** A range of fewer than so many ports was chosen for collisions; Linux has 28,232. */
const FEW = 4096;

/**
 * Fewer clients, servers and zones; every time of a program or a balancer divided by `timeScale`, and no more of the run than
 * what happens in it needs, or `mostMs` if nothing does. Chances stay as they are: on one host
 * the same happens in a minute that happens there in `timeScale` minutes.
 */
export function adapt(scenario: Story, timeScale: number, mostMs?: number): Adapted {
  const said: string[] = [];
  const { network } = scenario;
  const zones = network.zones.slice(0, MOST.zones);
  const count = Math.max(zones.length, Math.min(network.servers.count, MOST.servers));
  if (zones.length < network.zones.length) said.push(`${zones.length} of ${network.zones.length} zones`);
  if (count < network.servers.count) said.push(`${count} of ${network.servers.count} servers`);
  const groups = Object.entries(network.clients);
  const fewer = groups.map(([name, group]): [string, Clients] => [
    name,
    {
      ...group,
      count: Math.min(group.count, MOST[group.kind]),
      connections: Math.min(group.connections, MOST.connections),
    },
  ]);
  const before = groups.reduce((sum, [, group]) => sum + group.count, 0);
  const after = fewer.reduce((sum, [, group]) => sum + group.count, 0);
  if (after < before) said.push(`${after} of ${before} clients`);
  const { balancer } = network;
  const narrow = (group: Clients): Clients => {
    const [first, last] = group.portRange;
    // Where the scenario has few ports so that they meet in minutes, the lab has fewer still: it has one host, and a minute.
    return last - first >= PORTS && last - first < FEW ? { ...group, portRange: [first, first + PORTS - 1] } : group;
  };
  // TIME-WAIT is the kernel's and lasts 60 s, which is the whole of a run: without this a host with few ports has soon none.
  const reusing = network.kubernetes !== undefined && timeScale !== 1;
  const reuse = (group: Clients): Clients => (reusing && group.twReuse !== 1 ? { ...group, twReuse: 1 } : group);
  if (fewer.some(([, group]) => reuse(group) !== group))
    said.push("clients take ports in TIME-WAIT again after a second (net.ipv4.tcp_tw_reuse=1)");
  if (fewer.some(([, group]) => narrow(group) !== group))
    said.push(`${PORTS} source ports a host where the scenario has few`);
  const stretch = stretchOf(fewer, network.servers.goaway.chance, timeScale);
  const chance = (given: number): number => given * stretch;
  if (stretch > 1)
    said.push(
      `requests ${round(stretch)} times rarer and as many times more likely to be answered with GOAWAY: as many reconnections, less to read`,
    );
  if (timeScale !== 1)
    said.push(
      `times of programs and balancers divided by ${round(timeScale)}; the kernel's own timers are as they are`,
    );
  const scaled = (ms: number): number => ms / timeScale;
  const scale: Scale = { scaled, memoryMs: scaled(balancer?.idleTimeoutMs ?? 0) };
  // What happens is waited for, and what follows from it; what is to last longer than the scenario has no end in it.
  const ends = scenario.story.map((happening) => {
    const end = endOf(happening, count);
    return scaled(end > scenario.durationMs ? happening.atMs : end) + AFTERMATH_MS;
  });
  // Where chance decides when, a loss needs longer to show than its absence to be believed.
  const patience = scenario.expect.cause === undefined ? 0.5 : 1;
  const needed =
    mostMs === undefined ? Number.POSITIVE_INFINITY : Math.max(...ends, ends.length > 0 ? 0 : mostMs * patience);
  const durationMs = Math.min(scaled(scenario.durationMs), needed);
  if (durationMs < scaled(scenario.durationMs))
    said.push(`ends after ${Math.round(durationMs / 1000)} s of ${Math.round(scaled(scenario.durationMs) / 1000)}`);
  const { expect } = scenario;
  const longer = expect.cause === undefined && expect.fromMs !== undefined && after < before;
  const fromMs = longer ? Math.min(SETTLES * (expect.fromMs ?? 0), (durationMs * timeScale) / 2) : (expect.fromMs ?? 0);
  const counted = fromMs > (expect.fromMs ?? 0) ? { ...expect, fromMs } : expect;
  if (counted !== expect) said.push(`losses count from ${Math.round(scaled(fromMs) / 1000)} s on`);
  if (balancer?.kind === "network") {
    const wanted = scaleFields(balancer.healthCheck, scaled);
    const { intervalMs, timeoutMs } = checkOf(wanted);
    if (intervalMs !== wanted.intervalMs || timeoutMs !== wanted.timeoutMs)
      said.push(`a target is checked every ${Math.round(intervalMs)} ms and has ${Math.round(timeoutMs)} ms to answer`);
  }
  const scaledBalancer =
    balancer === undefined
      ? {}
      : {
          balancer:
            balancer.kind === "network"
              ? networkBalancer(balancer, scaled)
              : {
                  ...balancer,
                  ...scaleFields(balancer, scaled),
                  healthCheck: scaleFields(balancer.healthCheck, scaled),
                },
        };
  return {
    said,
    scenario: {
      ...scenario,
      expect: counted,
      durationMs,
      network: {
        ...network,
        zones,
        ...scaledBalancer,
        servers: {
          ...serversOf(network.servers, scale),
          count,
          goaway: { ...network.servers.goaway, chance: chance(network.servers.goaway.chance) },
        },
        clients: Object.fromEntries(
          fewer.map(([name, group]) => [name, clientsOf(stretched(narrow(reuse(group)), stretch), scale)]),
        ),
        ...(network.kubernetes === undefined
          ? {}
          : {
              kubernetes: {
                ...network.kubernetes,
                nodeMonitorPeriodMs: scaled(network.kubernetes.nodeMonitorPeriodMs),
                nodeMonitorGraceMs: scaled(network.kubernetes.nodeMonitorGraceMs),
                leaseRenewMs: scaled(network.kubernetes.leaseRenewMs),
                nodeStatusMs: scaled(network.kubernetes.nodeStatusMs),
              },
            }),
      },
      story: scenario.story.map((happening) =>
        happeningOf(happening, { scaled, servers: count, nodes: zones.length, chance }),
      ),
    },
  };
}

/** Requests a second of the lab's clients, scaled, beyond which they are made rarer. */
const BUSY = 30;

/** How much rarer requests are made, where they are there to be answered with GOAWAY. */
function stretchOf(groups: readonly (readonly [string, Clients])[], chance: number, timeScale: number): number {
  if (chance === 0) return 1;
  return Math.max(1, Math.min((rateOf(groups) * timeScale) / BUSY, MOST_CHANCE / chance));
}

/** Requests a second of all clients, as far as the lab has them. */
const rateOf = (groups: readonly (readonly [string, Clients])[]): number =>
  groups.reduce(
    (sum, [, { kind, count, connections, requests }]) =>
      sum + (requests.everyMs === 0 ? 0 : (Math.min(count, MOST[kind]) * connections * 1000) / requests.everyMs),
    0,
  );

/** Requests a second, scaled, beyond which a machine of two cores has enough to do with them. */
const MOST_BUSY = 500;

const MOST_CHANCE = 0.25;

const stretched = (group: Clients, by: number): Clients => ({
  ...group,
  requests: { ...group.requests, everyMs: group.requests.everyMs * by },
});

/**
 * A time scale with which the run lasts about `wantedMs`, and no timer of the scenario becomes too short to be kept: TCP keepalive counts
 * whole seconds, so do connection tables, and two programs on a busy machine are late by tens of milliseconds.
 */
export function timeScaleOf(scenario: Story, wantedMs = 30_000): number {
  const { balancer, servers, clients } = scenario.network;
  const bounds = [scenario.durationMs / wantedMs];
  if (balancer !== undefined) bounds.push(balancer.idleTimeoutMs / 5000);
  if (servers.idleTimeoutMs > 0) bounds.push(servers.idleTimeoutMs / 1250);
  const perSecond = rateOf(Object.entries(clients));
  if (servers.goaway.chance === 0 && perSecond > 0) bounds.push(MOST_BUSY / perSecond);
  if (servers.requestDeadlineMs > 0) bounds.push(servers.requestDeadlineMs / 1000);
  if (servers.keepalive !== undefined) bounds.push(servers.keepalive.idleMs / 1000);
  for (const { healthCheck, keepalive, connectTimeoutMs } of Object.values(clients)) {
    // The kernel repeats a SYN after 1 s, whatever the scale: whoever gives up sooner has tried once.
    bounds.push(connectTimeoutMs / 1250);
    if (healthCheck !== undefined) bounds.push(healthCheck.readIdleTimeoutMs / 2000, healthCheck.pingTimeoutMs / 1000);
    if (keepalive !== undefined) bounds.push(keepalive.idleMs / 1000);
  }
  return Math.max(1, round(Math.min(...bounds)));
}

const round = (value: number): number => Math.round(value * 10) / 10;

function scaleFields<T extends object>(object: T, scaled: (ms: number) => number): T {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      name.endsWith("Ms") && typeof value === "number" ? scaled(value) : value,
    ]),
  ) as T;
}

const networkBalancer = (balancer: NetworkBalancer, scaled: (ms: number) => number): NetworkBalancer => ({
  ...scaleFields(balancer, scaled),
  healthCheck: checkOf(scaleFields(balancer.healthCheck, scaled)),
});

/** More often, health checks would be most of what the captures show. */
const SHORTEST_CHECK_MS = 200;

/** A program on a busy machine is late by tens of milliseconds, now and then by two hundred; a target that is well is not to be taken out for that. */
const LEAST_PATIENCE_MS = 400;

const checkOf = (check: NetworkBalancer["healthCheck"]): NetworkBalancer["healthCheck"] => {
  const intervalMs = Math.max(SHORTEST_CHECK_MS, check.intervalMs);
  return { ...check, intervalMs, timeoutMs: Math.min(intervalMs, Math.max(LEAST_PATIENCE_MS, check.timeoutMs)) };
};

/**
 * Linux takes whole seconds (TCP_KEEPIDLE, TCP_KEEPINTVL). Probes come no more often than the shortest memory on the path wants, since the kernel's
 * own limit on answers is not scaled: for 500 ms after it answered a probe (`tcp_invalid_ratelimit`) it sends no challenge ACK, and a SYN on an open
 * connection goes unanswered. With probes every 2 s that was seen in two runs of ten.
 */
function keepaliveOf<T extends { readonly idleMs: number; readonly intervalMs: number }>(
  keepalive: T,
  { scaled, memoryMs }: Scale,
): T {
  const wanted = Math.max(scaled(keepalive.idleMs), Math.min(keepalive.idleMs, memoryMs / 2.2));
  return {
    ...keepalive,
    idleMs: Math.max(1000, Math.floor(wanted / 1000) * 1000),
    intervalMs: Math.max(1000, Math.round(scaled(keepalive.intervalMs) / 1000) * 1000),
  };
}

interface Scale {
  readonly scaled: (ms: number) => number;
  /** How long the box between remembers a silent connection, scaled; 0 where there is none. */
  readonly memoryMs: number;
}

const serversOf = (servers: Servers, scale: Scale): Servers => ({
  ...scaleFields(servers, scale.scaled),
  ...(servers.keepalive === undefined ? {} : { keepalive: keepaliveOf(servers.keepalive, scale) }),
});

function clientsOf(group: Clients, scale: Scale): Clients {
  const { scaled } = scale;
  const { healthCheck, keepalive, watches, requests } = group;
  return {
    ...scaleFields(group, scaled),
    requests: scaleFields(requests, scaled),
    watches: scaleFields(watches, scaled),
    ...(healthCheck === undefined ? {} : { healthCheck: scaleFields(healthCheck, scaled) }),
    ...(keepalive === undefined ? {} : { keepalive: keepaliveOf(keepalive, scale) }),
  };
}

/**
 * So many times longer than the scenario says, what began before losses count may go on here. With fewer targets, connections opened at the start
 * meet each other more often, and each loss is followed by a dial that may meet the next: one run in ten still had one after a minute of the scenario's time.
 */
const SETTLES = 4;

const AFTERMATH_MS = 15_000;

/** When a happening is over. */
function endOf(happening: Happening, servers: number): number {
  switch (happening.what) {
    case "rolling-update":
      return happening.atMs + happening.stepMs * (servers - 1) + happening.downMs;
    case "server-restart":
    case "server-killed":
    case "server-lost":
      return happening.atMs + happening.downMs;
    case "server-hung":
    case "balancer-node-lost":
    case "latency":
    case "traffic":
    case "quiet":
      return happening.atMs + happening.forMs;
    case "deregister":
    case "goaway-chance":
      return happening.atMs;
  }
}

function happeningOf(
  happening: Happening,
  by: {
    readonly scaled: (ms: number) => number;
    readonly servers: number;
    readonly nodes: number;
    readonly chance: (given: number) => number;
  },
): Happening {
  const same = scaleFields(happening, by.scaled);
  if (same.what === "latency") return { ...same, addMs: (happening as typeof same).addMs };
  if ("server" in same) return { ...same, server: same.server % by.servers };
  if ("node" in same) return { ...same, node: same.node % by.nodes };
  return same.what === "goaway-chance" ? { ...same, chance: by.chance(same.chance) } : same;
}
