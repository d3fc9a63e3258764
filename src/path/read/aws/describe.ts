import type { Format } from "../file-reader.ts";
import { type Reading, shown } from "../reading.ts";
import { type Row, takeRows } from "../rows.ts";
import type { Spot } from "../spot.ts";
import { readTrees } from "../trees.ts";
import { count, flag, seconds } from "../units.ts";
import { arnsIn, partOf } from "./arns.ts";
import {
  kindOf,
  preservationOf,
  productOfAttributes,
  productOfProtocol,
  readAttribute,
  TLS_IDLE_MS,
} from "./attributes.ts";

export const awsDescribe: Format = {
  id: "aws",
  title: "answers of aws elbv2 describe-* (also elb and ec2 describe-nat-gateways, describe-network-interfaces), JSON",
  recognise: (name, head) => {
    if (!/^[\s\u{feff}]*[{[]/u.test(head)) return 0;
    if (
      /"(?:LoadBalancers|TargetGroups|Listeners|LoadBalancerAttributes|NatGateways|LoadBalancerDescriptions)"\s*:/.test(
        head,
      )
    )
      return 0.9;
    if (/"ConnectionTrackingConfiguration"\s*:/.test(head)) return 0.9;
    if (/"Attributes"\s*:\s*\[/.test(head) && /"Key"\s*:\s*"(?:[a-z_0-9]+\.)+[a-z_0-9]+"/.test(head)) return 0.9;
    return /^(?:elb|aws|nlb|alb).*\.json$/.test(name) ? 0.2 : 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) readAnswer(reading, root, 0);
  },
};

function readAnswer(reading: Reading, answer: Spot, depth: number): void {
  if (depth > 3) return;
  for (const item of answer.items()) readAnswer(reading, item, depth + 1);
  for (const balancer of answer.get("LoadBalancers")?.items() ?? []) readBalancer(reading, balancer);
  for (const balancer of answer.get("LoadBalancerDescriptions")?.items() ?? []) {
    reading.hop({
      name: `load balancer ${nameOf(balancer, "LoadBalancerName")}`,
      role: "proxy",
      layer: 7,
      product: "aws-clb",
      ...at(balancer),
    });
  }
  for (const group of answer.get("TargetGroups")?.items() ?? []) readTargetGroup(reading, group);
  for (const listener of answer.get("Listeners")?.items() ?? []) readListener(reading, listener);
  for (const gateway of answer.get("NatGateways")?.items() ?? []) {
    reading.hop({
      name: `NAT gateway ${nameOf(gateway, "NatGatewayId")}`,
      role: "box",
      layer: 4,
      product: "aws-nat-gateway",
      ...at(gateway),
    });
  }
  for (const card of answer.get("NetworkInterfaces")?.items() ?? []) readInterface(reading, card);
  readClassic(reading, answer.get("LoadBalancerAttributes"));
  readAttributes(reading, answer.get("Attributes"));
  // Several answers put together under names of one's own.
  if (answer.get("Attributes") === undefined) {
    for (const [, inner] of answer.entries()) if (inner.tree.kind === "map") readAnswer(reading, inner, depth + 1);
  }
}

const at = (spot: Spot) => ({ line: spot.line, key: spot.path }) as const;

const nameOf = (spot: Spot, key: string): string => shown(spot.get(key)?.text ?? "without a name", 80);

function readBalancer(reading: Reading, balancer: Spot): void {
  const type = balancer.get("Type")?.text;
  const product =
    type === "network" ? "aws-nlb" : type === "application" ? "aws-alb" : type === "gateway" ? "aws-gwlb" : undefined;
  if (product === undefined) {
    reading.ignore(balancer.line, "a load balancer of a type that is not known");
    return;
  }
  const hop = reading.hop({
    name: `load balancer ${nameOf(balancer, "LoadBalancerName")}`,
    product,
    ...kindOf(product),
    part: partOf("balancer", balancer.get("LoadBalancerArn"), []),
    ...at(balancer),
  });
  for (const attribute of balancer.get("Attributes")?.items() ?? []) readPair(hop, attribute);
}

const CHECK: readonly Row[] = [
  ["HealthCheckIntervalSeconds", "healthCheckIntervalMs", seconds],
  ["HealthCheckTimeoutSeconds", "healthCheckTimeoutMs", seconds],
  ["UnhealthyThresholdCount", "unhealthyThreshold", count],
  ["HealthyThresholdCount", "healthyThreshold", count],
];

function readTargetGroup(reading: Reading, group: Spot): void {
  const protocol = group.get("Protocol")?.text;
  const product = productOfProtocol(protocol);
  const hop = reading.hop({
    name: `target group ${nameOf(group, "TargetGroupName")}`,
    product,
    ...kindOf(product),
    part: partOf("targets", group.get("TargetGroupArn"), arnsIn(group.get("LoadBalancerArns"))),
    ...at(group),
  });
  takeRows(hop, group, CHECK);
  for (const attribute of group.get("Attributes")?.items() ?? []) readPair(hop, attribute);
  const type = group.get("TargetType");
  const preserved = product === "aws-nlb" ? preservationOf(type?.text, protocol) : undefined;
  if (type === undefined || preserved === undefined) return;
  hop.derive("clientIpPreservation", preserved, type);
  reading.assume(
    type.line,
    `client-IP preservation of target group ${nameOf(group, "TargetGroupName")} taken from its target type, since no attribute says so here`,
  );
}

function readListener(reading: Reading, listener: Spot): void {
  const protocol = listener.get("Protocol")?.text;
  const product = productOfProtocol(protocol);
  const name = `listener ${shown(protocol ?? "", 20)} ${shown(listener.get("Port")?.text ?? "", 10)}`;
  const of = [...arnsIn(listener.get("LoadBalancerArn")), ...arnsIn(listener.get("DefaultActions"))];
  const part = partOf("listener", listener.get("ListenerArn"), of);
  const hop = reading.hop({ name, product, ...kindOf(product), part, ...at(listener), onlyWithSettings: true });
  for (const attribute of listener.get("Attributes")?.items() ?? []) readPair(hop, attribute);
  if (protocol !== "TLS") return;
  hop.fix("idleTimeoutMs", TLS_IDLE_MS, listener.get("Protocol") ?? listener);
  reading.assume(listener.line, "a TLS listener's idle timeout is 350 s and can't be changed");
}

/** `{"Key": …, "Value": …}` */
function readPair(hop: ReturnType<Reading["hop"]>, pair: Spot): void {
  const key = pair.get("Key")?.text;
  const value = pair.get("Value");
  if (key !== undefined && value?.text !== undefined)
    readAttribute(hop, key, { line: value.line, key, text: value.text });
}

/** The answer of describe-load-balancer-attributes, -target-group-attributes or -listener-attributes; it names no resource. */
function readAttributes(reading: Reading, list: Spot | undefined): void {
  if (list === undefined) return;
  const pairs = list.items();
  const product = productOfAttributes(pairs.map((pair) => pair.get("Key")?.text ?? ""));
  const part = { kind: "overlay", of: [] } as const;
  const about = { name: "attributes", product, ...kindOf(product), part, ...at(list) };
  const hop = reading.hop({ ...about, onlyWithSettings: true });
  for (const pair of pairs) readPair(hop, pair);
}

/** Classic Load Balancer: `aws elb describe-load-balancer-attributes`. */
function readClassic(reading: Reading, attributes: Spot | undefined): void {
  if (attributes === undefined) return;
  const hop = reading.hop({
    name: "classic load balancer",
    role: "proxy",
    layer: 7,
    product: "aws-clb",
    ...at(attributes),
  });
  takeRows(hop, attributes, [
    ["ConnectionSettings.IdleTimeout", ["idleTimeoutMs", "poolIdleTimeoutMs", "streamIdleTimeoutMs"], seconds],
    ["CrossZoneLoadBalancing.Enabled", "crossZone", flag],
  ]);
  if (attributes.get("ConnectionDraining", "Enabled")?.text !== "false") {
    hop.take("deregistrationDelayMs", attributes.get("ConnectionDraining", "Timeout"), seconds);
  }
}

function readInterface(reading: Reading, card: Spot): void {
  const name = `network interface ${nameOf(card, "NetworkInterfaceId")}`;
  const hop = reading.hop({
    name,
    role: "box",
    layer: 4,
    product: "aws-security-group",
    ...at(card),
    onlyWithSettings: true,
  });
  hop.take("idleTimeoutMs", card.get("ConnectionTrackingConfiguration", "TcpEstablishedTimeout"), seconds);
}
