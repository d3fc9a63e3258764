import { sameEndpoint } from "../net/endpoint.ts";
import { ACK } from "../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Payload } from "./payload.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import { attemptsByTrail, refusedAtOnce } from "./syn-queries.ts";
import { endpointOf, lastBefore, patience, type Reading, readTrail, type Step } from "./trail-queries.ts";

/** How and when the server ended a connection that the client had not begun to end. */
export interface ServerClose {
  readonly reading: Reading;
  /** The FIN or RST. */
  readonly step: Step;
  /**
   * `fin`; `abort`: RST with ACK, sent by a socket that was still there (data unread, linger 0), or a
   * RST that nothing provoked; `no-socket`: a bare RST, the answer to a packet for a socket that was
   * gone (RFC 9293 §3.10.7.1).
   */
  readonly kind: "fin" | "abort" | "no-socket";
  /** The last data of either side before the close and its goodbye; undefined when there was none. */
  readonly lastData: Step | undefined;
  /** How long the connection had carried no data. */
  readonly idle: Nanoseconds;
  /** The server said goodbye just before (TLS close_notify or alert, GOAWAY, 408), or had announced the end. */
  readonly farewell: boolean;
  /** The server had announced the end with GOAWAY, seen in the clear or by its size: what it had not taken may be sent again. */
  readonly announced: boolean;
}

/** The server's close, when the server was the first to close. */
export const serverClose: (reading: Reading) => ServerClose | undefined = remember(findClose);

function findClose(reading: Reading): ServerClose | undefined {
  if (!reading.established) return undefined;
  const step = reading.steps.find((s) => s.fin || s.rst);
  if (step === undefined || step.side !== "server") return undefined;
  if (reading.steps.slice(0, step.index).some((s) => s.side === "client" && leaves(reading, s))) return undefined;
  const goodbye = goodbyeBefore(reading, step);
  const start = goodbye ?? step;
  const lastData = lastBefore(reading, start.index, (s) => s.fresh && reading.payload(s).kind !== "control");
  const announced = toldToGo(reading, step);
  const began = lastData ?? reading.steps[0];
  return {
    reading,
    step,
    kind: step.fin ? "fin" : answersPacket(reading, step) ? "no-socket" : "abort",
    lastData,
    idle: began === undefined ? 0 : start.time - began.time,
    farewell: goodbye !== undefined || announced,
    announced,
  };
}

/** A bare RST whose number is the acknowledgment of a packet that had just come. */
function answersPacket(reading: Reading, rst: Step): boolean {
  if ((rst.segment.flags & ACK) !== 0) return false;
  const asked = lastBefore(reading, rst.index, (s) => s.side === "client");
  return asked !== undefined && rst.segment.seq === asked.segment.ack && rst.time - asked.time <= patience(reading);
}

const leaves = (reading: Reading, step: Step): boolean => step.fresh && isGoodbye(reading.payload(step));

const isGoodbye = ({ kind }: Payload): boolean => kind === "farewell" || kind === "goaway";

/** The server's goodbye just before its close, with nothing of substance between. */
function goodbyeBefore(reading: Reading, step: Step): Step | undefined {
  const last = lastBefore(reading, step.index, (s) => s.side === "server" && s.fresh);
  return last !== undefined && step.time - last.time < 2 * SECOND && leaves(reading, last) ? last : undefined;
}

/**
 * Whether the server announced the end earlier: GOAWAY in the clear, or a record of its size that
 * answers no PING. Such a record comes once or twice (RFC 9113 §6.8); what comes often is data.
 */
function toldToGo(reading: Reading, step: Step): boolean {
  const sized = new Map<number, number>();
  let asked = false;
  for (const s of reading.steps.slice(0, step.index)) {
    if (!s.fresh) continue;
    const { kind, pingSized, inferred } = reading.payload(s);
    const { length } = s.segment;
    if (s.side === "client") asked ||= pingSized;
    else if (kind === "goaway") return true;
    else if (pingSized && inferred) {
      if (!asked) sized.set(length, (sized.get(length) ?? 0) + 1);
      asked = false;
    }
  }
  return [...sized.values()].some((count) => count <= 2);
}

/** Closings of one server that belong to one instant are no further apart than this. */
const INSTANT: Nanoseconds = 100 * MILLISECOND;

/** More fellows than these tell nothing new. */
const MOST_FELLOWS = 100;

/** Other connections that the same server closed at the same instant, of its own accord; the first hundred. */
export function closedTogether(scene: Scene, close: ServerClose): readonly ServerClose[] {
  const { trail } = close.reading;
  const server = endpointOf(trail, "server");
  const found: ServerClose[] = [];
  for (const fellow of scene.vantages[trail.vantage]?.trails ?? []) {
    if (found.length === MOST_FELLOWS) break;
    if (fellow.flow.to < close.step.time - INSTANT || fellow.flow.from > close.step.time) continue;
    if (fellow === trail || !sameEndpoint(endpointOf(fellow, "server"), server)) continue;
    const theirs = serverClose(readTrail(fellow));
    if (theirs !== undefined && Math.abs(theirs.step.time - close.step.time) <= INSTANT) found.push(theirs);
  }
  return found;
}

/** How long after a close a refused connection still tells of it. */
const AFTERMATH: Nanoseconds = 10 * SECOND;

/** The first attempt to connect to the same server that was refused within ten seconds after the close. */
export function refusedAfter(scene: Scene, close: ServerClose): Trail | undefined {
  const { trail } = close.reading;
  const server = endpointOf(trail, "server");
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined) return undefined;
  const attempts = attemptsByTrail(vantage);
  const refused = (fellow: Trail): boolean => {
    const attempt = attempts.get(fellow);
    return attempt !== undefined && refusedAtOnce(attempt);
  };
  return vantage.trails.find(
    (fellow) =>
      fellow.flow.state === "refused" &&
      fellow.flow.from >= close.step.time - INSTANT &&
      fellow.flow.from <= close.step.time + AFTERMATH &&
      sameEndpoint(endpointOf(fellow, "server"), server) &&
      refused(fellow),
  );
}
