/** A client that does not know yet says something, and at last knows. */
import { isIdempotent } from "../../guard/machines/index.ts";
import { breakOff, seeEnd } from "./break-off.ts";
import { CLOSED, OPEN } from "./connections.ts";
import { addRate } from "./counting.ts";
import { wants } from "./dial.ts";
import { ORPHAN_GONE, PORT_FREE } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { forgetAtTarget, leaveFlow } from "./four-tuples.ts";
import { timeWait } from "./go-away.ts";
import { every, settingsOf, tupleOf } from "./look-up.ts";
import { repeatLater } from "./orphans.ts";
import { carriesLeases, isBusy, wakeAtNextRequest } from "./requests.ts";
import type { RequestStream } from "./streams.ts";
import { ORPHAN_MS, RETRANSMISSION_MS } from "./times.ts";
import { ask } from "./watches.ts";

/** A packet of a client that does not know yet: its first, or a repetition. */
export function speaks(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const server = c.server[connection] as number;
  const forgotten = c.forgotten[connection] === 1;
  if (fleet.lostNodes.has(c.remote[connection] as number)) return;
  if (forgotten) {
    if (fleet.balancer?.forgotten === "reset") seeEnd(fleet, connection);
    return;
  }
  if (c.deadAt[connection] === Number.POSITIVE_INFINITY || fleet.serverStates[server] === "gone") return;
  const heir = c.atTarget.get(c.seen[connection] as number, fleet.layout.servers[server] as number);
  // Nobody there: RST.
  if (heir < 0) seeEnd(fleet, connection);
  // Its packets turn the way back to its own node: what the target pushes to the heir goes astray (the second victim).
  else if (carriesLeases(fleet, heir) && !isBusy(fleet, heir)) breakOff(fleet, heir, false);
}

/** The client gives it up. `told`: the other end's kernel, or a box, said that it is over, so that nothing is repeated. */
export function noticed(fleet: FleetState, connection: number, told = false): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const state = c.state[connection] as number;
  const { totals } = fleet.recorder;
  totals.connectionsLost++;
  const key = tupleOf(fleet, connection);
  const ghosts = fleet.ghosts.get(key)?.filter((each) => each !== connection) ?? [];
  if (ghosts.length > 0) fleet.ghosts.set(key, ghosts);
  else fleet.ghosts.delete(key);
  totals.lostMs += Math.max(0, fleet.now - Math.min(fleet.now, c.deadAt[connection] as number));
  if (state === OPEN) failRequests(fleet, connection);
  if (fleet.current[slot] === connection) {
    fleet.current[slot] = -1;
    fleet.leftAt[slot] = fleet.now;
  }
  addRate(fleet, connection, -1);
  c.state[connection] = CLOSED;
  c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
  const stamp = c.stamp[connection] as number;
  const spoken = fleet.now - (c.spokenAt[connection] as number);
  const orphan = !told && c.deadAt[connection] !== Number.POSITIVE_INFINITY && spoken < ORPHAN_MS;
  if (c.forgotten[connection] === 1 && c.held[connection] === 1)
    fleet.queue.push(fleet.now + serverOrphanMs(fleet, slot), ORPHAN_GONE, connection, stamp);
  else {
    const living = !told && c.deadAt[connection] === Number.POSITIVE_INFINITY;
    forgetAtTarget(fleet, connection);
    if (orphan) repeatLater(fleet, connection);
    else if (living) timeWait(fleet, connection);
    else {
      if (!told) leaveFlow(fleet, connection, fleet.now - LAST_REPETITION_MS);
      // At this instant, but after what is asked again now: the port is not free before.
      fleet.queue.push(fleet.now, PORT_FREE, connection);
    }
  }
  const end = fleet.layout.firstWatch[slot + 1] as number;
  for (let watch = fleet.layout.firstWatch[slot] as number; watch < end; watch++) {
    if (fleet.watchOn[watch] !== connection) continue;
    fleet.watchOn[watch] = -1;
    if (fleet.layout.leaseWatches.has(watch)) {
      fleet.recorder.totals.relists++;
      fleet.wantsList[watch] = 1;
    }
    ask(fleet, watch);
  }
  if (fleet.current[slot] === -1 && state === OPEN) {
    const { retries, requests } = settingsOf(fleet, slot);
    if (retries === "idempotent" && isIdempotent(requests.method)) wants(fleet, slot);
    else wakeAtNextRequest(fleet, slot);
  }
}

/** How long a server goes on believing in a connection that the balancer forgot: until keepalive, or what it says itself, is not answered. */
function serverOrphanMs(fleet: FleetState, slot: number): number {
  const { keepalive } = fleet.scenario.network.servers;
  if (keepalive !== undefined) return keepalive.idleMs + keepalive.intervalMs * keepalive.probes;
  const { count, minMs, maxMs } = settingsOf(fleet, slot).watches;
  return count === 0 ? fleet.scenario.durationMs : fleet.dice.between(fleet.die, minMs, maxMs) + RETRANSMISSION_MS;
}

/** Requests that were sent into a broken connection: their callers saw errors, unless they are sent again. */
function failRequests(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  const silent = fleet.now - (c.brokenAt[connection] as number);
  const settings = settingsOf(fleet, slot);
  for (const stream of fleet.streams[slot] as RequestStream[]) {
    const count = silent / every(fleet, stream);
    const whole = Math.floor(count) + (fleet.dice.uniform(fleet.die) < count % 1 ? 1 : 0);
    const again =
      settings.retries === "idempotent" && (stream.what !== "plain" || isIdempotent(settings.requests.method));
    if (!again) fleet.recorder.totals.requestsFailed += whole;
  }
}

/** Before it gives up a connection that is no orphan it has waited so long for an answer to its last packet (TCP_RTO_MAX). */
const LAST_REPETITION_MS = 120_000;
