/** Watches: asked for, over, asked for again; those on leases tell the controller what it hears. */
import { DRAINING, OPEN } from "./connections.ts";
import { countMissed } from "./counting.ts";
import { wants } from "./dial.ts";
import { WATCH_OVER } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { close, drain } from "./go-away.ts";
import { groupOf, settingsOf } from "./look-up.ts";
import { noteMonitor } from "./monitor.ts";
import { WAITS } from "./times.ts";

/** Asks for a watch on the slot's connection, or waits for one. */
export function ask(fleet: FleetState, watch: number): void {
  const c = fleet.connections;
  const slot = fleet.slotOfWatch[watch] as number;
  const connection = fleet.current[slot] as number;
  const stamp = ((fleet.watchStamp[watch] as number) + 1) | 0;
  fleet.watchStamp[watch] = stamp;
  if (connection < 0 || c.state[connection] !== OPEN) {
    if (fleet.watchOn[watch] !== WAITS) fleet.watchAsked[watch] = fleet.now;
    fleet.watchOn[watch] = WAITS;
    if (watch === fleet.layout.leaseWatch) {
      fleet.heartbeats?.hang(fleet.now);
      noteMonitor(fleet);
    }
    fleet.poissonFirst[slot] = 0;
    wants(fleet, slot);
    return;
  }
  const broken = (c.brokenAt[connection] as number) < Number.POSITIVE_INFINITY;
  const listed = fleet.wantsList[watch] === 1;
  if (listed && !broken) {
    fleet.wantsList[watch] = 0;
    fleet.recorder.totals.relistBytes += (fleet.scenario.network.kubernetes?.leaseBytes ?? 0) * fleet.layout.kubelets;
    if (request(fleet, connection)) {
      // The list was answered; the watch needs another connection.
      if (watch === fleet.layout.leaseWatch) fleet.heartbeats?.list(fleet.now);
      ask(fleet, watch);
      if (c.watches[connection] === 0) close(fleet, connection);
      return;
    }
  }
  fleet.watchOn[watch] = connection;
  c.watches[connection] = (c.watches[connection] as number) + 1;
  if (broken) return;
  if (watch === fleet.layout.leaseWatch) hears(fleet, listed);
  const { minMs, maxMs } = settingsOf(fleet, slot).watches;
  const lasts = fleet.answerMs + fleet.dice.between(fleet.die, minMs, maxMs);
  fleet.queue.push(fleet.now + lasts, WATCH_OVER, watch, stamp);
  request(fleet, connection);
}

export function watchOver(fleet: FleetState, watch: number): void {
  const c = fleet.connections;
  const connection = fleet.watchOn[watch] as number;
  c.watches[connection] = (c.watches[connection] as number) - 1;
  c.readAt[connection] = fleet.now;
  fleet.watchOn[watch] = -1;
  ask(fleet, watch);
  if (c.state[connection] === DRAINING && c.watches[connection] === 0) close(fleet, connection);
}

/** One request that is an event; true: its connection was told to go. */
function request(fleet: FleetState, connection: number): boolean {
  const c = fleet.connections;
  c.readAt[connection] = fleet.now;
  const server = c.server[connection] as number;
  fleet.recorder.totals.requests++;
  fleet.recorder.requests[server] = (fleet.recorder.requests[server] as number) + 1;
  if (fleet.chance <= 0 || groupOf(fleet, c.slot[connection] as number).exempt) return false;
  if (fleet.dice.uniform(fleet.die) >= fleet.chance) return false;
  fleet.recorder.totals.goaways++;
  drain(fleet, connection, true);
  return true;
}

/** The leader's watch on leases is asked for; it brings something when the request has been answered. */
function hears(fleet: FleetState, listed: boolean): void {
  if (fleet.heartbeats === undefined) return;
  countMissed(fleet);
  const half = fleet.roundTripMs / 2;
  const from = fleet.heartbeats.isHung ? fleet.now : fleet.now - half;
  fleet.heartbeats.countGap(from, fleet.now - half + fleet.answerMs + (listed ? fleet.answerMs : 0));
  if (listed) fleet.heartbeats.list(fleet.now);
  fleet.heartbeats.resume(fleet.now);
}
