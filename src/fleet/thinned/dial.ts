/** A slot opens its next connection, and waits and tries again where that fails. */
import { backOffMs } from "../../guard/machines/index.ts";
import { endpoint } from "../engine/endpoint.ts";
import { MAX_ATTEMPTS, REFLECTOR_BACK_OFF } from "../figures.ts";
import { connect } from "./connect.ts";
import { CLOSED, DIALLING } from "./connections.ts";
import { rateOf } from "./counting.ts";
import { DIAL_FAILED, HANDSHAKEN, REDIAL } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { dropSuitor, forgetAtTarget, freePort, leaveFlow } from "./four-tuples.ts";
import { settingsOf } from "./look-up.ts";
import { noteMonitor } from "./monitor.ts";
import { hasWaitingWatch, wakeAtNextRequest } from "./requests.ts";
import { SYNS_S } from "./times.ts";

/** Somebody asks for something on a slot without a connection. */
export function wants(fleet: FleetState, slot: number): void {
  if (fleet.current[slot] !== -1) return;
  if (fleet.asksSince[slot] === Number.POSITIVE_INFINITY) fleet.asksSince[slot] = fleet.now;
  if (fleet.waiting[slot] === 0) dial(fleet, slot);
}

export function dial(fleet: FleetState, slot: number): void {
  const c = fleet.connections;
  const settings = settingsOf(fleet, slot);
  fleet.wakeStamp[slot] = ((fleet.wakeStamp[slot] as number) + 1) | 0;
  if (fleet.dialed[slot] === 1) fleet.recorder.totals.reconnects++;
  fleet.dialed[slot] = 1;
  const host = fleet.layout.hostOf[slot] as number;
  const remote = fleet.destinations[fleet.dice.below(fleet.die, fleet.destinations.length)] as number;
  const connection = c.take();
  c.state[connection] = DIALLING;
  c.slot[connection] = slot;
  c.remote[connection] = remote;
  c.dialedAt[connection] = fleet.now;
  fleet.current[slot] = connection;
  const [low, high] = settings.portRange;
  const port = fleet.ports.choose({
    local: host,
    remote,
    remotePort: fleet.scenario.network.servers.port,
    low,
    high,
    stream: fleet.layout.places.dice[host] as number,
    free: (each) => c.ports.get(endpoint(host, each), remote) < 0,
  });
  c.port[connection] = port;
  if (port === 0) {
    dialFailed(fleet, connection);
    return;
  }
  c.ports.set(endpoint(host, port), remote, connection);
  const outcome = connect(fleet, connection, settings.nat?.portRange);
  const stamp = c.stamp[connection] as number;
  if (outcome === "timeout") fleet.queue.push(fleet.now + settings.connectTimeoutMs, DIAL_FAILED, connection, stamp);
  else
    fleet.queue.push(
      fleet.now + fleet.roundTripMs,
      outcome === "refused" ? DIAL_FAILED : HANDSHAKEN,
      connection,
      stamp,
    );
}

export function dialFailed(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const slot = c.slot[connection] as number;
  fleet.recorder.totals.connectsFailed++;
  if (fleet.current[slot] === connection) fleet.current[slot] = -1;
  c.state[connection] = CLOSED;
  if (c.seen[connection] !== 0 && c.held[connection] === 0) dropSuitor(fleet, connection);
  // A node that sent its SYNs on to a target that was silent goes on knowing the flow.
  const waited = fleet.now - (c.dialedAt[connection] as number);
  if (c.server[connection] !== -1 && waited >= settingsOf(fleet, slot).connectTimeoutMs) {
    const last = SYNS_S.findLast((second) => second * 1000 <= waited) ?? 0;
    leaveFlow(fleet, connection, (c.dialedAt[connection] as number) + last * 1000);
  }
  forgetAtTarget(fleet, connection);
  freePort(fleet, connection);
  const failures = ((fleet.failures[slot] as number) + 1) | 0;
  fleet.failures[slot] = failures;
  const node = fleet.layout.nodeOf[slot] as number;
  if (node >= 0) fleet.heartbeats?.cut(node, Math.min(fleet.now, fleet.asksSince[slot] as number));
  noteMonitor(fleet);
  giveUpRequests(fleet, slot);
  if (settingsOf(fleet, slot).retries === "none" && !hasWaitingWatch(fleet, slot)) {
    fleet.asksSince[slot] = Number.POSITIVE_INFINITY;
    wakeAtNextRequest(fleet, slot);
    return;
  }
  fleet.waiting[slot] = 1;
  const wait = backOffMs(failures, 0.5 + fleet.dice.uniform(fleet.die) / 2, REFLECTOR_BACK_OFF);
  fleet.queue.push(fleet.now + wait, REDIAL, slot);
}

/** An attempt failed: requests that wait for a connection fail with it, at once or with the last that they have. */
export function giveUpRequests(fleet: FleetState, slot: number): void {
  const failed = fleet.failedAttempts.get(slot) ?? [];
  fleet.failedAttempts.set(slot, failed);
  failed.push(fleet.now);
  if (failed.length > MAX_ATTEMPTS) failed.shift();
  const askedBefore = settingsOf(fleet, slot).retries === "none" ? fleet.now : failed.at(-MAX_ATTEMPTS);
  const from = fleet.leftAt[slot] as number;
  if (askedBefore === undefined || askedBefore <= from) return;
  fleet.recorder.totals.requestsFailed += rateOf(fleet, slot) * (askedBefore - from);
  fleet.leftAt[slot] = askedBefore;
  fleet.asksSince[slot] = Math.max(askedBefore, fleet.asksSince[slot] as number);
}
