/** Connections that are told to go: when, and what becomes of them. */
import { TIME_WAIT_MS, TW_REUSE_MS } from "../figures.ts";
import { CLOSED, DRAINING } from "./connections.ts";
import { addRate } from "./counting.ts";
import { giveUpRequests, wants } from "./dial.ts";
import { PORT_FREE, TOLD_TO_GO } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { forgetAtTarget } from "./four-tuples.ts";
import { groupOf, settingsOf } from "./look-up.ts";
import { hasWaitingWatch, nextRequest, wakeAtNextRequest } from "./requests.ts";
import { decisiveTime, type RequestStream } from "./streams.ts";
import { EARLIER_MS } from "./times.ts";

/** Draws when a request on this connection will be told to go; requests that waited since `from` are among them. */
export function scheduleGoaway(fleet: FleetState, connection: number, from: number): number {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  if (fleet.chance <= 0 || groupOf(fleet, slot).exempt) return Number.POSITIVE_INFINITY;
  let at = Number.POSITIVE_INFINITY;
  if (fleet.poissonFirst[slot] === 1 && fleet.dice.uniform(fleet.die) < fleet.chance) at = fleet.now;
  fleet.poissonFirst[slot] = 0;
  for (const [i, stream] of (fleet.streams[slot] as RequestStream[]).entries()) {
    const phase = fleet.phases[(fleet.firstPhase[slot] as number) + i] as number;
    const { factor, chance } = fleet;
    // Just before `from`: the request that made the slot dial draws too.
    const after = from - EARLIER_MS;
    at = Math.min(at, decisiveTime(fleet.dice, fleet.die, { stream, phase, factor, chance, at: after }));
  }
  if (at < fleet.scenario.durationMs)
    fleet.queue.push(Math.max(at, fleet.now), TOLD_TO_GO, connection, c.stamp[connection]);
  return at;
}

export function goaway(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  fleet.recorder.totals.goaways++;
  drain(fleet, connection);
  // Of requests that had waited for the connection and were sent together, those behind the one that was told are asked again.
  const slot = c.slot[connection] as number;
  const told = c.toldOf[connection] as number;
  if (told >= fleet.now) return;
  if (nextRequest(fleet, slot, told + EARLIER_MS) <= fleet.now) {
    fleet.leftAt[slot] = told;
    fleet.asksSince[slot] = told + 2 * EARLIER_MS;
    giveUpRequests(fleet, slot);
  } else if (!hasWaitingWatch(fleet, slot)) return;
  fleet.poissonFirst[slot] = 0;
  wants(fleet, slot);
}

/** No more requests on it; its watches go on. */
export function drain(fleet: FleetState, connection: number, occupied = false): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  addRate(fleet, connection, -1);
  c.state[connection] = DRAINING;
  c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
  c.readAt[connection] = fleet.now;
  fleet.current[slot] = -1;
  fleet.leftAt[slot] = fleet.now;
  wakeAtNextRequest(fleet, slot);
  if (c.watches[connection] === 0 && !occupied) close(fleet, connection);
}

/** Closed by the client, in good order. */
export function close(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  forgetAtTarget(fleet, connection);
  c.state[connection] = CLOSED;
  c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
  timeWait(fleet, connection);
}

/** The client's end is in TIME-WAIT; then its port is free. */
export function timeWait(fleet: FleetState, connection: number): void {
  const { twReuse } = settingsOf(fleet, fleet.connections.slot[connection] as number);
  fleet.queue.push(fleet.now + (twReuse === 1 ? TW_REUSE_MS : TIME_WAIT_MS), PORT_FREE, connection);
}
