import { printEndpoint } from "../../net/endpoint.ts";
import { ACK, SYN } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { remember } from "../remember.ts";
import type { Scene, Vantage } from "../scene.ts";
import type { ServerClose } from "../server-close.ts";
import { endpointOf } from "../trail-queries.ts";

/**
 * Whether the server accepted a connection between two closes: then no one death ended both. Where the sockets were
 * gone before the RSTs, it tells nothing: a new process may listen by then.
 */
export function livedOnBetween(scene: Scene, a: ServerClose, b: ServerClose): boolean {
  const { trail } = a.reading;
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined || a.kind === "no-socket" || b.kind === "no-socket") return false;
  const accepted = acceptedAt(vantage).get(printEndpoint(endpointOf(trail, "server"))) ?? [];
  const from = Math.min(a.step.time, b.step.time);
  const to = Math.max(a.step.time, b.step.time);
  return accepted.some((time) => time > from && time < to);
}

/** When each server sent a SYN-ACK. */
const acceptedAt = remember((vantage: Vantage): ReadonlyMap<string, readonly Nanoseconds[]> => {
  const found = new Map<string, Nanoseconds[]>();
  for (const trail of vantage.trails) {
    const accept = trail.segments.find((s) => s.from === "server" && (s.flags & (SYN | ACK)) === (SYN | ACK));
    if (accept === undefined) continue;
    const key = printEndpoint(endpointOf(trail, "server"));
    const times = found.get(key);
    if (times === undefined) found.set(key, [accept.time]);
    else times.push(accept.time);
  }
  return found;
});
