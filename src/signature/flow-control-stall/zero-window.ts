import { ACK } from "../../net/tcp-flags.ts";
import { type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Side, Trail } from "../../session/segment.ts";
import { other, readTrail, type Step } from "../trail-queries.ts";

/** A receiver that closed its TCP window and never opened it again before the connection or the capture ended. */
export interface ZeroWindow {
  readonly receiver: Side;
  /** The first packet with window 0 of the last such period, and the last. */
  readonly first: Step;
  readonly last: Step;
  /** Probes of the sender (RFC 9293 §3.8.6.1). */
  readonly probes: readonly Step[];
  /** The FIN or RST that ended it. */
  readonly end: Step | undefined;
  readonly lasted: Nanoseconds;
}

/** Shorter ones are a reader that is slow for a moment. */
const LEAST: Nanoseconds = 5 * SECOND;
/** Without an end, so long that it is no moment any more. */
const LEAST_OPEN: Nanoseconds = 30 * SECOND;

export function zeroWindowOf(trail: Trail): ZeroWindow | undefined {
  const reading = readTrail(trail);
  if (trail.omitted > 0) return undefined;
  for (const receiver of ["client", "server"] as const) {
    const told = reading.steps.filter((s) => s.side === receiver && !s.syn && !s.rst && (s.segment.flags & ACK) !== 0);
    const lastOpen = told.findLast((s) => s.segment.window !== 0);
    const closed = told.filter((s) => s.segment.window === 0 && s.index > (lastOpen?.index ?? -1));
    const [first] = closed;
    const last = closed.at(-1);
    if (first === undefined || last === undefined || lastOpen === undefined) continue;
    const sender = other(receiver);
    const later = reading.steps.slice(first.index + 1);
    const probes = later.filter(
      (s) => s.side === sender && !s.fin && !s.rst && (s.segment.length > 0 || s.probe || isAsked(s)),
    );
    const end = later.find((s) => s.fin || s.rst);
    // The sender must want to go on: it probes, again and again.
    if (probes.length < 2) continue;
    const lasted = (end?.time ?? probes.at(-1)?.time ?? last.time) - first.time;
    if (lasted < (end === undefined ? LEAST_OPEN : LEAST)) continue;
    return { receiver, first, last, probes, end, lasted };
  }
  return undefined;
}

const isAsked = ({ segment }: Step): boolean =>
  segment.notes.includes("keepalive") || segment.notes.includes("zeroWindowProbe");
