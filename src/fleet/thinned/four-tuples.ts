/** Who holds a four-tuple at a target, who waits for it, who still believes in it, and which ports and flows stay behind. */
import { endpoint } from "../engine/endpoint.ts";
import { DIALLING } from "./connections.ts";
import { count } from "./counting.ts";
import { HANDSHAKEN, SPEAKS } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { settingsOf, tupleOf } from "./look-up.ts";
import { FIRST_RETRANSMISSION_MS, SYNS_S } from "./times.ts";

/** The target has no socket of it any more. */
export function forgetAtTarget(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  if (c.held[connection] === 0) return;
  c.held[connection] = 0;
  const place = fleet.layout.servers[c.server[connection] as number] as number;
  const seen = c.seen[connection] as number;
  if (c.atTarget.get(seen, place) === connection) {
    c.atTarget.delete(seen, place);
    const tuple = tupleOf(fleet, connection);
    for (const ghost of fleet.ghosts.get(tuple) ?? []) hauntAgain(fleet, ghost);
    const suitors = fleet.suitors.get(tuple);
    fleet.suitors.delete(tuple);
    if (suitors !== undefined) admit(fleet, suitors, seen, place);
  }
  if (c.state[connection] !== DIALLING) count(fleet, c.server[connection] as number, -1);
}

/** A four-tuple that dials wait for has become free: whose next SYN comes first has it. */
function admit(fleet: FleetState, suitors: readonly number[], seen: number, place: number): void {
  const c = fleet.connections;
  const nextSyn = (suitor: number): number => {
    const dialedAt = c.dialedAt[suitor] as number;
    const waited = SYNS_S.find((second) => dialedAt + second * 1000 >= fleet.now) ?? Number.POSITIVE_INFINITY;
    const { connectTimeoutMs } = settingsOf(fleet, c.slot[suitor] as number);
    return waited * 1000 < connectTimeoutMs ? dialedAt + waited * 1000 : Number.POSITIVE_INFINITY;
  };
  const [first] = suitors.toSorted((a, b) => nextSyn(a) - nextSyn(b));
  if (first === undefined || nextSyn(first) === Number.POSITIVE_INFINITY) return;
  const left = suitors.filter((suitor) => suitor !== first);
  if (left.length > 0) fleet.suitors.set(tupleOf(fleet, first), left);
  c.stamp[first] = ((c.stamp[first] as number) + 1) | 0;
  c.atTarget.set(seen, place, first);
  c.held[first] = 1;
  fleet.queue.push(nextSyn(first) + fleet.roundTripMs, HANDSHAKEN, first, c.stamp[first] as number);
}

export function dropSuitor(fleet: FleetState, connection: number): void {
  const tuple = tupleOf(fleet, connection);
  const others = fleet.suitors.get(tuple)?.filter((each) => each !== connection) ?? [];
  if (others.length > 0) fleet.suitors.set(tuple, others);
  else fleet.suitors.delete(tuple);
}

/** Something changed at the other end of those that do not know yet: they meet it when they next repeat what they said. */
export function hauntAgain(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const spoken = c.spokenAt[connection] as number;
  if (spoken > fleet.now) return;
  const waited = Math.max(1, (fleet.now - spoken) / FIRST_RETRANSMISSION_MS);
  const at = spoken + FIRST_RETRANSMISSION_MS * 2 ** Math.ceil(Math.log2(waited));
  if (at < (c.noticedAt[connection] as number)) fleet.queue.push(at, SPEAKS, connection, c.stamp[connection]);
}

export function freePort(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const remote = c.remote[connection] as number;
  const own = endpoint(fleet.layout.hostOf[slot] as number, c.port[connection] as number);
  if (c.ports.get(own, remote) === connection) c.ports.delete(own, remote);
  const box = endpoint(fleet.layout.outsideOf[slot] as number, c.boxPort[connection] as number);
  if (c.boxPort[connection] !== 0 && c.boxes.get(box, remote) === connection) c.boxes.delete(box, remote);
  c.release(connection);
}

/** The balancer's node saw neither FIN nor RST of it: the same client port is sent to the same target as long as the flow is known. */
export function leaveFlow(fleet: FleetState, connection: number, lastPacketAt: number): void {
  const c = fleet.connections;
  if (fleet.balancer === undefined || c.forgotten[connection] === 1 || c.server[connection] === -1) return;
  const outside = fleet.layout.outsideOf[c.slot[connection] as number] as number;
  const port = (c.boxPort[connection] !== 0 ? c.boxPort[connection] : c.port[connection]) as number;
  const place = fleet.layout.servers[c.server[connection] as number] as number;
  const until = lastPacketAt + fleet.balancer.idleTimeoutMs;
  fleet.leftFlows.leave({ outside, port, node: c.remote[connection] as number }, { place, until }, fleet.now);
}
