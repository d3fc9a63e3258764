import type { HopRole, Layer, Part } from "../hop.ts";
import { arnsIn, partOf } from "./aws/arns.ts";
import { ALB_IDLE, preservationOf, productOfProtocol, TLS_IDLE_MS } from "./aws/attributes.ts";
import type { Format } from "./file-reader.ts";
import { LIMITS } from "./limits.ts";
import { type HopNotes, type Reading, shown } from "./reading.ts";
import { type Row, takeRows } from "./rows.ts";
import type { Spot } from "./spot.ts";
import { readTrees } from "./trees.ts";
import { count, flag, minutes, seconds } from "./units.ts";

export const terraform: Format = {
  id: "terraform",
  title: "terraform show -json, of a state or a plan: AWS, Azure and Google balancers and NAT",
  recognise: (_, head) => {
    if (!/^[\s\u{feff}]*\{/u.test(head)) return 0;
    if (
      /"terraform_version"\s*:/.test(head) ||
      (/"format_version"\s*:/.test(head) && /"(?:planned_values|values|root_module)"\s*:/.test(head))
    )
      return 0.95;
    return 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) readState(reading, root);
  },
};

function readState(reading: Reading, root: Spot): void {
  const values = root.get("planned_values") ?? root.get("values") ?? root.get("prior_state", "values");
  const module = values?.get("root_module");
  if (module !== undefined) readModule(reading, module, 0);
  else
    reading.problem(
      "malformed",
      root.line,
      "no planned_values or values with a root_module: is it what terraform show -json prints?",
    );
}

function readModule(reading: Reading, module: Spot, depth: number): void {
  for (const resource of module
    .get("resources")
    ?.items()
    .slice(0, LIMITS.hops * 5) ?? []) {
    const type = resource.get("type")?.text ?? "";
    const known = Object.hasOwn(RESOURCES, type) ? RESOURCES[type] : undefined;
    const values = resource.get("values");
    if (known !== undefined && values !== undefined)
      known(reading, shown(resource.get("address")?.text ?? type, 140), values);
    else if (
      /^(?:aws_(?:lb|elb|alb|nat|vpn|globalaccel|cloudfront_distribution)|kubernetes_(?:service|ingress|config_map|deployment|manifest)(?:_v1)?$|helm_release$|azurerm_(?:lb|nat|application_gateway|frontdoor)|google_compute_(?:router_nat|backend|target|forwarding))/.test(
        type,
      )
    ) {
      if (known === undefined && !SILENT.test(type)) reading.ignore(resource.line, `${shown(type, 60)} is not read`);
    }
  }
  if (depth > 20) return;
  for (const child of module.get("child_modules")?.items() ?? []) readModule(reading, child, depth + 1);
}

const SILENT =
  /_attachment$|_rule$|_certificate$|_association$|_policy$|_pool$|_probe$|_global_forwarding_rule$|_forwarding_rule$/;

interface Kind {
  readonly product?: string | undefined;
  readonly role: HopRole;
  readonly layer: Layer;
  readonly part?: Part;
}

type ReadResource = (reading: Reading, address: string, values: Spot) => void;

const BOX: Kind = { role: "box", layer: 4 };
const PROXY: Kind = { role: "proxy", layer: 7 };

const begin = (reading: Reading, address: string, values: Spot, kind: Kind): HopNotes =>
  reading.hop({ name: address, ...kind, line: values.line, key: address });

/** Reads a resource by a table; keys of settings bear the resource's address in front. */
const simple =
  (product: string, kind: Kind, rows: readonly Row[]): ReadResource =>
  (reading, address, values) =>
    takeRows(begin(reading, address, values, { ...kind, product }), values.called(address), rows);

const CHECK: readonly Row[] = [
  ["interval", "healthCheckIntervalMs", seconds],
  ["timeout", "healthCheckTimeoutMs", seconds],
  ["unhealthy_threshold", "unhealthyThreshold", count],
  ["healthy_threshold", "healthyThreshold", count],
];

const balancer: ReadResource = (reading, address, values) => {
  const network = values.get("load_balancer_type")?.text === "network";
  const gateway = values.get("load_balancer_type")?.text === "gateway";
  const at = values.called(address);
  const kind = network
    ? { ...BOX, product: "aws-nlb" }
    : gateway
      ? { ...BOX, product: "aws-gwlb" }
      : { ...PROXY, product: "aws-alb" };
  const hop = begin(reading, address, values, { ...kind, part: partOf("balancer", values.get("arn"), []) });
  hop.take("crossZone", at.get("enable_cross_zone_load_balancing"), flag);
  // A network balancer shows an idle_timeout too, which is not its own.
  if (network || gateway) return;
  hop.take(ALB_IDLE, at.get("idle_timeout"), seconds);
  hop.take("maxAgeMs", at.get("client_keep_alive"), seconds);
};

