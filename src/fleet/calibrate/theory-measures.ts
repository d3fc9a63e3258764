import type { Clients } from "../../scenario/scenario.ts";
import { collisionChance, lingeringConnections, preferredPorts, rebalanceHalfLife } from "../theory.ts";
import type { Fleet } from "./alter-scenario.ts";
import type { TargetName } from "./calibration.ts";

/**
 * What the closed forms of `theory.ts` say of a fleet, where they fit: HTTP/2 behind a goaway filter. Groups with different rates are added up;
 * a half-life is given only where one rate holds for nearly all connections. Reconnects and collisions only where nothing happens in the story:
 * what the filter brings about is then all that is counted.
 */
export function theoryMeasures(fleet: Fleet): Partial<Record<TargetName, number>> {
  const { servers, balancer, clients } = fleet.network;
  const { chance, exempt } = servers.goaway;
  if (servers.protocol !== "http2" || balancer?.kind === "application" || chance === 0) return {};
  const groups = Object.entries(clients).map(([name, group]) => ({
    group,
    load: loadOf(fleet, group),
    exempt: exempt.includes(name),
  }));
  let perSecond = 0;
  let collisions = 0;
  let connections = 0;
  let main = { count: 0, rate: 0 };
  for (const { group, load, exempt: stays } of groups) {
    const count = group.count * group.connections;
    connections += count;
    const rate = stays ? 0 : chance * load;
    const opened = count * rate;
    perSecond += opened;
    if (count > main.count) main = { count, rate };
    if (balancer === undefined) continue;
    const { minMs, maxMs, count: watches } = group.watches;
    const lingering = lingeringConnections({
      goawaysPerSecond: rate,
      watches,
      shortestS: minMs / 1000,
      longestS: maxMs / 1000,
    });
    const sharing = group.nat === undefined ? 1 : group.count / group.nat.addresses;
    collisions +=
      opened *
      collisionChance({
        live: Math.max(0, sharing * group.connections * (1 + lingering) - 1),
        nodes: fleet.network.zones.length,
        targets: servers.count,
        ports:
          group.nat === undefined
            ? preferredPorts(group.portRange)
            : group.nat.portRange[1] - group.nat.portRange[0] + 1,
        crossZone: balancer.crossZone,
        preserveClientIp: balancer.preserveClientIp,
        choice: "flow",
      });
  }
  return {
    ...(main.count >= MOST * connections && main.rate > 0
      ? { halfLifeMs: 1000 * rebalanceHalfLife({ chance, requestsPerSecond: main.rate / chance }) }
      : {}),
    ...(fleet.story.length > 0 ? {} : { reconnectsPerSecondPerServer: perSecond / servers.count }),
    ...(fleet.story.length > 0 || balancer === undefined || perSecond === 0
      ? {}
      : { collisionsPerConnection: collisions / perSecond, collisionsPerHour: 3600 * collisions }),
  };
}

/** Requests a second on one connection, on average over a client's. */
function loadOf({ network: { kubernetes } }: Fleet, { kind, requests, watches, connections }: Clients): number {
  const own = requests.everyMs > 0 ? 1000 / requests.everyMs : 0;
  const watched = watches.count > 0 ? (2000 * watches.count) / (watches.minMs + watches.maxMs) : 0;
  const heartbeats =
    kind === "kubelet" && kubernetes !== undefined
      ? 1000 / kubernetes.leaseRenewMs + 1000 / kubernetes.nodeStatusMs
      : 0;
  return own + watched + heartbeats / connections;
}

const MOST = 0.9;
