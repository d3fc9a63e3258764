import type { Clients, Happening, Scenario } from "../../scenario/scenario.ts";
import type { MitigationName } from "./calibration.ts";

/** A scenario to run: the base, or one of its variants. */
export type Fleet = Omit<Scenario, "variants">;

/** The same fleet with this goaway-chance from beginning to end. */
export function withChance(fleet: Fleet, chance: number): Fleet {
  const { servers } = fleet.network;
  return {
    ...fleet,
    network: { ...fleet.network, servers: { ...servers, goaway: { ...servers.goaway, chance } } },
    story: fleet.story.filter((each) => each.what !== "goaway-chance"),
  };
}

type RollingUpdate = Extract<Happening, { what: "rolling-update" }>;

/** The last rolling update of the story, if it has one. */
export function rollingUpdate(fleet: Fleet): RollingUpdate | undefined {
  return fleet.story.findLast((each): each is RollingUpdate => each.what === "rolling-update");
}

/** When the last server of it is back and the balancer knows. */
export function endOfUpdate(fleet: Fleet, update: RollingUpdate): number {
  const check = fleet.network.balancer?.healthCheck;
  const noticed = check === undefined ? 0 : check.intervalMs * check.healthyThreshold;
  const { count, drainGraceMs } = fleet.network.servers;
  return update.atMs + (count - 1) * update.stepMs + drainGraceMs + update.downMs + noticed;
}

/** For fleets without a rolling update: one begun in the first tenth of the time, to see what the filter does about it. */
export function withRollingUpdate(fleet: Fleet): Fleet {
  const stepMs = Math.max(1, Math.floor(fleet.durationMs / 10 / fleet.network.servers.count));
  const update: Happening = { what: "rolling-update", atMs: stepMs, stepMs, downMs: Math.floor(stepMs / 2) };
  return { ...fleet, story: [...fleet.story, update].sort((a, b) => a.atMs - b.atMs) };
}

export interface Mitigation {
  readonly name: MitigationName;
  readonly title: string;
  readonly fleet: Fleet;
}

/** Every mitigation that would change something in this fleet, in the order in which they are tried. */
export function mitigations(fleet: Fleet): Mitigation[] {
  const { network } = fleet;
  const { balancer, kubernetes } = network;
  const found: Mitigation[] = [];
  const add = (name: MitigationName, title: string, change: Partial<Fleet["network"]>): void => {
    found.push({ name, title, fleet: { ...fleet, network: { ...network, ...change } } });
  };
  if (balancer?.kind === "network" && balancer.preserveClientIp) {
    add(
      "preservation-off",
      "Client-IP preservation off: targets see the balancer node's address and a port of its own",
      {
        balancer: { ...balancer, preserveClientIp: false },
      },
    );
  }
  if (balancer?.kind === "network" && balancer.crossZone && network.zones.length > 1) {
    add("cross-zone-off", "Cross-zone off: two balancer nodes have no target in common", {
      balancer: { ...balancer, crossZone: false },
    });
  }
  if (Object.values(network.clients).some((group) => group.portRange[1] - group.portRange[0] < MORE_PORTS[1] - 1024)) {
    add("more-ports", "More source ports: ip_local_port_range 1024 to 65535", {
      clients: eachGroup(fleet, (group) => ({ ...group, portRange: MORE_PORTS })),
    });
  }
  const { goaway } = network.servers;
  const crowded = Object.entries(network.clients)
    .filter(([name, group]) => isCrowded(group) && !goaway.exempt.includes(name))
    .map(([name]) => name);
  if (crowded.length > 0) {
    add("exemption", `Exempt from the filter: ${crowded.join(", ")}`, {
      servers: { ...network.servers, goaway: { ...goaway, exempt: [...goaway.exempt, ...crowded] } },
    });
  }
  if (kubernetes !== undefined && kubernetes.nodeMonitorGraceMs < 50_000) {
    add("grace-50s", "node-monitor-grace-period 50 s, the default from Kubernetes 1.32 on", {
      kubernetes: { ...kubernetes, nodeMonitorGraceMs: 50_000 },
    });
  }
  if (Object.values(network.clients).some(isSlow)) {
    add("faster-health-check", "HTTP/2 health checks after 10 s of silence, lost after 5 s more", {
      clients: eachGroup(fleet, (group) =>
        isSlow(group) ? { ...group, healthCheck: { readIdleTimeoutMs: 10_000, pingTimeoutMs: 5000 } } : group,
      ),
    });
  }
  return found;
}

const MORE_PORTS: readonly [number, number] = [1024, 65_535];

/** Many connections from one address: where collisions come from, and hairpins. */
const isCrowded = (group: Clients): boolean => group.kind === "controller" || group.hosts === "servers";

const isSlow = ({ healthCheck }: Clients): boolean =>
  healthCheck !== undefined && healthCheck.readIdleTimeoutMs + healthCheck.pingTimeoutMs > 15_000;

function eachGroup(fleet: Fleet, change: (group: Clients) => Clients): Record<string, Clients> {
  return Object.fromEntries(Object.entries(fleet.network.clients).map(([name, group]) => [name, change(group)]));
}
