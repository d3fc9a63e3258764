/** What a SYN meets on its way: translating box, balancer, target, and perhaps a connection that is there already. */
import { endpoint } from "../engine/endpoint.ts";
import { breakOff } from "./break-off.ts";
import type { FleetState } from "./fleet-state.ts";
import { forgetAtTarget } from "./four-tuples.ts";
import { numberOf, tupleOf } from "./look-up.ts";

/** `timeout`: nobody answers. */
export type Outcome = "open" | "refused" | "timeout";

/** Sends the SYN. A dial counts one collision at most, though its SYN may meet two connections. */
export function connect(
  fleet: FleetState,
  connection: number,
  boxPorts: readonly [number, number] | undefined,
): Outcome {
  const { outcome, collided } = sendSyn(fleet, connection, boxPorts);
  if (collided) fleet.recorder.totals.collisions++;
  return outcome;
}

function sendSyn(
  fleet: FleetState,
  connection: number,
  boxPorts: readonly [number, number] | undefined,
): { readonly outcome: Outcome; readonly collided: boolean } {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const remote = c.remote[connection] as number;
  const outside = fleet.layout.outsideOf[slot] as number;
  let port = c.port[connection] as number;
  let collided = false;
  const ends = (outcome: Outcome): { outcome: Outcome; collided: boolean } => ({ outcome, collided });
  if (boxPorts !== undefined) {
    port = boxPort(fleet, outside, port, remote, boxPorts);
    if (port === 0) return ends("timeout");
    c.boxPort[connection] = port;
    c.boxes.set(endpoint(outside, port), remote, connection);
  }
  if (fleet.lostNodes.has(remote)) return ends("timeout");
  let place = remote;
  let seenPlace = outside;
  if (fleet.balancer !== undefined && fleet.targets !== undefined) {
    const left = fleet.balancer.preserveClientIp
      ? fleet.leftFlows.take({ outside, port, node: remote }, fleet.now)
      : -1;
    const eligible = fleet.targets.eligible(remote);
    // A flow that is known decides, unless the collision at its target closes it: the SYN that is repeated then opens one of its own.
    collided = left >= 0 && collidesAt(fleet, left, outside, port);
    if (left >= 0 && !collided) place = left;
    else if (eligible.length === 0) return ends("timeout");
    else place = eligible[fleet.dice.below(fleet.die, eligible.length)] as number;
    if (!fleet.balancer.preserveClientIp) {
      seenPlace = remote;
      port = snatPort(fleet, remote, place, fleet.balancer.snatPorts);
      if (port === 0) return ends("timeout");
    }
  }
  const server = numberOf(place);
  // A host drops what comes from the wire with its own address (docs of the balancers call it a hairpin).
  if (fleet.balancer !== undefined && seenPlace === place) {
    c.server[connection] = server;
    return ends("timeout");
  }
  switch (fleet.serverStates[server]) {
    case "gone":
      c.server[connection] = server;
      return ends("timeout");
    case "down":
    case undefined:
      return ends("refused");
    case "up":
  }
  const seen = endpoint(seenPlace, port);
  const held = c.atTarget.get(seen, place);
  if (held >= 0) {
    collided = true;
    // The challenge ACK goes to the first connection, which ignores it: nobody answers the SYN.
    if (fleet.balancer?.replyPath === "first") {
      c.server[connection] = server;
      c.seen[connection] = seen;
      const tuple = tupleOf(fleet, connection);
      fleet.suitors.set(tuple, [...(fleet.suitors.get(tuple) ?? []), connection]);
      return ends("timeout");
    }
    // The challenge ACK meets a client in SYN-SENT, which resets: the target's old socket dies (RFC 5961 §4, RFC 9293 §3.10.7.3).
    forgetAtTarget(fleet, held);
    breakOff(fleet, held);
  }
  c.server[connection] = server;
  c.seen[connection] = seen;
  c.atTarget.set(seen, place, connection);
  c.held[connection] = 1;
  return ends("open");
}

/** A flow that a node has known for long leads to a target that holds the four-tuple; with replies on the latest path that is over then. */
function collidesAt(fleet: FleetState, place: number, outside: number, port: number): boolean {
  const held = fleet.connections.atTarget.get(endpoint(outside, port), place);
  if (held < 0 || fleet.balancer?.replyPath === "first" || fleet.serverStates[numberOf(place)] === "gone") return false;
  forgetAtTarget(fleet, held);
  breakOff(fleet, held);
  return true;
}

function boxPort(
  fleet: FleetState,
  box: number,
  wanted: number,
  remote: number,
  [low, high]: readonly [number, number],
): number {
  const isFree = (port: number): boolean => fleet.connections.boxes.get(endpoint(box, port), remote) < 0;
  if (wanted >= low && wanted <= high && isFree(wanted)) return wanted;
  const count = high - low + 1;
  const from = fleet.dice.below(fleet.die, count);
  for (let i = 0; i < count; i++) {
    const port = low + ((from + i) % count);
    if (isFree(port)) return port;
  }
  return 0;
}

function snatPort(fleet: FleetState, node: number, place: number, [low, high]: readonly [number, number]): number {
  const count = high - low + 1;
  const from = Math.max(0, fleet.nextSnat.get(node, place));
  for (let i = 0; i < count; i++) {
    const port = low + ((from + i) % count);
    if (fleet.connections.atTarget.get(endpoint(node, port), place) >= 0) continue;
    fleet.nextSnat.set(node, place, (from + i + 1) % count);
    return port;
  }
  return 0;
}
