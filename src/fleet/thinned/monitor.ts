/** The controller's looks at the nodes, only while something is in the way of leases. */
import { MONITOR } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";

export function monitor(fleet: FleetState): void {
  const kubernetes = fleet.scenario.network.kubernetes;
  if (fleet.heartbeats === undefined || kubernetes === undefined) return;
  fleet.heartbeats.tick(fleet.now);
  fleet.monitoring = fleet.heartbeats.isDisturbed(fleet.now);
  if (fleet.monitoring) fleet.queue.push(fleet.now + kubernetes.nodeMonitorPeriodMs, MONITOR, 0);
}

/** Something is in the way of leases: from its next tick on the controller's looks count. */
export function noteMonitor(fleet: FleetState): void {
  const period = fleet.scenario.network.kubernetes?.nodeMonitorPeriodMs;
  if (fleet.monitoring || period === undefined || fleet.heartbeats?.isDisturbed(fleet.now) !== true) return;
  fleet.monitoring = true;
  fleet.queue.push((Math.floor(fleet.now / period) + 1) * period, MONITOR, 0);
}
