import type { Nanoseconds } from "../../net/time.ts";
import { MILLISECOND, SECOND } from "../../net/time.ts";
import { covers, patience, type Reading, type Step } from "../trail-queries.ts";

/** A request whose sender said "that was all" with FIN, and that the server dropped for it. */
export interface HalfClose {
  readonly reading: Reading;
  readonly request: Step;
  readonly fin: Step;
  /** The server's FIN or RST. */
  readonly close: Step;
}

/** A client that gives up does so after a wait; one that half-closes sends FIN with its request or right behind it. */
const RIGHT_BEHIND: Nanoseconds = 50 * MILLISECOND;
/** A server that takes longer may have run into its own timeout. */
const PROMPT: Nanoseconds = SECOND;

/** Looks for an HTTP/1 request in the clear with the client's FIN right behind it, closed on without a byte of answer. */
export function halfClose(reading: Reading): HalfClose | undefined {
  if (!reading.established || reading.unseen.server || reading.unseen.client) return undefined;
  const fin = reading.steps.find((s) => s.fin || s.rst);
  if (fin === undefined || !fin.fin || fin.side !== "client") return undefined;
  const request = reading.steps.findLast((s) => s.side === "client" && s.fresh && s.index <= fin.index);
  if (request === undefined || reading.payload(request).kind !== "request") return undefined;
  if (fin.time - request.time > RIGHT_BEHIND) return undefined;
  const later = reading.steps.slice(request.index + 1);
  if (later.some((s) => s.fresh) || later.some((s) => s.rst && s.side === "client")) return undefined;
  const close = later.find((s) => s.side === "server" && (s.fin || s.rst));
  // The server had the request and the FIN: a RST that covers neither met the request instead.
  if (close === undefined || !covers(close, fin.end) || close.time - fin.time > PROMPT + patience(reading))
    return undefined;
  return { reading, request, fin, close };
}
