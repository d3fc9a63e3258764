import type { NetworkBalancer } from "../scenario/scenario.ts";

/** One balancer node: its own address, the port it serves, the targets it may send to (by index into `targets`). */
export interface BalancerNode {
  readonly six: boolean;
  readonly vip: string;
  readonly port: number;
  /** Addresses of all targets of all zones. */
  readonly targets: readonly string[];
  /** Which of them take new flows from this node. */
  readonly serving: readonly number[];
  /** Differs per node: two nodes choose independently. */
  readonly hashSeed: number;
}

/** Named counters of a node and what CloudWatch calls them. */
export const COUNTERS: Readonly<Record<string, string>> = {
  elb_reset: "TCP_ELB_Reset_Count",
  client_reset: "TCP_Client_Reset_Count",
  target_reset: "TCP_Target_Reset_Count",
  new_flows: "NewFlowCount",
};

/**
 * The rules of a balancer node, for `nft -f -`.
 *
 * With the clients' addresses preserved a node rewrites destinations only and keeps no connection: a set for each target holds the
 * client ports that go there, each forgotten after the idle timeout, without a word; what comes for a forgotten flow is reset (or dropped). Every SYN
 * chooses, by a hash with its initial number in it, so that a SYN that is repeated comes to the same target. Without preservation the
 * node is a translator with a connection table, and its own port is what the target sees.
 *
 * The keys hold one address each: nft 1.0.6 fails an assertion on keys with two IPv6 addresses and a port.
 */
export function balancerRules(node: BalancerNode, balancer: NetworkBalancer, idleTimeoutMs: number): string {
  return balancer.preserveClientIp ? preserving(node, balancer, idleTimeoutMs) : translating(node, balancer);
}

/** Kernel settings of a node that translates: how its connection table forgets. Whole seconds, as the kernel takes them. */
export function translatorSettings(idleTimeoutMs: number): readonly string[] {
  const seconds = Math.max(1, Math.round(idleTimeoutMs / 1000));
  return [
    `net.netfilter.nf_conntrack_tcp_timeout_established=${seconds}`,
    `net.netfilter.nf_conntrack_tcp_timeout_unacknowledged=${seconds}`,
    `net.netfilter.nf_conntrack_tcp_timeout_max_retrans=${seconds}`,
    "net.netfilter.nf_conntrack_tcp_loose=0",
    "net.netfilter.nf_conntrack_tcp_be_liberal=1",
  ];
}

/** Replaces the choice of targets in a node that runs, in one transaction. Flows that it has stay where they are. */
export function rechooseRules(node: BalancerNode, balancer: NetworkBalancer): string {
  const table = `${family(node)} nlb`;
  const chain = balancer.preserveClientIp ? "pick" : "choose";
  const rules = balancer.preserveClientIp ? pickRules(node) : translateRules(node);
  return [`flush chain ${table} ${chain}`, ...rules.map((rule) => `add rule ${table} ${chain} ${rule}`), ""].join("\n");
}

/** Forgets all flows to one target in a node that preserves addresses: what still comes meets `forgotten`. */
export function forgetTargetRules(node: BalancerNode, target: number): string {
  return `flush set ${family(node)} nlb to_${target}\n`;
}

const family = (node: BalancerNode): "ip" | "ip6" => (node.six ? "ip6" : "ip");

function preserving(node: BalancerNode, balancer: NetworkBalancer, idleTimeoutMs: number): string {
  const ip = family(node);
  const key = `${node.six ? "ipv6_addr" : "ipv4_addr"} . inet_service`;
  const refuse = refusal(balancer);
  const sets = node.targets.map((_, i) => [
    ` set to_${i} {`,
    `  type ${key}; flags dynamic,timeout; timeout ${Math.max(100, Math.round(idleTimeoutMs))}ms; size 65536;`,
    " }",
  ]);
  const goTo = node.targets.map((_, i) => [
    ` chain pick_${i} {`,
    ...node.targets.flatMap((_, other) => (other === i ? [] : [`  delete @to_${other} { ${ip} saddr . tcp sport }`])),
    `  update @to_${i} { ${ip} saddr . tcp sport }`,
    " }",
  ]);
  const forward = node.targets.map(
    (target, i) =>
      `  ${ip} saddr . tcp sport @to_${i} update @to_${i} { ${ip} saddr . tcp sport } ${ip} daddr set ${target} accept`,
  );
  const back = node.targets.map(
    (target, i) =>
      `  ${ip} saddr ${target} ${ip} daddr . tcp dport @to_${i} update @to_${i} { ${ip} daddr . tcp dport } ${ip} saddr set ${node.vip} accept`,
  );
  return lines(
    `table ${ip} nlb {`,
    ...counters(),
    ...sets,
    ...goTo,
    " chain pick {",
    ...pickRules(node).map((rule) => `  ${rule}`),
    " }",
    " chain toward_target {",
    "  tcp flags & (fin | syn | rst | ack) == syn counter name new_flows jump pick",
    `  tcp flags & rst == rst counter name client_reset`,
    ...forward,
    `  ${refuse}`,
    " }",
    " chain toward_client {",
    `  tcp flags & rst == rst counter name target_reset`,
    ...back,
    `  ${refuse}`,
    " }",
    " chain pre {",
    "  type filter hook prerouting priority raw; policy accept;",
    `  ${ip} daddr ${node.vip} tcp dport ${node.port} notrack goto toward_target`,
    // Answers to the node's own health checks come to its own address and are not forwarded.
    `  ${ip} saddr { ${node.targets.join(", ")} } tcp sport ${node.port} ${ip} daddr != ${node.vip} notrack goto toward_client`,
    " }",
    "}",
  );
}

