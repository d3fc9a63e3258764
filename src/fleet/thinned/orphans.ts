/** What a kernel goes on repeating after its client has given a dead connection up. */
import { ORPHAN_SPEAKS } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { freePort, leaveFlow } from "./four-tuples.ts";
import { EARLIER_MS, FIRST_RETRANSMISSION_MS, ORPHAN_MS } from "./times.ts";

/** What a client that gave up had said is repeated by its kernel, which has closed the connection but can't send FIN yet. */
export function repeatLater(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const spoken = c.spokenAt[connection] as number;
  const waited = Math.max(1, (fleet.now - spoken) / FIRST_RETRANSMISSION_MS);
  const at = spoken + FIRST_RETRANSMISSION_MS * 2 ** (Math.floor(Math.log2(waited) + EARLIER_MS) + 1);
  fleet.queue.push(at, ORPHAN_SPEAKS, connection, c.stamp[connection]);
}

export function orphanSpeaks(fleet: FleetState, connection: number): void {
  const c = fleet.connections;
  const spoken = c.spokenAt[connection] as number;
  if (fleet.now - spoken >= ORPHAN_MS - EARLIER_MS) {
    leaveFlow(fleet, connection, spoken + ORPHAN_MS / 2);
    freePort(fleet, connection);
    return;
  }
  const server = c.server[connection] as number;
  const reaches = !fleet.lostNodes.has(c.remote[connection] as number) && fleet.serverStates[server] !== "gone";
  const holder = c.atTarget.get(c.seen[connection] as number, fleet.layout.servers[server] as number);
  // Nobody there: RST, which balancer and client both see.
  if (reaches && holder < 0) freePort(fleet, connection);
  else repeatLater(fleet, connection);
}
