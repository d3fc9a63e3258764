/** The chance or the traffic changes. */
import { OPEN } from "./connections.ts";
import { countRequests, rateOf } from "./counting.ts";
import type { FleetState } from "./fleet-state.ts";
import { scheduleGoaway } from "./go-away.ts";
import { nextTime, type RequestStream } from "./streams.ts";

/** The chance or the traffic changed: waiting times are drawn anew, which is sound since they forget. */
export function redraw(fleet: FleetState, change: () => void): void {
  for (let i = 0; i < fleet.rate.length; i++) countRequests(fleet, i);
  const before = fleet.factor;
  change();
  if (fleet.factor !== before) rescale(fleet, before);
  const c = fleet.connections;
  for (let i = 0; i < c.used; i++) {
    if (c.state[i] !== OPEN || c.brokenAt[i] !== Number.POSITIVE_INFINITY) continue;
    c.stamp[i] = ((c.stamp[i] as number) + 1) | 0;
    scheduleGoaway(fleet, i, fleet.now);
  }
}

function rescale(fleet: FleetState, before: number): void {
  const rate = fleet.rate.fill(0);
  for (let slot = 0; slot < fleet.layout.slots; slot++)
    for (const [i, { everyMs, scaled }] of (fleet.streams[slot] as RequestStream[]).entries()) {
      const at = (fleet.firstPhase[slot] as number) + i;
      // The next request comes when it would have; those after it at the new distance.
      if (scaled) fleet.phases[at] = nextTime(fleet.phases[at] as number, everyMs / before, fleet.now);
    }
  const c = fleet.connections;
  for (let i = 0; i < c.used; i++) {
    if (c.counted[i] === 1)
      rate[c.server[i] as number] = (rate[c.server[i] as number] as number) + rateOf(fleet, c.slot[i] as number);
  }
}
