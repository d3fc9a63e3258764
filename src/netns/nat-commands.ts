import type { Clients, Scenario } from "../scenario/scenario.ts";
import type { Command } from "./lab-plan.ts";
import type { NatBox, Topology } from "./topology.ts";

/**
 * Translating boxes before the balancer: the router sends what a group's hosts send to the service through the group's box, which puts one of
 * its addresses and one of its ports in place of theirs. The kernel's connection table chooses the port: at random in the range (the clients' own ports
 * are outside it), and one that no connection *to the same address and port* has. Towards two balancer nodes one port may therefore serve twice, which
 * is what a collision behind them needs (`nf_nat_l4proto_unique_tuple`, net/netfilter/nf_nat_core.c).
 */
export function natCommands(scenario: Omit<Scenario, "variants">, topology: Topology): readonly Command[] {
  const { port } = scenario.network.servers;
  return Object.entries(topology.nats).flatMap(([group, box], n) => {
    const nat = scenario.network.clients[group]?.nat;
    return nat === undefined ? [] : [...wayThrough(topology, box, TABLE + n), rulesOf(topology, box, nat, port)];
  });
}

/** Routing tables of the boxes are counted from here; a balancer's are from 10 on. */
const TABLE = 100;

function wayThrough(topology: Topology, { host, addresses, inner }: NatBox, table: number): readonly Command[] {
  const ip = ["ip", ...(topology.six ? ["-6"] : []), "-n", topology.router.namespace];
  const to = (address: string): string => `${address}/${topology.six ? 128 : 32}`;
  return [
    ...addresses.slice(1).map((address) => ({ argv: [...ip, "route", "add", to(address), "dev", host.link] })),
    // Where the router takes for a neighbour, somebody must answer.
    ...addresses.slice(1).map((address) => ({
      argv: ["ip", ...(topology.six ? ["-6"] : []), "-n", host.namespace, "addr", "add", to(address), "dev", "eth0"],
    })),
    {
      argv: [...ip, "route", "add", "default", "via", host.address, "dev", host.link, "onlink", "table", `${table}`],
    },
    ...inner.map(({ link }) => ({ argv: [...ip, "rule", "add", "iif", link, "table", `${table}`] })),
    {
      namespace: host.namespace,
      argv: ["sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=0", "net.netfilter.nf_conntrack_tcp_be_liberal=1"],
    },
  ];
}

function rulesOf(topology: Topology, box: NatBox, nat: NonNullable<Clients["nat"]>, port: number): Command {
  const ip = topology.six ? "ip6" : "ip";
  const [first = "", last = first] = [box.addresses[0], box.addresses.at(-1)];
  const from = first === last ? first : `${first}-${last}`;
  const source = `${topology.six ? `[${from}]` : from}:${nat.portRange[0]}-${nat.portRange[1]}`;
  const input = [
    `table ${ip} nat {`,
    " chain post {",
    "  type nat hook postrouting priority srcnat; policy accept;",
    `  ${ip} saddr { ${box.inner.map(({ address }) => address).join(", ")} } tcp dport ${port} snat to ${source}`,
    " }",
    "}",
    "",
  ].join("\n");
  return { namespace: box.host.namespace, argv: ["nft", "-f", "-"], input };
}