function translating(node: BalancerNode, balancer: NetworkBalancer): string {
  const ip = family(node);
  const targets = `{ ${node.targets.join(", ")} }`;
  const [first, last] = balancer.snatPorts;
  const source = node.six ? `[${node.vip}]:${first}-${last}` : `${node.vip}:${first}-${last}`;
  const refuse = refusal(balancer);
  return lines(
    `table ${ip} nlb {`,
    ...counters(),
    " chain choose {",
    ...translateRules(node).map((rule) => `  ${rule}`),
    " }",
    " chain pre {",
    "  type nat hook prerouting priority dstnat; policy accept;",
    `  ${ip} daddr ${node.vip} tcp dport ${node.port} counter name new_flows goto choose`,
    " }",
    " chain post {",
    "  type nat hook postrouting priority srcnat; policy accept;",
    // Only what was sent to the node's address: its own health checks keep their ports.
    `  ct status dnat ${ip} daddr ${targets} tcp dport ${node.port} snat to ${source}`,
    " }",
    " chain filt {",
    "  type filter hook prerouting priority filter; policy accept;",
    `  ${ip} daddr ${node.vip} tcp dport ${node.port} ct state invalid ${refuse}`,
    `  ${ip} saddr ${targets} tcp sport ${node.port} ct state invalid ${refuse}`,
    " }",
    " chain through {",
    "  type filter hook forward priority filter; policy accept;",
    `  ${ip} daddr ${targets} tcp flags & rst == rst counter name client_reset`,
    `  ${ip} saddr ${targets} tcp flags & rst == rst counter name target_reset`,
    " }",
    "}",
  );
}

const refusal = (balancer: NetworkBalancer): string =>
  balancer.forgotten === "reset" ? "counter name elb_reset reject with tcp reset" : "counter drop";

const counters = (): readonly string[] => Object.keys(COUNTERS).map((name) => ` counter ${name} { }`);

/** One of the serving targets; none: the SYN goes on to the end of the chain and is refused. */
function pickRules(node: BalancerNode): readonly string[] {
  if (node.serving.length === 0) return [];
  if (node.serving.length === 1) return [`jump pick_${node.serving[0]}`];
  const cases = node.serving.map((target, i) => `${i} : jump pick_${target}`).join(", ");
  return [`${hashOf(node)} mod ${node.serving.length} seed ${hex(node.hashSeed)} vmap { ${cases} }`];
}

function translateRules(node: BalancerNode): readonly string[] {
  const targets = node.serving.map((index) => node.targets[index] ?? "");
  if (targets.length === 0) return ["drop"];
  if (targets.length === 1) return [`dnat to ${targets[0]}`];
  const cases = targets.map((target, i) => `${i} : ${target}`).join(", ");
  return [`dnat to ${hashOf(node)} mod ${targets.length} seed ${hex(node.hashSeed)} map { ${cases} }`];
}

/** The four-tuple and the initial number; for IPv6 without the addresses, for nft's sake. */
const hashOf = (node: BalancerNode): string =>
  node.six ? "jhash tcp sport . tcp sequence" : "jhash ip saddr . tcp sport . ip daddr . tcp sequence";

const hex = (seed: number): string => `0x${(seed >>> 0).toString(16)}`;

/** One statement a line: nft 1.0.6 wants a new line before a closing brace. */
const lines = (...parts: readonly (string | readonly string[])[]): string => `${parts.flat().join("\n")}\n`;
