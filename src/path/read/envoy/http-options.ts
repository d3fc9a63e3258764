import type { HopNotes } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { count, goDuration, type Parse, zeroIsNever } from "../units.ts";

/** Envoy's durations, where 0 switches the timeout off (protocol.proto, http_connection_manager.proto, tcp_proxy.proto). */
export const duration: Parse = zeroIsNever(goDuration);
export const most: Parse = zeroIsNever(count);

/** HttpConnectionManager: connections that Envoy accepts. */
export function readManager(hop: HopNotes, manager: Spot): void {
  const common = manager.get("common_http_protocol_options");
  hop.take("idleTimeoutMs", common?.get("idle_timeout"), duration);
  hop.take("maxAgeMs", common?.get("max_connection_duration"), duration);
  hop.take("maxRequests", common?.get("max_requests_per_connection"), most);
  const http2 = manager.get("http2_protocol_options");
  hop.take("maxStreams", http2?.get("max_concurrent_streams"), count);
  hop.take("serverPingIntervalMs", http2?.get("connection_keepalive", "interval"), duration);
  hop.take("streamIdleTimeoutMs", manager.get("stream_idle_timeout"), duration);
  hop.take("requestTimeoutMs", manager.get("request_timeout"), duration);
  hop.take("headersTimeoutMs", manager.get("request_headers_timeout"), duration);
  hop.take("drainMs", manager.get("drain_timeout"), goDuration);
}

/** Cluster: connections that Envoy opens. */
export function readCluster(hop: HopNotes, cluster: Spot): void {
  hop.take("connectTimeoutMs", cluster.get("connect_timeout"), duration);
  const options = upstreamOptions(cluster);
  const common = options?.get("common_http_protocol_options") ?? cluster.get("common_http_protocol_options");
  hop.take("poolIdleTimeoutMs", common?.get("idle_timeout"), duration);
  hop.take("poolMaxAgeMs", common?.get("max_connection_duration"), duration);
  hop.take(
    "poolMaxRequests",
    common?.get("max_requests_per_connection") ?? cluster.get("max_requests_per_connection"),
    most,
  );
  const explicit =
    options?.get("explicit_http_config") ??
    options?.get("use_downstream_protocol_config") ??
    options?.get("auto_config");
  const http2 = explicit?.get("http2_protocol_options") ?? cluster.get("http2_protocol_options");
  // explicit_http_config fixes it; the cluster's own field is the older way to say the same (http_protocol_options.proto, cluster.proto).
  const fixed = options?.get("explicit_http_config");
  if (fixed?.get("http2_protocol_options") ?? cluster.get("http2_protocol_options")) hop.speaks("http2");
  else if (fixed?.get("http_protocol_options")) hop.speaks("http1");
  const ping = http2?.get("connection_keepalive");
  hop.take("pingIntervalMs", ping?.get("interval"), duration);
  hop.take("pingTimeoutMs", ping?.get("timeout"), goDuration);
  const interval = ping?.get("interval");
  if (interval !== undefined && hop.has("pingIntervalMs")) hop.set("pingsWithoutStreams", 1, interval, "derived");
  if (hop.get("poolMaxRequests")?.value === 1) {
    const source = common?.get("max_requests_per_connection") ?? cluster.get("max_requests_per_connection");
    if (source !== undefined) hop.set("reusesConnections", 0, source);
  }
  const probes = cluster.get("upstream_connection_options", "tcp_keepalive");
  readTcpKeepalive(hop, probes, ["keepalive_time", "keepalive_interval", "keepalive_probes"]);
  const check = cluster.get("health_checks")?.items()[0];
  hop.take("healthCheckIntervalMs", check?.get("interval"), goDuration);
  hop.take("healthCheckTimeoutMs", check?.get("timeout"), goDuration);
  hop.take("unhealthyThreshold", check?.get("unhealthy_threshold"), count);
  hop.take("healthyThreshold", check?.get("healthy_threshold"), count);
}

/** TCP keepalive: plain seconds in Envoy, durations in Istio; an empty message switches it on with the host's times. */
export function readTcpKeepalive(
  hop: HopNotes,
  probes: Spot | undefined,
  [time, interval, most]: readonly [string, string, string],
): void {
  if (probes === undefined) return;
  const parse = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) * 1000 : goDuration(text));
  hop.take("tcpKeepaliveMs", probes.get(time), parse);
  hop.take("tcpKeepaliveIntervalMs", probes.get(interval), parse);
  hop.take("tcpKeepaliveProbes", probes.get(most), count);
  if (!hop.has("tcpKeepaliveMs")) hop.set("tcpKeepalive", 1, { line: probes.line, key: probes.path, text: "" });
}

/** HttpProtocolOptions among a cluster's `typed_extension_protocol_options`. */
function upstreamOptions(cluster: Spot): Spot | undefined {
  const typed = cluster.get("typed_extension_protocol_options");
  return typed?.entries().find(([key]) => key.endsWith("HttpProtocolOptions"))?.[1];
}

/** TcpProxy: connections handed on as they are. */
export function readTcpProxy(hop: HopNotes, proxy: Spot): void {
  hop.take("idleTimeoutMs", proxy.get("idle_timeout"), duration);
  hop.take("maxAgeMs", proxy.get("max_downstream_connection_duration"), duration);
}