const targetGroup: ReadResource = (reading, address, values) => {
  const protocol = values.get("protocol")?.text;
  const product = productOfProtocol(protocol);
  const at = values.called(address);
  const part = partOf("targets", values.get("arn"), arnsIn(values.get("load_balancer_arns")));
  const hop = begin(reading, address, values, { ...(product === "aws-alb" ? PROXY : BOX), product, part });
  // A target group may leave cross-zone to its load balancer.
  const crossZone = at.get("load_balancing_cross_zone_enabled");
  if (crossZone?.text !== "use_load_balancer_configuration") hop.take("crossZone", crossZone, flag);
  hop.take("deregistrationDelayMs", at.get("deregistration_delay"), seconds);
  hop.take("clientIpPreservation", at.get("preserve_client_ip"), flag);
  const check = at.get("health_check");
  takeRows(hop, check?.items()[0] ?? check, CHECK);
  const type = at.get("target_type");
  const preserved = product === "aws-nlb" ? preservationOf(type?.text, protocol) : undefined;
  if (type !== undefined && preserved !== undefined) hop.derive("clientIpPreservation", preserved, type);
};

const listener: ReadResource = (reading, address, values) => {
  const product = productOfProtocol(values.get("protocol")?.text);
  if (product !== "aws-nlb") return;
  const of = [...arnsIn(values.get("load_balancer_arn")), ...arnsIn(values.get("default_action"))];
  const part = partOf("listener", values.get("arn"), of);
  const about = { name: address, ...BOX, product, part, line: values.line, key: address };
  const hop = reading.hop({ ...about, onlyWithSettings: true });
  const at = values.called(address).get("tcp_idle_timeout_seconds");
  const protocol = values.called(address).get("protocol");
  // The provider writes 350 for UDP and TLS listeners too.
  if (protocol?.text === "TCP") hop.take("idleTimeoutMs", at, seconds);
  else if (protocol?.text === "TLS") hop.fix("idleTimeoutMs", TLS_IDLE_MS, protocol);
};

const classic = simple("aws-clb", PROXY, [
  ["idle_timeout", ["idleTimeoutMs", "poolIdleTimeoutMs", "streamIdleTimeoutMs"], seconds],
  ["cross_zone_load_balancing", "crossZone", flag],
  ["connection_draining_timeout", "deregistrationDelayMs", seconds],
]);

const googleProxy =
  (product: string): ReadResource =>
  (reading, address, values) => {
    const hop = begin(reading, address, values, { ...PROXY, product });
    const at = values.called(address).get("http_keep_alive_timeout_sec");
    // 0 stands for what was not set.
    if (at?.text !== "0") hop.take("idleTimeoutMs", at, seconds);
  };

const googleBackend = simple("gcp-http-balancer", PROXY, [
  ["timeout_sec", "responseTimeoutMs", seconds],
  ["connection_draining_timeout_sec", "deregistrationDelayMs", seconds],
]);

/**
 * Resources by their type, with the providers' attribute names (hashicorp/aws, azurerm and google). azurerm_lb_rule: 4 to 100 minutes and
 * `enable_tcp_reset` in website/docs/r/lb_rule.html.markdown of hashicorp/terraform-provider-azurerm@068f89cf, read 2026-11-21; later
 * versions call it `tcp_reset_enabled`. `tcp_idle_timeout_seconds` sets the listener attribute `tcp.idle_timeout.seconds`: 60 to 6000 s, 350
 * unless set (Elastic Load Balancing API reference, ListenerAttribute, read 2026-11-21).
 */
const RESOURCES: Readonly<Record<string, ReadResource>> = {
  aws_lb: balancer,
  aws_alb: balancer,
  aws_lb_target_group: targetGroup,
  aws_alb_target_group: targetGroup,
  aws_lb_listener: listener,
  aws_alb_listener: listener,
  aws_elb: classic,
  aws_nat_gateway: simple("aws-nat-gateway", BOX, []),
  azurerm_lb_rule: simple("azure-load-balancer", BOX, [
    ["idle_timeout_in_minutes", "idleTimeoutMs", minutes],
    ["enable_tcp_reset", "resetsOnExpiry", flag],
    ["tcp_reset_enabled", "resetsOnExpiry", flag],
  ]),
  azurerm_lb_outbound_rule: simple("azure-load-balancer", BOX, [
    ["idle_timeout_in_minutes", "idleTimeoutMs", minutes],
    ["enable_tcp_reset", "resetsOnExpiry", flag],
    ["tcp_reset_enabled", "resetsOnExpiry", flag],
  ]),
  azurerm_nat_gateway: simple("azure-nat-gateway", BOX, [["idle_timeout_in_minutes", "idleTimeoutMs", minutes]]),
  google_compute_router_nat: simple("gcp-cloud-nat", BOX, [
    ["tcp_established_idle_timeout_sec", "idleTimeoutMs", seconds],
  ]),
  google_compute_target_http_proxy: googleProxy("gcp-http-balancer"),
  google_compute_target_https_proxy: googleProxy("gcp-http-balancer"),
  google_compute_region_target_http_proxy: googleProxy("gcp-regional-http-balancer"),
  google_compute_region_target_https_proxy: googleProxy("gcp-regional-http-balancer"),
  google_compute_backend_service: googleBackend,
  google_compute_region_backend_service: googleBackend,
};
