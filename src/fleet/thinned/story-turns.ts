/** What the story does to servers, balancer nodes and clients. */
import { breakOff, seeEnd } from "./break-off.ts";
import { DIALLING, DRAINING, FREE, OPEN } from "./connections.ts";
import type { FleetState } from "./fleet-state.ts";
import { forgetAtTarget, hauntAgain } from "./four-tuples.ts";
import { drain } from "./go-away.ts";

/** All connections that a server holds, as they are now. */
function heldBy(fleet: FleetState, server: number): number[] {
  const c = fleet.connections;
  const found: number[] = [];
  for (let i = 0; i < c.used; i++) if (c.held[i] === 1 && c.server[i] === server && c.state[i] !== FREE) found.push(i);
  return found;
}

/** It tells all its clients to go; their watches go on until it stops. */
export function sendAway(fleet: FleetState, server: number): void {
  const c = fleet.connections;
  for (const connection of heldBy(fleet, server)) {
    const state = c.state[connection] as number;
    if (state === DIALLING) continue;
    fleet.recorder.totals.goaways++;
    if (state === OPEN && c.brokenAt[connection] === Number.POSITIVE_INFINITY) drain(fleet, connection);
  }
}

/** Its process is gone, its kernel closes what it had, and clients see it at once. `announced`: it says GOAWAY first. */
export function cutAll(fleet: FleetState, server: number, announced = false): void {
  const c = fleet.connections;
  for (const connection of heldBy(fleet, server)) {
    if (announced) fleet.recorder.totals.goaways++;
    const wasOpen = c.state[connection] === OPEN && c.brokenAt[connection] === Number.POSITIVE_INFINITY;
    if (wasOpen && c.watches[connection] === 0) {
      // Nothing was open on it: nobody misses it.
      drain(fleet, connection);
      continue;
    }
    forgetAtTarget(fleet, connection);
    breakOff(fleet, connection);
    seeEnd(fleet, connection);
  }
}

/** Its sockets are gone without a word. */
export function loseAll(fleet: FleetState, server: number): void {
  for (const connection of heldBy(fleet, server)) {
    forgetAtTarget(fleet, connection);
    breakOff(fleet, connection);
  }
}

/** A balancer node forgot its flows: both ends go on believing. */
export function loseNode(fleet: FleetState, node: number): void {
  const c = fleet.connections;
  fleet.leftFlows.forget(node);
  for (let i = 0; i < c.used; i++) {
    if (c.remote[i] !== node || (c.state[i] !== OPEN && c.state[i] !== DRAINING)) continue;
    c.forgotten[i] = 1;
    breakOff(fleet, i, false);
  }
}

/** A server or a balancer node answers again, and remembers nothing: who still believes in it will be told. */
export function returned(fleet: FleetState, place: number): void {
  const c = fleet.connections;
  for (const ghosts of fleet.ghosts.values())
    for (const ghost of ghosts)
      if (c.remote[ghost] === place || fleet.layout.servers[c.server[ghost] as number] === place)
        hauntAgain(fleet, ghost);
}
