/** What the numbers of slots, connections and streams stand for. */
import type { FleetState } from "./fleet-state.ts";
import type { Group } from "./layout.ts";
import type { RequestStream } from "./streams.ts";

export function every(fleet: FleetState, { everyMs, scaled }: RequestStream): number {
  return scaled ? everyMs / fleet.factor : everyMs;
}

export function groupOf(fleet: FleetState, slot: number): Group {
  return fleet.layout.groups[fleet.layout.groupOf[slot] as number] as Group;
}

export function settingsOf(fleet: FleetState, slot: number): Group["settings"] {
  return groupOf(fleet, slot).settings;
}

/** The number of the server at a place: servers are laid out first. */
export const numberOf = (place: number): number => place;

/** The four-tuple at the target as one number. */
export function tupleOf(fleet: FleetState, connection: number): number {
  const c = fleet.connections;
  return ((c.seen[connection] as number) >>> 0) * 0x10000 + (c.server[connection] as number);
}
