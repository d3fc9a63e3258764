import type { Part } from "../../hop.ts";
import { duration, most, readCluster, readManager, readTcpKeepalive, readTcpProxy } from "../envoy/http-options.ts";
import { type HopNotes, type Reading, shown } from "../reading.ts";
import { Spot } from "../spot.ts";
import { goDuration } from "../units.ts";
import { yamlTrees } from "../yaml-tree.ts";
import type { KubernetesObject } from "./kubernetes.ts";

/** DestinationRule: how sidecars and gateways connect to a host (networking.istio.io, destination_rule.proto). */
export function readDestinationRule({ reading, name, root }: KubernetesObject): void {
  const spec = root.get("spec");
  const part: Part = { kind: "base", id: hostOf(root, spec?.get("host")?.text), of: [] };
  const host = shown(spec?.get("host")?.text ?? "", 100);
  const own = `DestinationRule ${name} -> ${host}`;
  const policy = spec?.get("trafficPolicy");
  readPolicy({ reading, name: own, part }, policy, policy === undefined ? spec : undefined);
  for (const subset of spec?.get("subsets")?.items() ?? []) {
    const name = `${own} subset ${shown(subset.get("name")?.text ?? "", 60)}`;
    readPolicy({ reading, name, part }, subset.get("trafficPolicy"));
  }
}

/** A host by its whole name where the object's namespace is said: short names are looked up in that (virtual_service.proto, Destination.host). */
function hostOf(root: Spot, host = ""): string {
  const space = root.get("metadata", "namespace")?.text;
  return shown(host.includes(".") || space === undefined ? host : `${host}.${space}.svc.cluster.local`, 300);
}

interface Rule {
  readonly reading: Reading;
  readonly name: string;
  readonly part: Part;
}

function readPolicy({ reading, name, part }: Rule, policy: Spot | undefined, instead?: Spot): void {
  const at = policy ?? instead;
  if (at === undefined) return;
  const hop = reading.hop({
    name,
    role: "proxy",
    layer: 7,
    product: "istio",
    part,
    line: at.line,
    key: at.path,
    onlyWithSettings: policy === undefined,
  });
  readPool(reading, hop, policy?.get("connectionPool"));
  for (const port of policy?.get("portLevelSettings")?.items() ?? []) {
    const number = shown(port.get("port", "number")?.text ?? "", 10);
    const inner = reading.hop({
      name: `${name} port ${number}`,
      role: "proxy",
      layer: 7,
      product: "istio",
      part,
      line: port.line,
      key: port.path,
      onlyWithSettings: true,
    });
    // A port's settings replace the whole policy's (destination_rule.proto, port_level_settings).
    readPool(reading, inner, port.get("connectionPool"));
  }
}

function readPool(reading: Reading, hop: HopNotes, pool: Spot | undefined): void {
  hop.take("poolIdleTimeoutMs", pool?.get("http", "idleTimeout"), duration);
  hop.take("poolMaxRequests", pool?.get("http", "maxRequestsPerConnection"), most);
  const once = pool?.get("http", "maxRequestsPerConnection");
  if (once?.text === "1") hop.set("reusesConnections", 0, once);
  hop.take("connectTimeoutMs", pool?.get("tcp", "connectTimeout"), goDuration);
  hop.take("poolMaxAgeMs", pool?.get("tcp", "maxConnectionDuration"), duration);
  readTcpKeepalive(hop, pool?.get("tcp", "tcpKeepalive"), ["time", "interval", "probes"]);
  if (pool?.get("http", "h2UpgradePolicy")?.text === "UPGRADE") hop.speaks("http2");
  const idle = pool?.get("tcp", "idleTimeout");
  if (idle === undefined) return;
  reading.ignore(
    idle.line,
    "connectionPool.tcp.idleTimeout rules TCP proxying only; for HTTP it is connectionPool.http.idleTimeout",
  );
}

