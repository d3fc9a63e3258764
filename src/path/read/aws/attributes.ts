import type { SettingKey } from "../../setting.ts";
import type { HopNotes, Written } from "../reading.ts";
import { flag, type Parse, seconds } from "../units.ts";

/** What `idle_timeout.timeout_seconds` of an Application Load Balancer rules: both of its sides. */
export const ALB_IDLE: readonly SettingKey[] = [
  "idleTimeoutMs",
  "poolIdleTimeoutMs",
  "streamIdleTimeoutMs",
  "responseTimeoutMs",
];

/** The idle timeout of a network balancer's TLS listener, which cannot be changed (user guide, "Update the TCP idle timeout", read 2026-11-20). */
export const TLS_IDLE_MS = 350_000;

/** Attributes of load balancers, listeners and target groups (Elastic Load Balancing API reference, version 2015-12-01, read 2026-11-20). */
const ATTRIBUTES: ReadonlyMap<string, readonly [SettingKey | readonly SettingKey[], Parse]> = new Map<
  string,
  readonly [SettingKey | readonly SettingKey[], Parse]
>([
  ["tcp.idle_timeout.seconds", ["idleTimeoutMs", seconds]],
  ["idle_timeout.timeout_seconds", [ALB_IDLE, seconds]],
  ["client_keep_alive.seconds", ["maxAgeMs", seconds]],
  ["load_balancing.cross_zone.enabled", ["crossZone", flag]],
  ["preserve_client_ip.enabled", ["clientIpPreservation", flag]],
  ["deregistration_delay.timeout_seconds", ["deregistrationDelayMs", seconds]],
]);

/** Which product a list of attributes belongs to, if its keys decide that. */
export function productOfAttributes(keys: readonly string[]): "aws-alb" | "aws-nlb" | undefined {
  const alb =
    /^(?:idle_timeout\.|client_keep_alive\.|routing\.http|waf\.|slow_start|load_balancing\.algorithm|stickiness\.(?:lb_cookie|app_cookie)|lambda\.)/;
  const nlb =
    /^(?:tcp\.idle_timeout|dns_record\.client_routing|preserve_client_ip|proxy_protocol_v2|deregistration_delay\.connection|target_health_state)/;
  if (keys.some((key) => alb.test(key))) return "aws-alb";
  return keys.some((key) => nlb.test(key)) ? "aws-nlb" : undefined;
}

/** One attribute; those that rules do not compare are passed over. */
export function readAttribute(hop: HopNotes, attribute: string, written: Written): void {
  const known = ATTRIBUTES.get(attribute);
  // A target group may leave cross-zone to its load balancer.
  if (known === undefined || written.text === "use_load_balancer_configuration") return;
  hop.take(known[0], written, known[1]);
}

/**
 * Whether targets see the client's address where nothing says so: registered by instance, yes; by address, not for TCP and TLS, and
 * always for UDP (user guide, "Edit target group attributes", read 2026-11-20).
 */
export function preservationOf(targetType: string | undefined, protocol: string | undefined): 0 | 1 | undefined {
  if (targetType === "instance") return 1;
  if (targetType !== "ip" || protocol === undefined) return undefined;
  return protocol === "TCP" || protocol === "TLS" ? 0 : 1;
}

/** The product whose target group, or listener, speaks a protocol. */
export function productOfProtocol(protocol: string | undefined): "aws-alb" | "aws-nlb" | "aws-gwlb" | undefined {
  if (protocol === undefined) return undefined;
  if (/^https?$/i.test(protocol)) return "aws-alb";
  if (/^(?:tcp|tls|udp|tcp_udp|quic|tcp_quic)$/i.test(protocol)) return "aws-nlb";
  return /^geneve$/i.test(protocol) ? "aws-gwlb" : undefined;
}

/** Role and layer of a product. */
export const kindOf = (product: string | undefined): { readonly role: "proxy" | "box"; readonly layer: 4 | 7 } =>
  product === "aws-alb" || product === "aws-clb" ? { role: "proxy", layer: 7 } : { role: "box", layer: 4 };
