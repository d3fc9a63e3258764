import type { Scenario } from "../scenario/scenario.ts";
import type { Command } from "./lab-plan.ts";
import { type Addressed, ROUTER_4, ROUTER_6, type Topology } from "./topology.ts";

/** Namespaces, cables, addresses and kernel settings. Nothing outside the run's own namespaces is touched. */
export function networkCommands(
  scenario: Omit<Scenario, "variants">,
  topology: Topology,
  tools: { readonly ethtool: boolean; readonly delay: "netem" | "line" | "none" },
): readonly Command[] {
  const { router } = topology;
  const commands: Command[] = [...namespace(router.namespace, true)];
  for (const host of topology.all) {
    if (host.address === undefined || host.link === undefined) continue;
    commands.push(
      ...attach(host as Addressed, topology, {
        ethtool: tools.ethtool,
        line: tools.delay === "line" && isSlow(scenario),
      }),
    );
  }
  for (const [group, hosts] of Object.entries(topology.clients)) {
    const settings = scenario.network.clients[group];
    if (settings === undefined) continue;
    const { portRange: range, twReuse } = settings;
    for (const { namespace: name } of hosts) {
      commands.push({
        namespace: name,
        argv: [
          "sysctl",
          "-qw",
          `net.ipv4.ip_local_port_range=${range[0]} ${range[1]}`,
          `net.ipv4.tcp_tw_reuse=${twReuse}`,
        ],
      });
    }
  }
  const { delayMs, loss } = scenario.network.links;
  if (tools.delay === "netem" && isSlow(scenario)) {
    const shape = ["delay", `${delayMs}ms`, ...(loss > 0 ? ["loss", `${loss * 100}%`] : [])];
    for (const host of topology.all) {
      if (host.link === undefined) continue;
      for (const [where, device] of [
        [host.namespace, "eth0"],
        [router.namespace, host.link],
      ] as const)
        commands.push({ namespace: where, argv: ["tc", "qdisc", "add", "dev", device, "root", "netem", ...shape] });
    }
  }
  return commands;
}

/** Whether links need a delay of their own: what is below a millisecond, cables between namespaces are as good as. */
export function isSlow({ network, story }: Omit<Scenario, "variants">): boolean {
  return network.links.delayMs >= 1 || network.links.loss > 0 || story.some(({ what }) => what === "latency");
}

function namespace(name: string, forwards: boolean): readonly Command[] {
  const six = ["all", "default"].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.accept_ra=0`,
    `net.ipv6.conf.${scope}.router_solicitations=0`,
  ]);
  const four = ["all", "default"].flatMap((scope) => [
    `net.ipv4.conf.${scope}.rp_filter=0`,
    `net.ipv4.conf.${scope}.send_redirects=0`,
    // A balancer node rewrites sources to its own address before routing: without this the packet is a martian.
    ...(forwards ? [`net.ipv4.conf.${scope}.accept_local=1`] : []),
  ]);
  const forward = forwards ? ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"] : [];
  return [
    { argv: ["ip", "netns", "add", name] },
    { namespace: name, argv: ["sysctl", "-qw", ...four, ...six, ...forward, "net.ipv4.ip_unprivileged_port_start=0"] },
    { argv: ["ip", "-n", name, "link", "set", "lo", "up"] },
  ];
}

/** One host on its own cable to the router, with a single address and no neighbours. */
function attach(
  host: Addressed,
  topology: Topology,
  tools: { readonly ethtool: boolean; readonly line: boolean },
): readonly Command[] {
  const { router, six } = topology;
  const [here, there] = [host.namespace, router.namespace];
  const ip = (where: string, ...words: readonly string[]): Command => ({
    argv: ["ip", ...(six ? ["-6"] : []), "-n", where, ...words],
  });
  const link = (where: string, ...words: readonly string[]): Command => ({
    argv: ["ip", "-n", where, "link", ...words],
  });
  const plainSegments = (where: string, device: string): readonly Command[] =>
    tools.ethtool
      ? [
          {
            namespace: where,
            argv: ["ethtool", "-K", device, "tx", "off", "tso", "off", "gso", "off", "gro", "off"],
            mayFail: true,
          },
        ]
      : [];
  return [
    ...namespace(here, host.kind === "balancer" || host.kind === "nat"),
    ...(tools.line
      ? [
          { argv: ["ip", "-n", here, "tuntap", "add", "dev", "eth0", "mode", "tap"] },
          { argv: ["ip", "-n", there, "tuntap", "add", "dev", host.link, "mode", "tap"] },
        ]
      : [link(there, "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", here)]),
    // Captures show segments as they cross a wire, with their checksums.
    ...plainSegments(here, "eth0"),
    ...plainSegments(there, host.link),
    link(here, "set", "eth0", "up"),
    link(there, "set", host.link, "up"),
    ...(six
      ? [
          ip(here, "addr", "add", `${host.address}/128`, "dev", "eth0", "nodad"),
          ip(there, "addr", "add", `${ROUTER_6}/64`, "dev", host.link, "nodad"),
          ip(here, "route", "add", "default", "via", ROUTER_6, "dev", "eth0"),
          ip(there, "route", "add", `${host.address}/128`, "dev", host.link),
        ]
      : [
          ip(here, "addr", "add", `${host.address}/32`, "dev", "eth0"),
          ip(there, "addr", "add", `${ROUTER_4}/32`, "dev", host.link),
          ip(here, "route", "add", ROUTER_4, "dev", "eth0", "scope", "link"),
          ip(here, "route", "add", "default", "via", ROUTER_4, "dev", "eth0"),
          ip(there, "route", "add", `${host.address}/32`, "dev", host.link),
        ]),
  ];
}
