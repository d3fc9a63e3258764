import type { Format } from "../file-reader.ts";
import { type HopNotes, type Reading, shown } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { readTrees } from "../trees.ts";
import { duration, readCluster, readManager, readTcpProxy } from "./http-options.ts";
import { type Resources, resourcesOf } from "./resources.ts";

export const envoy: Format = {
  id: "envoy",
  title: "Envoy: bootstrap, xDS resources, config dump; YAML or JSON",
  recognise: (name, head) => {
    if (/^\s*apiVersion:/m.test(head) || /"apiVersion"\s*:/.test(head)) return 0;
    if (/["']?(?:static_resources|staticResources)["']?\s*:/.test(head)) return 0.95;
    if (/type\.googleapis\.com\/envoy\./.test(head)) return 0.9;
    if (/["']?filter_chains["']?\s*:/.test(head)) return 0.8;
    return /envoy/.test(name) && /["']?(?:listeners|clusters|resources)["']?\s*:/.test(head) ? 0.6 : 0;
  },
  read: (reading, text) => readResources(reading, resourcesOf(readTrees(reading, text))),
};

function readResources(reading: Reading, { listeners, clusters, routes }: Resources): void {
  const byName = new Map<string, Spot>();
  for (const cluster of clusters) byName.set(cluster.get("name")?.text ?? "", cluster);
  const used = new Set<Spot>();
  for (const listener of listeners) {
    for (const filter of filtersOf(listener)) readFilter(reading, { listener, filter, clusters: byName, routes, used });
  }
  for (const cluster of clusters) {
    if (used.has(cluster)) continue;
    const hop = reading.hop({
      ...about(cluster),
      name: `cluster ${nameOf(cluster)}`,
      role: "proxy",
      layer: 7,
      onlyWithSettings: true,
    });
    readCluster(hop, cluster);
  }
}

const nameOf = (spot: Spot): string =>
  shown(spot.get("name")?.text ?? spot.get("stat_prefix")?.text ?? `line ${spot.line}`, 80);

const about = (spot: Spot) => ({ product: "envoy", line: spot.line, key: spot.path }) as const;

/** Network filters of a listener: its chains, the default chain too. */
function filtersOf(listener: Spot): readonly Spot[] {
  const chains = [...(listener.get("filter_chains")?.items() ?? []), listener.get("default_filter_chain")];
  return chains.flatMap((chain) => chain?.get("filters")?.items() ?? []);
}

interface Place {
  readonly listener: Spot;
  readonly filter: Spot;
  readonly clusters: ReadonlyMap<string, Spot>;
  readonly routes: readonly Spot[];
  readonly used: Set<Spot>;
}

function readFilter(reading: Reading, { listener, filter, clusters, routes, used }: Place): void {
  const config = filter.get("typed_config") ?? filter.get("config");
  if (config === undefined) return;
  const start = { ...about(config), role: "proxy" } as const;
  const from = `listener ${nameOf(listener)}`;
  const whole = (cluster: string, hop: HopNotes): void => {
    const found = clusters.get(cluster);
    if (found === undefined) return;
    used.add(found);
    readCluster(hop, found);
  };
  if (isKind(filter, config, "TcpProxy", "tcp_proxy")) {
    const targets = clustersOf(config);
    for (const { name } of targets.length > 0 ? targets : [{ name: undefined }]) {
      const to = name === undefined ? "" : ` -> ${shown(name, 80)}`;
      const hop = reading.hop({ ...start, name: `${from}${to}`, layer: 4, protocol: "tcp" });
      readTcpProxy(hop, config);
      if (name !== undefined) whole(name, hop);
    }
    return;
  }
  if (!isKind(filter, config, "HttpConnectionManager", "http_connection_manager")) {
    const kind = (config.get("@type")?.text ?? filter.get("name")?.text ?? "").split(".").at(-1) ?? "";
    reading.ignore(filter.line, `network filter ${shown(kind, 60)} was not used`);
    return;
  }
  readManaged(reading, { from, config, routes, whole, start });
}

interface Managed {
  readonly from: string;
  readonly config: Spot;
  readonly routes: readonly Spot[];
  readonly whole: (cluster: string, hop: HopNotes) => void;
  readonly start: { readonly product: string; readonly line: number; readonly key: string; readonly role: "proxy" };
}

/** One hop for each cluster that a connection manager routes to. */
function readManaged(reading: Reading, { from, config, routes, whole, start }: Managed): void {
  const rds = config.get("rds", "route_config_name")?.text;
  const table = config.get("route_config") ?? routes.find((route) => route.get("name")?.text === rds);
  if (table === undefined && rds !== undefined)
    reading.ignore(
      config.line,
      `its routes come from elsewhere (rds ${shown(rds, 60)}), so that its clusters are not known`,
    );
  // AUTO takes both.
  const codec = config.get("codec_type")?.text?.toUpperCase();
  const protocol = codec === "HTTP2" ? "http2" : codec === "HTTP1" ? "http1" : undefined;
  const ways = table === undefined ? [] : waysOf(table);
  for (const way of ways.length > 0 ? ways : [undefined]) {
    const to = way === undefined ? "" : ` -> ${shown(way.name, 80)}`;
    const hop = reading.hop({ ...start, name: `${from}${to}`, layer: 7, protocol });
    readManager(hop, config);
    if (way === undefined) continue;
    whole(way.name, hop);
    hop.take("responseTimeoutMs", way.action?.get("timeout"), duration);
    hop.take("streamIdleTimeoutMs", way.action?.get("idle_timeout"), duration);
  }
}

/** `route` actions by cluster; of several to one cluster the first. */
function waysOf(table: Spot): readonly Target[] {
  const ways = new Map<string, Target>();
  for (const host of table.get("virtual_hosts")?.items() ?? []) {
    for (const route of host.get("routes")?.items() ?? []) {
      const action = route.get("route");
      for (const { name } of action === undefined ? [] : clustersOf(action)) {
        if (!ways.has(name)) ways.set(name, { name, action });
      }
    }
  }
  return [...ways.values()];
}

interface Target {
  readonly name: string;
  readonly action?: Spot | undefined;
}

function clustersOf(spot: Spot): readonly Target[] {
  const one = spot.get("cluster")?.text;
  if (one !== undefined) return [{ name: one }];
  const many = spot.get("weighted_clusters", "clusters")?.items() ?? [];
  return many.flatMap((item) => item.get("name")?.text ?? []).map((name) => ({ name }));
}

function isKind(filter: Spot, config: Spot, type: string, name: string): boolean {
  const said = config.get("@type")?.text;
  if (said !== undefined) return said.endsWith(`.${type}`);
  return filter.get("name")?.text?.endsWith(name) === true;
}
