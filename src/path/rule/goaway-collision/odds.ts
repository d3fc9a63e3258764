import type { Load } from "../../hop.ts";

/** Ports that connect() chooses from in the default range: every second of 28,232 (measured on Linux 6.18). */
const PORTS = 14_116;

/** What the odds follow from. */
export type CollisionLoad = Required<
  Pick<Load, "connectionsPerClient" | "targets" | "balancerNodes" | "requestsPerSecondPerConnection" | "lingerMs">
>;

/**
 * The odds that a new connection lands on a socket pair which is in use: P = L / (ports · targets), where L is how many live
 * connections of the host lead to other addresses of the same balancer. Each GOAWAY leaves an old connection behind that lives on
 * while its streams do, so that a chance c at r requests a second adds c · r · linger of them for each connection.
 */
export function collisionOdds(load: CollisionLoad, chance: number): number {
  const { connectionsPerClient, targets, balancerNodes, requestsPerSecondPerConnection, lingerMs } = load;
  const elsewhere = connectionsPerClient * (1 - 1 / balancerNodes);
  const old = 1 + (chance * requestsPerSecondPerConnection * lingerMs) / 1000;
  return Math.min(1, (elsewhere * old) / (PORTS * targets));
}

/** Collisions that one client host has to expect in a day: new connections times their odds. */
export function collisionsPerDay(load: CollisionLoad, chance: number): number {
  const opened = load.connectionsPerClient * chance * load.requestsPerSecondPerConnection * 86_400;
  return opened * collisionOdds(load, chance);
}

/** The largest chance with at most so many collisions a day, from the quadratic a·c² + b·c = most. */
export function largestChance(load: CollisionLoad, most: number): number {
  const b = collisionOdds(load, 0) * load.connectionsPerClient * load.requestsPerSecondPerConnection * 86_400;
  const a = (b * load.requestsPerSecondPerConnection * load.lingerMs) / 1000;
  if (b === 0) return 1;
  return a === 0 ? most / b : (Math.sqrt(b * b + 4 * a * most) - b) / (2 * a);
}