/** EnvoyFilter: patches of Envoy's own configuration. */
export function readEnvoyFilter({ reading, name, root }: KubernetesObject): void {
  for (const patch of root.get("spec", "configPatches")?.items() ?? []) {
    const value = patch.get("patch", "value");
    const kind = patch.get("applyTo")?.text ?? "";
    if (value === undefined) continue;
    const context = shown(patch.get("match", "context")?.text ?? "ANY", 30);
    const start = {
      name: `EnvoyFilter ${name} ${context}`,
      role: "proxy",
      product: "istio",
      line: patch.line,
      key: patch.path,
    } as const;
    const config = value.get("typed_config");
    const type = config?.get("@type")?.text ?? "";
    const filter =
      patch.get("match", "listener", "filterChain", "filter", "name")?.text ?? value.get("name")?.text ?? "";
    if (kind === "CLUSTER") readCluster(reading.hop({ ...start, layer: 7, onlyWithSettings: true }), value);
    else if (
      kind === "NETWORK_FILTER" &&
      config !== undefined &&
      /HttpConnectionManager$|http_connection_manager$/.test(type || filter)
    ) {
      readManager(reading.hop({ ...start, layer: 7, onlyWithSettings: true }), config);
    } else if (kind === "NETWORK_FILTER" && config !== undefined && /TcpProxy$|tcp_proxy$/.test(type || filter)) {
      readTcpProxy(reading.hop({ ...start, layer: 4, protocol: "tcp", onlyWithSettings: true }), config);
    } else reading.ignore(patch.line, `EnvoyFilter patch of ${shown(kind, 40)} is not read`);
  }
}

/** VirtualService: how long a route may take. */
export function readVirtualService({ reading, name, root }: KubernetesObject): void {
  for (const route of root.get("spec", "http")?.items() ?? []) {
    const host = route.get("route")?.items()[0]?.get("destination", "host")?.text;
    const to = host === undefined ? "" : ` -> ${shown(host, 100)}`;
    const hop = reading.hop({
      name: `VirtualService ${name}${to}`,
      role: "proxy",
      layer: 7,
      product: "istio",
      part: { kind: "route", of: host === undefined ? [] : [hostOf(root, host)] },
      line: route.line,
      key: route.path,
      onlyWithSettings: true,
    });
    hop.take("responseTimeoutMs", route.get("timeout"), duration);
  }
}

/** MeshConfig, in an IstioOperator or the ConfigMap `istio`. */
export function readMesh(reading: Reading, name: string, mesh: Spot | undefined): void {
  if (mesh === undefined) return;
  const hop = reading.hop({
    name: `mesh ${name}`,
    role: "proxy",
    layer: 7,
    product: "istio",
    part: { kind: "base", of: [] },
    line: mesh.line,
    key: mesh.path,
    onlyWithSettings: true,
  });
  hop.take("connectTimeoutMs", mesh.get("connectTimeout"), goDuration);
  readTcpKeepalive(hop, mesh.get("tcpKeepalive"), ["time", "interval", "probes"]);
  readProxyConfig(hop, mesh.get("defaultConfig"));
}

function readProxyConfig(hop: HopNotes, config: Spot | undefined): void {
  hop.take("drainMs", config?.get("terminationDrainDuration"), goDuration);
  hop.take("idleTimeoutMs", config?.get("proxyMetadata", "ISTIO_META_IDLE_TIMEOUT"), duration);
}

/** The annotation `proxy.istio.io/config` of a pod: a ProxyConfig as text. */
export function readMeshAnnotation(reading: Reading, name: string, annotations: Spot | undefined): void {
  const at = annotations?.get("proxy.istio.io/config");
  if (at?.text === undefined || at.tree.kind !== "scalar") return;
  const { trees } = yamlTrees(at.text);
  const config = trees[0];
  if (config === undefined) return;
  const hop = reading.hop({
    name: `${name} sidecar`,
    role: "proxy",
    layer: 7,
    product: "istio",
    line: at.line,
    key: at.path,
    onlyWithSettings: true,
  });
  for (const [key, setting] of [
    ["terminationDrainDuration", "drainMs"],
    ["proxyMetadata.ISTIO_META_IDLE_TIMEOUT", "idleTimeoutMs"],
  ] as const) {
    const found = new Spot(config).get(...key.split("."));
    const line = at.line + (found?.line ?? 1) - (at.tree.block ? 0 : 1);
    if (found?.text !== undefined)
      hop.take(setting, { line, key: `proxy.istio.io/config: ${key}`, text: found.text }, duration);
  }
}
