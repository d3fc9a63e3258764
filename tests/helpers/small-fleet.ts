import type { Clients, Network, NetworkBalancer, Scenario } from "../../src/scenario/scenario.ts";
import { BALANCER } from "./virtual-network.ts";

/** A fleet for tests, everything said: whoever wants it otherwise overrides a part. */
export interface FleetParts {
  readonly name?: string;
  readonly durationMs?: number;
  readonly zones?: number;
  readonly network?: Partial<Network>;
  readonly balancer?: Partial<NetworkBalancer> | null;
  readonly servers?: Partial<Network["servers"]>;
  readonly chance?: number;
  readonly clients?: Readonly<Record<string, Partial<Clients>>>;
  readonly story?: Scenario["story"];
}

export const HEALTH_CHECK = { readIdleTimeoutMs: 30_000, pingTimeoutMs: 15_000 } as const;

export const PLAIN: Clients = {
  kind: "plain",
  count: 10,
  hosts: "own",
  connections: 1,
  requests: { everyMs: 1000, spacing: "poisson", method: "GET", requestBytes: 200, responseBytes: 500 },
  watches: { count: 0, minMs: 300_000, maxMs: 600_000 },
  healthCheck: HEALTH_CHECK,
  poolIdleTimeoutMs: 0,
  connectTimeoutMs: 30_000,
  requestTimeoutMs: 0,
  retries: "unprocessed",
  portRange: [32_768, 60_999],
  twReuse: 2,
};

export const KUBELETS: Clients = {
  ...PLAIN,
  kind: "kubelet",
  requests: { ...PLAIN.requests, everyMs: 0 },
  watches: { count: 2, minMs: 300_000, maxMs: 600_000 },
  requestTimeoutMs: 10_000,
};

export const CONTROLLER: Clients = {
  ...PLAIN,
  kind: "controller",
  count: 1,
  connections: 8,
  requests: { ...PLAIN.requests, everyMs: 1000 },
  watches: { count: 1, minMs: 300_000, maxMs: 600_000 },
};

export function smallFleet(parts: FleetParts = {}): Scenario {
  const balancer: NetworkBalancer = { ...BALANCER, ...parts.balancer };
  const network: Network = {
    zones: Array.from({ length: parts.zones ?? 3 }, (_, i) => `zone-${i}`),
    ipVersion: 4,
    links: { delayMs: 0.25, jitterMs: 0, loss: 0 },
    ...(parts.balancer === null ? {} : { balancer }),
    servers: {
      count: 5,
      protocol: "http2",
      port: 443,
      serviceTimeMs: 2,
      fixedServiceTime: true,
      capacity: 0,
      idleTimeoutMs: 0,
      requestDeadlineMs: 0,
      drain: "one-phase",
      drainGraceMs: 10_000,
      ...parts.servers,
      goaway: { chance: parts.chance ?? 0.001, exempt: [], ...parts.servers?.goaway },
    },
    clients: Object.fromEntries(
      Object.entries(parts.clients ?? { clients: {} }).map(([name, group]) => [name, { ...PLAIN, ...group }]),
    ),
    ...parts.network,
  };
  return {
    name: parts.name ?? "small-fleet",
    title: "A fleet for tests",
    about: "",
    durationMs: parts.durationMs ?? 3_600_000,
    network,
    story: parts.story ?? [],
    expect: {},
    variants: {},
  };
}

export const KUBERNETES: NonNullable<Network["kubernetes"]> = {
  version: "1.31",
  nodeMonitorPeriodMs: 5000,
  nodeMonitorGraceMs: 40_000,
  leaseRenewMs: 10_000,
  nodeStatusMs: 300_000,
  leaseBytes: 600,
};

const DAY_MS = 86_400_000;

/** The cluster of the speed claims: 5 API servers behind 3 balancer nodes, and this many nodes; one rolling update in the middle. */
export function bigCluster(nodes: number, durationMs: number = DAY_MS): Scenario {
  return smallFleet({
    name: `${nodes}-nodes`,
    durationMs,
    clients: {
      kubelets: { ...KUBELETS, count: nodes },
      "kube-controller-manager": { ...CONTROLLER, hosts: "servers", count: 5, connections: 10 },
    },
    network: { kubernetes: KUBERNETES },
    story: [{ what: "rolling-update", atMs: durationMs / 2, stepMs: 120_000, downMs: 30_000 }],
  });
}
