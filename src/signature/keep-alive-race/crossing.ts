import { seqAtOrAfter } from "../../net/sequence.ts";
import { ACK } from "../../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import type { Scene } from "../scene.ts";
import { serverClose } from "../server-close.ts";
import { lastBefore, patience, type Reading, readTrail, type Step, touched } from "../trail-queries.ts";

/** A request and the server's close of an idle connection that met on the way. */
export interface Crossing {
  readonly reading: Reading;
  /** The first data of the client that the server never acknowledged. */
  readonly request: Step;
  /** The server's FIN, or the RST with ACK by which it closed. */
  readonly close: Step;
  /** The RST that answered the request; undefined when none was captured. */
  readonly answer: Step | undefined;
  /** The last data before both, which the server had sent; undefined when the connection had carried none. */
  readonly lastData: Step | undefined;
  /** How long the connection had been idle when the server closed it, as seen here. */
  readonly idle: Nanoseconds;
  /** The close is seen here to have left before the request can have arrived. */
  readonly proven: boolean;
}

/** A shorter pause is traffic, not idleness. */
const SHORTEST_IDLE: Nanoseconds = SECOND;

/** Looks for a request that the server closed on without having received it. */
export function crossingOf(scene: Scene, trail: Trail): Crossing | undefined {
  const reading = readTrail(trail);
  const request = unheardRequest(reading);
  if (request === undefined) return undefined;
  const found = closeOf(reading, request);
  if (found === undefined) return undefined;
  const { close, lastData, idle } = found;
  if (idle < SHORTEST_IDLE || (lastData !== undefined && lastData.side === "client")) return undefined;
  if (Math.abs(close.time - request.time) > patience(reading)) return undefined;
  const answer = reading.steps.find(
    (s) => s.side === "server" && s.rst && s !== close && s.time >= request.time && answers(s, request, close),
  );
  return { reading, request, close, answer, lastData, idle, proven: isProven(scene, reading, request, close, answer) };
}

/** The client's first data of which the server never acknowledged a byte, unless it only says goodbye or serves the transport. */
function unheardRequest(reading: Reading): Step | undefined {
  const request = reading.steps.find((s) => s.side === "client" && s.fresh && !touched(reading, s));
  if (request === undefined) return undefined;
  const { kind } = reading.payload(request);
  return kind === "farewell" || kind === "goaway" || kind === "control" || kind === "handshake" ? undefined : request;
}

/** The server's close as if the request had not been there: in the client's capture the request may come first. */
function closeOf(
  reading: Reading,
  request: Step,
): { close: Step; lastData: Step | undefined; idle: Nanoseconds } | undefined {
  const without = reading.steps.filter((s) => s.side === "server" || s.index < request.index);
  const steps = without.map((step, index) => ({ ...step, index }));
  const close = serverClose({ ...reading, steps });
  const original = reading.steps.find((s) => s.segment === close?.step.segment);
  if (close === undefined || original === undefined || acknowledges(original, request)) return undefined;
  // After GOAWAY a client knows that the server did not take the request, and sends it again (RFC 9113 §8.7).
  if (close.announced) return undefined;
  // A bare RST after the request answers it: the server had not closed before, it no longer knew the connection.
  const bare = original.rst && (original.segment.flags & ACK) === 0;
  if (bare && (close.kind === "no-socket" || original.index > request.index)) return undefined;
  return { close: original, lastData: close.lastData, idle: close.idle };
}

const acknowledges = (close: Step, request: Step): boolean =>
  (close.segment.flags & ACK) !== 0 && !seqAtOrAfter(request.segment.seq, close.segment.ack);

/** A bare RST with the number that the request acknowledged, or the one after the FIN (RFC 9293 §3.10.7.1). */
const answers = (rst: Step, request: Step, close: Step): boolean =>
  rst.segment.seq === request.segment.ack || rst.segment.seq === close.end;

/**
 * At the server the FIN is seen to leave before the request arrives and the RST follows the request
 * at once. At the client a FIN that arrives within less than a round trip after the request was sent left
 * before the request can have come.
 */
function isProven(scene: Scene, reading: Reading, request: Step, close: Step, answer: Step | undefined): boolean {
  if (answer === undefined) return false;
  const place = scene.vantages[reading.trail.vantage]?.place;
  if (place === "server") return close.index < request.index && answer.time - request.time < 10 * MILLISECOND;
  const { roundTrip } = reading;
  const wait = close.time - request.time;
  return roundTrip !== undefined && reading.trail.flow.syn.length > 0 && wait > 0 && wait < 0.9 * roundTrip;
}

/** The client's last word before the request that the server had answered. */
export const previousRequest = ({ reading, lastData }: Crossing): Step | undefined =>
  lastData === undefined ? undefined : lastBefore(reading, lastData.index, (s) => s.side === "client" && s.fresh);
