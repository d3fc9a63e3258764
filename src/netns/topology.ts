import type { Scenario } from "../scenario/scenario.ts";
import type { Host, HostKind } from "./lab-plan.ts";

type Story = Omit<Scenario, "variants">;

/** Where everybody is: one router, and around it, each behind its own cable, balancer nodes, proxies, servers and clients. */
export interface Topology {
  readonly six: boolean;
  readonly router: Host;
  readonly balancers: readonly Addressed[];
  readonly proxies: readonly Addressed[];
  readonly servers: readonly Addressed[];
  /** By group: the hosts its clients run on, in turn. */
  readonly clients: Readonly<Record<string, readonly Addressed[]>>;
  /** By group: the box that translates for its hosts. */
  readonly nats: Readonly<Record<string, NatBox>>;
  readonly all: readonly Host[];
}

/** A host that puts its own addresses in place of those of the hosts within. */
export interface NatBox {
  readonly host: Addressed;
  /** The host's own and those it has besides. */
  readonly addresses: readonly string[];
  readonly inner: readonly Addressed[];
}

export type Addressed = Host & { readonly address: string; readonly link: string };

/** The router's address on every cable, as EKS and Calico do it: each host has a /32 and this neighbour. */
export const ROUTER_4 = "169.254.1.1";
export const ROUTER_6 = "fe80::1";

/** `network`: 0 to 255, the second number of every address, so that two runs differ in what a trace of the whole kernel shows. */
export function topologyOf(scenario: Story, options: { readonly suffix: string; readonly network: number }): Topology {
  const { zones, ipVersion, balancer, servers, clients } = scenario.network;
  const six = ipVersion === 6;
  const address = (kind: HostKind, index: number): string => {
    const [third, fourth] = placeOf(kind, index, zones.length);
    return six
      ? `fd00:${options.network.toString(16)}::${third.toString(16)}:${fourth.toString(16)}`
      : `10.${options.network}.${third}.${fourth}`;
  };
  const host = (kind: HostKind, name: string, index: number): Addressed => ({
    name,
    kind,
    namespace: `${name}-${options.suffix}`,
    address: address(kind, index),
    link: `${LETTER[kind]}${index}-${options.suffix}`,
    zone: index % zones.length,
  });
  const router: Host = { name: "vpc", kind: "router", namespace: `vpc-${options.suffix}`, zone: 0 };
  const balancers =
    balancer?.kind === "network" ? zones.map((zone, i) => host("balancer", `balancer-${plain(zone)}`, i)) : [];
  const proxies = balancer?.kind === "application" ? [host("proxy", "balancer", 0)] : [];
  const targets = Array.from({ length: servers.count }, (_, i) => host("server", `server-${i + 1}`, i));
  let next = 0;
  const groups = Object.entries(clients).map(([name, group]) => [
    name,
    group.hosts === "servers"
      ? targets.slice(0, Math.max(1, Math.min(group.count, targets.length)))
      : [host("client", `client-${plain(name)}`, next++)],
  ]);
  const byGroup: Record<string, readonly Addressed[]> = Object.fromEntries(groups);
  const own = Object.values(byGroup)
    .flat()
    .filter(({ kind }) => kind === "client");
  // A host of a server's, which clients share, has no box before it.
  const nats: Record<string, NatBox> = {};
  for (const [name, { nat, hosts }] of Object.entries(clients)) {
    if (nat === undefined || hosts === "servers") continue;
    const n = Object.keys(nats).length;
    const count = Math.max(1, Math.min(nat.addresses, MOST_NAT_ADDRESSES));
    const addresses = Array.from({ length: count }, (_, i) => address("nat", n * MOST_NAT_ADDRESSES + i));
    nats[name] = {
      host: { ...host("nat", `nat-${plain(name)}`, n), address: addresses[0] ?? "" },
      addresses,
      inner: byGroup[name] ?? [],
    };
  }
  return {
    six,
    router,
    balancers,
    proxies,
    servers: targets,
    clients: byGroup,
    nats,
    all: [router, ...balancers, ...proxies, ...targets, ...Object.values(nats).map(({ host }) => host), ...own],
  };
}

/** As many addresses as a box has at most. */
const MOST_NAT_ADDRESSES = 8;

const LETTER: Readonly<Record<HostKind, string>> = {
  router: "r",
  balancer: "b",
  proxy: "p",
  server: "s",
  nat: "n",
  client: "c",
};

/** The third and fourth number of an address. */
function placeOf(kind: HostKind, index: number, zones: number): readonly [number, number] {
  switch (kind) {
    case "router":
      return [0, 1];
    case "balancer":
      return [11 + index, 5];
    case "proxy":
      return [11, 80 + index];
    case "server":
      return [21 + (index % zones), 7 + Math.floor(index / zones)];
    case "nat":
      return [2, 10 + index];
    case "client":
      return [1, 10 + index];
  }
}

/** A name that is safe in a path and as a namespace. */
export const plain = (name: string): string => name.replace(/[^a-z0-9-]/gi, "-").slice(0, 40);

/** What the service's name resolves to. */
export function addressesOf(topology: Topology): readonly string[] {
  const front = [...topology.balancers, ...topology.proxies];
  return (front.length > 0 ? front : topology.servers).map(({ address }) => address);
}
