/** The two ends of a connection stop to understand each other. */
import { DRAINING, OPEN } from "./connections.ts";
import { addRate } from "./counting.ts";
import { NOTICED, RESET_SEEN, SPEAKS } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { settingsOf, tupleOf } from "./look-up.ts";
import { noteMonitor } from "./monitor.ts";
import { lastRead, nextRequest } from "./requests.ts";
import { RETRANSMISSION_MS } from "./times.ts";

/** The two ends stop to understand each other now. What the client will notice, and when. */
export function breakOff(fleet: FleetState, connection: number, dead = true): void {
  const c = fleet.connections;
  const state = c.state[connection] as number;
  if (dead) c.deadAt[connection] = Math.min(c.deadAt[connection] as number, fleet.now);
  if ((c.brokenAt[connection] as number) < Number.POSITIVE_INFINITY || (state !== OPEN && state !== DRAINING)) return;
  const slot = c.slot[connection] as number;
  const settings = settingsOf(fleet, slot);
  if (dead || c.forgotten[connection] === 1) addRate(fleet, connection, -1);
  c.brokenAt[connection] = fleet.now;
  const stamp = ((c.stamp[connection] as number) + 1) | 0;
  c.stamp[connection] = stamp;
  const end = fleet.layout.firstWatch[slot + 1] as number;
  for (let watch = fleet.layout.firstWatch[slot] as number; watch < end; watch++) {
    if (fleet.watchOn[watch] !== connection) continue;
    fleet.watchStamp[watch] = ((fleet.watchStamp[watch] as number) + 1) | 0;
    if (watch === fleet.layout.leaseWatch) fleet.heartbeats?.hang(fleet.now);
  }
  const node = fleet.layout.nodeOf[slot] as number;
  if (node >= 0 && state === OPEN) fleet.heartbeats?.cut(node, fleet.now);
  noteMonitor(fleet);
  const { healthCheck } = settings;
  const checked = healthCheck !== undefined && healthCheck.readIdleTimeoutMs > 0;
  const readAt = lastRead(fleet, connection, state);
  const pingAt = checked ? Math.max(fleet.now, readAt + healthCheck.readIdleTimeoutMs) : Number.POSITIVE_INFINITY;
  const asksAt = state === OPEN ? nextRequest(fleet, slot) : Number.POSITIVE_INFINITY;
  const speaksAt = Math.min(pingAt, asksAt);
  let noticedAt = checked ? pingAt + healthCheck.pingTimeoutMs : Number.POSITIVE_INFINITY;
  if (speaksAt < Number.POSITIVE_INFINITY) noticedAt = Math.min(noticedAt, speaksAt + RETRANSMISSION_MS);
  c.noticedAt[connection] = noticedAt;
  c.spokenAt[connection] = speaksAt;
  if (speaksAt < Number.POSITIVE_INFINITY) fleet.queue.push(speaksAt, SPEAKS, connection, stamp);
  if (noticedAt < Number.POSITIVE_INFINITY) fleet.queue.push(noticedAt, NOTICED, connection, stamp);
  const key = tupleOf(fleet, connection);
  const ghosts = fleet.ghosts.get(key);
  if (ghosts === undefined) fleet.ghosts.set(key, [connection]);
  else ghosts.push(connection);
}

export function seeEnd(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  if (c.brokenAt[connection] === Number.POSITIVE_INFINITY) return;
  c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
  fleet.queue.push(fleet.now + fleet.roundTripMs / 2, RESET_SEEN, connection, c.stamp[connection]);
}
