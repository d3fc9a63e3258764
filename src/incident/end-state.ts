import { ACK, FIN, RST, SYN } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { Segment, Side, Trail } from "../session/segment.ts";

/** What one end's kernel holds of a connection (RFC 9293 §3.3.2, its two FIN-WAITs as one); `CLOSED` is no entry at all. */
export type EndState =
  | "CLOSED"
  | "SYN-SENT"
  | "SYN-RECEIVED"
  | "ESTABLISHED"
  | "FIN-WAIT"
  | "CLOSE-WAIT"
  | "LAST-ACK"
  | "TIME-WAIT"
  | "unknown";

/** The state that an end is in from a time on: nanoseconds since the epoch of the trail's capture. */
export interface StateChange {
  readonly time: Nanoseconds;
  readonly state: EndState;
}

/**
 * Replays a trail as one end lived it. It takes every packet seen for received, so from a capture
 * taken elsewhere this is an inference. `believes` says of a packet from the other side whether it
 * counts: a box may have sent it in the other side's name.
 */
export function endStates(
  trail: Trail,
  side: Side,
  believes: (segment: Segment) => boolean = () => true,
): StateChange[] {
  const first = trail.segments[0];
  const changes: StateChange[] = [];
  let state: EndState = first === undefined || (first.flags & SYN) !== 0 ? "CLOSED" : "ESTABLISHED";
  // Seen from the middle: open for as long as anybody has looked.
  if (state !== "CLOSED") changes.push({ time: Number.NEGATIVE_INFINITY, state });
  for (const segment of trail.segments) {
    if (segment.notes.includes("rstUnacceptable") || segment.notes.includes("foreignAck")) continue;
    if (!believes(segment)) continue;
    const next = step(state, side, segment);
    if (next === state) continue;
    state = next;
    changes.push({ time: segment.time, state });
  }
  return changes;
}

/** The state at a time: the latest change before it, or at it. */
export function stateAt(changes: readonly StateChange[], time: Nanoseconds): EndState {
  return changes.findLast((change) => change.time <= time)?.state ?? "CLOSED";
}

function step(state: EndState, side: Side, { from, flags }: Segment): EndState {
  const own = from === side;
  // A client that answers a challenge ACK with RST goes on waiting for its SYN-ACK (RFC 9293 §3.10.7.3).
  if ((flags & RST) !== 0) return own && state === "SYN-SENT" ? state : "CLOSED";
  if ((flags & SYN) !== 0) return side === "client" ? opening(state, own, flags) : accepting(state, own, flags);
  if (state === "SYN-RECEIVED" && !own && (flags & ACK) !== 0)
    return (flags & FIN) === 0 ? "ESTABLISHED" : "CLOSE-WAIT";
  if ((flags & FIN) !== 0) return own ? afterOwnFin(state) : afterTheirFin(state);
  if (state === "LAST-ACK" && !own && (flags & ACK) !== 0) return "CLOSED";
  return state;
}

function opening(state: EndState, own: boolean, flags: number): EndState {
  if (own) return state === "CLOSED" || state === "TIME-WAIT" ? "SYN-SENT" : state;
  return state === "SYN-SENT" && (flags & ACK) !== 0 ? "ESTABLISHED" : state;
}

function accepting(state: EndState, own: boolean, flags: number): EndState {
  return own && (flags & ACK) !== 0 && (state === "CLOSED" || state === "TIME-WAIT") ? "SYN-RECEIVED" : state;
}

function afterOwnFin(state: EndState): EndState {
  if (state === "ESTABLISHED" || state === "SYN-RECEIVED") return "FIN-WAIT";
  return state === "CLOSE-WAIT" ? "LAST-ACK" : state;
}

function afterTheirFin(state: EndState): EndState {
  if (state === "ESTABLISHED") return "CLOSE-WAIT";
  return state === "FIN-WAIT" ? "TIME-WAIT" : state;
}
