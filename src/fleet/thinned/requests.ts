/** When a slot asks next, and what its client has heard last, without an event for each request. */
import { OPEN } from "./connections.ts";
import { WAKE } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { every, settingsOf } from "./look-up.ts";
import { lastTime, nextTime, type RequestStream } from "./streams.ts";
import { EARLIER_MS, WAITS } from "./times.ts";

export function nextRequest(fleet: FleetState, slot: number, after: number = fleet.now): number {
  let at = Number.POSITIVE_INFINITY;
  for (const [i, stream] of (fleet.streams[slot] as RequestStream[]).entries()) {
    const everyMs = every(fleet, stream);
    const phase = fleet.phases[(fleet.firstPhase[slot] as number) + i] as number;
    const next = stream.poisson ? after + fleet.dice.exponential(fleet.die, everyMs) : nextTime(phase, everyMs, after);
    at = Math.min(at, next);
  }
  return at;
}

/** After GOAWAY a slot dials when it next has something to ask. */
export function wakeAtNextRequest(fleet: FleetState, slot: number): void {
  let at = Number.POSITIVE_INFINITY;
  for (const [i, stream] of (fleet.streams[slot] as RequestStream[]).entries()) {
    const everyMs = every(fleet, stream);
    const phase = fleet.phases[(fleet.firstPhase[slot] as number) + i] as number;
    const poisson = stream.poisson && fleet.now >= phase;
    const next = poisson
      ? fleet.now + fleet.dice.exponential(fleet.die, everyMs)
      : nextTime(phase, everyMs, fleet.now + EARLIER_MS);
    if (next >= at) continue;
    at = next;
    fleet.poissonFirst[slot] = stream.poisson ? 1 : 0;
  }
  const stamp = ((fleet.wakeStamp[slot] as number) + 1) | 0;
  fleet.wakeStamp[slot] = stamp;
  if (at < Number.POSITIVE_INFINITY) fleet.queue.push(at, WAKE, slot, stamp);
}

export function hasWaitingWatch(fleet: FleetState, slot: number): boolean {
  const end = fleet.layout.firstWatch[slot + 1] as number;
  for (let watch = fleet.layout.firstWatch[slot] as number; watch < end; watch++)
    if (fleet.watchOn[watch] === WAITS) return true;
  return false;
}

/** When the client of a sound connection last read a frame. */
export function lastRead(fleet: FleetState, connection: number, state: number): number {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const since = c.readAt[connection] as number;
  let latest = since;
  if (state === OPEN)
    for (const [i, stream] of (fleet.streams[slot] as RequestStream[]).entries()) {
      const everyMs = every(fleet, stream);
      const phase = fleet.phases[(fleet.firstPhase[slot] as number) + i] as number;
      // Looking back, a Poisson stream's last event is an exponential time ago.
      const last = stream.poisson
        ? fleet.now - fleet.dice.exponential(fleet.die, everyMs)
        : lastTime(phase, everyMs, fleet.now) + fleet.roundTripMs;
      if (last > latest && last <= fleet.now) latest = last;
    }
  if (carriesLeases(fleet, connection) && fleet.heartbeats !== undefined)
    latest = Math.max(latest, fleet.heartbeats.lastEvent(fleet.now));
  const period = settingsOf(fleet, slot).healthCheck?.readIdleTimeoutMs ?? 0;
  if (period === 0) return latest;
  const answered = period + fleet.roundTripMs;
  return latest + Math.max(0, Math.floor((fleet.now - latest) / answered)) * answered;
}

export function carriesLeases(fleet: FleetState, connection: number): boolean {
  for (const watch of fleet.layout.leaseWatches) if (fleet.watchOn[watch] === connection) return true;
  return false;
}

/** Sends so often that it wins its way back again and again. */
export function isBusy(fleet: FleetState, connection: number): boolean {
  const slot = fleet.connections.slot[connection] as number;
  if (fleet.connections.state[connection] !== OPEN) return false;
  return (fleet.streams[slot] as RequestStream[]).some((stream) => every(fleet, stream) <= BUSY_MS);
}

/** Measured on Linux: one request a second kept the way back, none a half minute did not. Between them nothing was measured. */
const BUSY_MS = 5000;
