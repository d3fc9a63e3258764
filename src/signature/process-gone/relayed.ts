import { type Instant, MILLISECOND, type Nanoseconds } from "../../net/time.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import { type ServerClose, serverClose } from "../server-close.ts";
import { endpointOf, readTrail } from "../trail-queries.ts";
import { workOf } from "./work.ts";

/** How long a proxy takes at the most to hand on what it was told; and as much between the clocks of two captures, either way. */
const HANDED_ON: Nanoseconds = 50 * MILLISECOND;

/**
 * Whether the server is a proxy, and just then had lost a request of its own: a server behind it ended the connection with the request unanswered. It hands
 * that on by closing (HAProxy does so where the request came on a kept connection, RFC 9112 §9.3.1), which tells of its own process that it is alive.
 */
export function relayed(scene: Scene, close: ServerClose): boolean {
  const { trail } = close.reading;
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined) return false;
  const closed = scene.toCommon(vantage, close.step.time);
  const times = lossesBehind(scene).get(endpointOf(trail, "server").address) ?? [];
  return times.some((time) => Math.abs(Number(closed - time)) <= HANDED_ON);
}

/** When each host, as a client, heard the last of a server that had ended a connection with its request unanswered. */
const lossesBehind = remember((scene: Scene): ReadonlyMap<string, readonly Instant[]> => {
  const found = new Map<string, Instant[]>();
  for (const { vantage, trail } of scene.vantages.flatMap((each) =>
    each.trails.map((trail) => ({ vantage: each, trail })),
  )) {
    const close = serverClose(readTrail(trail));
    if (close === undefined || workOf(close).kind !== "request") continue;
    const { address } = endpointOf(trail, "client");
    const times = found.get(address) ?? [];
    found.set(address, times);
    // The FIN came before the request was sent: what tells that it is lost is the RST behind it.
    for (const step of close.reading.steps)
      if (step.side === "server" && (step.fin || step.rst)) times.push(scene.toCommon(vantage, step.time));
  }
  return found;
});
