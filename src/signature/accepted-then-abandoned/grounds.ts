import { printSpan, SECOND } from "../../net/time.ts";
import { seenAtServer } from "../findings.ts";
import { RESPONSE_LIMITS, timeoutNear } from "../known-timeouts.ts";
import { type OpenRequest, openRequest } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter, type ServerClose } from "../server-close.ts";
import type { Confidence } from "../signature.ts";

/** A wait shorter than this is no wait: the close and the request crossed, or the process died. */
export const SHORTEST_WAIT: number = SECOND;

/** Undefined when the evidence is of something else, or too thin even for a guess. */
export function confidenceOf(
  scene: Scene,
  close: ServerClose,
  request: OpenRequest,
  round: boolean,
): Confidence | undefined {
  // Connections that were at work died at the same instant: the process went, and with it everything it had.
  const together = closedTogether(scene, close);
  if (together.some((fellow) => !waited(fellow) && fellow.idle < SHORTEST_WAIT)) return undefined;
  if (close.kind === "fin" && refusedAfter(scene, close) !== undefined) return undefined;
  if (request.request === "unclear") return close.kind === "abort" ? "possible" : undefined;
  if (close.kind === "fin" && !round) return request.request === "certain" ? "possible" : undefined;
  // Unreadable, and closed in order: that it was a request is inferred from those before it.
  if (close.kind === "fin" && request.request === "pattern") return "likely";
  return seenAtServer(scene, close.reading.trail) ? "certain" : "likely";
}

/** Whether a fellow connection, too, had an accepted request that waited long. */
function waited(fellow: ServerClose): boolean {
  const request = openRequest(fellow.reading, fellow.step);
  return request?.accepted !== undefined && fellow.step.time - request.last.time >= SHORTEST_WAIT;
}

/** A timeout that somebody set: one that products ship with, or a whole number of seconds. */
export function roundness(wait: number): string | undefined {
  const known = timeoutNear(RESPONSE_LIMITS, wait, 0.15 * SECOND);
  if (known !== undefined) return `${known.seconds} s is a timeout that ${known.whose} ships with`;
  const seconds = Math.round(wait / SECOND);
  const off = Math.abs(wait - seconds * SECOND);
  return off <= Math.min(0.15 * SECOND, 0.03 * wait)
    ? `the wait was ${seconds} s to within ${printSpan(off)}: a configured timeout`
    : undefined;
}
