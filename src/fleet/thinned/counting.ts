/** Requests, connections and steps of the series, as expected values between two events. */
import { Fault } from "../../net/fault.ts";
import { STEP } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { every } from "./look-up.ts";
import type { RequestStream } from "./streams.ts";

export function step(fleet: FleetState): void {
  const { serviceTimeMs, capacity } = fleet.scenario.network.servers;
  for (let i = 0; i < fleet.rate.length; i++) {
    countRequests(fleet, i);
    fleet.recorder.up[i] = fleet.stopped[i] === 0;
    if (capacity > 0 && (fleet.rate[i] as number) * serviceTimeMs > MOST_LOAD * capacity)
      throw new Fault(
        "not-thinnable",
        `server ${i} is ${Math.round(((fleet.rate[i] as number) * serviceTimeMs * 100) / capacity)} % busy: requests would wait`,
        "Use the full detail (--detail full), in which every request is an event.",
      );
  }
  countMissed(fleet);
  fleet.recorder.sample();
  fleet.steps++;
  fleet.queue.push((fleet.steps + 1) * fleet.stepMs, STEP, 0);
}

export function countMissed(fleet: FleetState): void {
  fleet.heartbeats?.countMissed(fleet.missedTo, fleet.now);
  fleet.missedTo = fleet.now;
}

export function countRequests(fleet: FleetState, server: number): void {
  const count = (fleet.rate[server] as number) * (fleet.now - (fleet.countedTo[server] as number));
  fleet.countedTo[server] = fleet.now;
  fleet.recorder.requests[server] = (fleet.recorder.requests[server] as number) + count;
  fleet.recorder.totals.requests += count;
}

export function addRate(fleet: FleetState, connection: number, sign: 1 | -1): void {
  const c = fleet.connections;
  if ((c.counted[connection] === 1) === sign > 0) return;
  c.counted[connection] = sign > 0 ? 1 : 0;
  const server = c.server[connection] as number;
  countRequests(fleet, server);
  const rate = rateOf(fleet, c.slot[connection] as number);
  fleet.rate[server] = Math.max(0, (fleet.rate[server] as number) + sign * rate);
}

export function rateOf(fleet: FleetState, slot: number): number {
  let rate = 0;
  for (const stream of fleet.streams[slot] as RequestStream[]) rate += 1 / every(fleet, stream);
  return rate;
}

export function count(fleet: FleetState, server: number, by: 1 | -1): void {
  fleet.recorder.connections[server] = (fleet.recorder.connections[server] as number) + by;
}

/** Load above which requests wait for each other. */
const MOST_LOAD = 0.8;
