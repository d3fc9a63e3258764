/** A handshake is complete: what had waited for the connection is sent. */
import { breakOff } from "./break-off.ts";
import { OPEN } from "./connections.ts";
import { addRate, count, rateOf } from "./counting.ts";
import type { FleetState } from "./fleet-state.ts";
import { scheduleGoaway } from "./go-away.ts";
import { WAITS } from "./times.ts";
import { ask } from "./watches.ts";

export function opened(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const server = c.server[connection] as number;
  c.state[connection] = OPEN;
  c.readAt[connection] = fleet.now;
  fleet.failures[slot] = 0;
  fleet.recorder.totals.connectionsOpened++;
  if (c.held[connection] === 1) {
    count(fleet, server, 1);
    addRate(fleet, connection, 1);
  }
  const asked = fleet.asksSince[slot] as number;
  fleet.asksSince[slot] = Number.POSITIVE_INFINITY;
  const node = fleet.layout.nodeOf[slot] as number;
  if (node >= 0) fleet.heartbeats?.mend(node, fleet.now, asked);
  // Queued first, in the order of the streams; a watch that is asked may end the connection's turn already.
  const told = scheduleGoaway(fleet, connection, Math.min(asked, fleet.now));
  if (told >= fleet.now) fleet.failedAttempts.delete(slot);
  const sentUpTo = Math.min(told, fleet.now);
  c.toldOf[connection] = told < fleet.now ? told : Number.POSITIVE_INFINITY;
  if (c.held[connection] === 1) {
    const waited = rateOf(fleet, slot) * Math.max(0, sentUpTo - (fleet.leftAt[slot] as number));
    fleet.recorder.requests[server] = (fleet.recorder.requests[server] as number) + waited;
    fleet.recorder.totals.requests += waited;
  }
  const end = fleet.layout.firstWatch[slot + 1] as number;
  for (let watch = fleet.layout.firstWatch[slot] as number; watch < end; watch++)
    // Behind the request that is told to go it is turned away with the others.
    if (fleet.watchOn[watch] === WAITS && (fleet.watchAsked[watch] as number) <= told) ask(fleet, watch);
  // The server may have been lost meanwhile.
  if (c.held[connection] === 0 && c.brokenAt[connection] === Number.POSITIVE_INFINITY) breakOff(fleet, connection);
}
