import type { Command } from "./lab-plan.ts";
import type { Addressed, Topology } from "./topology.ts";

/**
 * Where answers go when the targets see the clients' own addresses: to the balancer node that forwarded latest, as was seen with AWS, or to
 * the first. The router keeps, for each node and target, the client ports that node brought. There is a set for each rather than one
 * map, since `update @map { key : value }` of a key that is there refreshes its timeout and leaves its value.
 */
export function replyPathCommands(topology: Topology, port: number, replyPath: "latest" | "first"): readonly Command[] {
  const { router, balancers, servers, six } = topology;
  const ip = six ? "ip6" : "ip";
  const key = `${six ? "ipv6_addr" : "ipv4_addr"} . inet_service`;
  const came = `{ ${ip} saddr . tcp sport }`;
  const sets: string[] = [];
  const rules: string[] = [];
  for (const [n, node] of balancers.entries()) {
    for (const [k, server] of servers.entries()) {
      sets.push(` set via_${n}_${k} {`, `  type ${key}; flags dynamic,timeout; timeout 24h; size 65536;`, " }");
      const others = balancers.map((_, other) => other).filter((other) => other !== n);
      const from = `iifname "${node.link}" ${ip} daddr ${server.address} tcp dport ${port}`;
      const keep =
        replyPath === "latest"
          ? others.map((other) => `delete @via_${other}_${k} ${came}`)
          : others.map((other) => `${ip} saddr . tcp sport != @via_${other}_${k}`);
      // Told to stay with the first: until that flow ends, for its last packets may still come.
      if (replyPath === "first") {
        const over = `{ ${ip} saddr . tcp sport timeout 1s }`;
        rules.push(
          `  ${from} tcp flags & (fin | rst) != 0x0 ${ip} saddr . tcp sport @via_${n}_${k} update @via_${n}_${k} ${over} accept`,
        );
      }
      // What the node itself sends, its health checks, is answered to the node by its address.
      rules.push(
        `  ${[from, `${ip} saddr != ${node.address}`, ...keep, `update @via_${n}_${k} ${came}`, "accept"].join(" ")}`,
      );
    }
  }
  for (const [n] of balancers.entries())
    for (const [k, server] of servers.entries())
      rules.push(
        `  ${ip} saddr ${server.address} tcp sport ${port} ${ip} daddr . tcp dport @via_${n}_${k} meta mark set ${MARK + n} accept`,
      );
  const input = [
    `table ${ip} replies {`,
    ...sets,
    " chain pre {",
    "  type filter hook prerouting priority mangle; policy accept;",
    ...rules,
    " }",
    "}",
    "",
  ].join("\n");
  return [
    { namespace: router.namespace, argv: ["nft", "-f", "-"], input },
    ...balancers.flatMap((node, n) => replyRoute(topology, node, MARK + n)),
  ];
}

/** Marks and routing tables of the nodes are counted from here. */
const MARK = 10;

function replyRoute(topology: Topology, node: Addressed, mark: number): readonly Command[] {
  const ip = ["ip", ...(topology.six ? ["-6"] : []), "-n", topology.router.namespace];
  return [
    { argv: [...ip, "rule", "add", "fwmark", `${mark}`, "table", `${mark}`] },
    { argv: [...ip, "route", "add", "default", "via", node.address, "dev", node.link, "onlink", "table", `${mark}`] },
  ];
}
