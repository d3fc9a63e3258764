import { LIMITS } from "../limits.ts";
import type { Spot } from "../spot.ts";

/** What a bootstrap, an xDS answer or a config dump holds, by kind. */
export interface Resources {
  readonly listeners: Spot[];
  readonly clusters: Spot[];
  readonly routes: Spot[];
}

/**
 * Finds listeners, clusters and route configurations: in `static_resources` of a bootstrap, in the `resources` of an xDS answer or file, in
 * the dump that `/config_dump` gives, or as the document itself.
 */
export function resourcesOf(roots: readonly Spot[]): Resources {
  const found: Resources = { listeners: [], clusters: [], routes: [] };
  let visits = 0;
  const visit = (spot: Spot, depth: number): void => {
    if (++visits > LIMITS.nodes / 20 || depth > 12) return;
    for (const item of spot.items()) visit(item, depth + 1);
    const kind = kindOf(spot);
    if (kind !== undefined) found[kind].push(spot);
    else if (spot.get("@type")?.text?.endsWith("LbEndpoint") !== true) within(spot, depth);
  };
  const within = (spot: Spot, depth: number): void => {
    for (const key of LISTS) for (const item of spot.get(key)?.items() ?? []) visit(item, depth + 1);
    for (const key of WRAPPERS) {
      const inner = spot.get(key);
      if (inner !== undefined) visit(inner, depth + 1);
    }
    for (const [key, list] of [
      ["listeners", found.listeners],
      ["clusters", found.clusters],
    ] as const) {
      for (const item of spot.get(key)?.items() ?? [])
        if (kindOf(item) === undefined && item.get("name") !== undefined) list.push(item);
    }
  };
  for (const root of roots) visit(root, 0);
  return found;
}

const LISTS = [
  "resources",
  "configs",
  "listeners",
  "clusters",
  "static_listeners",
  "static_clusters",
  "dynamic_listeners",
  "dynamic_active_clusters",
  "static_route_configs",
  "dynamic_route_configs",
];
const WRAPPERS = ["static_resources", "bootstrap", "listener", "cluster", "route_config", "active_state", "resource"];

function kindOf(spot: Spot): keyof Resources | undefined {
  if (spot.tree.kind !== "map") return undefined;
  const type = spot.get("@type")?.text ?? "";
  if (/\.Listener$/.test(type) || spot.get("filter_chains") !== undefined) return "listeners";
  if (/\.RouteConfiguration$/.test(type) || spot.get("virtual_hosts") !== undefined) return "routes";
  if (/\.Cluster$/.test(type)) return "clusters";
  const cluster =
    spot.get("name") !== undefined &&
    ["connect_timeout", "lb_policy", "load_assignment", "typed_extension_protocol_options"].some(
      (key) => spot.get(key) !== undefined,
    );
  return cluster ? "clusters" : undefined;
}
