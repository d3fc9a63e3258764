import type { Trail } from "../session/segment.ts";
import type { Log, Mention, Vantage } from "../signature/scene.ts";

/** Which log entries are about which of the captured connections. */
export function mentionsOf(
  _vantages: readonly Vantage[],
  _logs: readonly Log[],
): ReadonlyMap<Trail, readonly Mention[]> {
  return new Map();
}
