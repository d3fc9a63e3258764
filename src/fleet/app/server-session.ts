/**
 * A server's end of a connection. What requests touch is its row: 64 bytes, one cache line, seen as words (Int32Array) and as times (Float64Array). Whoever
 * reads rows at every request takes these numbers in as constants of its own, as kernel/layout.ts says.
 */
import { type Leave, SERVING } from "../../guard/machines/index.ts";
import type { Rows } from "../engine/rows.ts";

export const SESSION_WORDS = 16;
/** The socket; -1: the session of this number has ended. */
export const V_SOCKET = 0;
/** Number of the server. */
export const V_SERVER = 1;
/** The client's session at the other end, once it has spoken; -1: it has not. */
export const V_PEER = 2;
/** How far it is with leaving, as much as a request must know of it: `SERVES`, `PREPARES` or `FINISHES`. */
export const V_PHASE = 3;
/** Highest stream id taken. Once it finishes, that is the one promised in a GOAWAY. */
export const V_MAX_STREAM = 4;
/** Requests being answered and watches held. */
export const V_OPEN = 5;
/** How many sessions with this number have ended: a stale reference carries another. */
export const V_STAMP = 6;
/** Bytes of bodies read and not given back to the peer's window. */
export const V_UNREAD = 7;

export const SESSION_TIMES = 8;
/** When something was last asked or answered, milliseconds as the next two. */
export const VT_ACTIVE = 4;
/** What the leave waits for. */
export const VT_LEAVE = 5;
/** After GOAWAY without open streams: when to close. */
export const VT_CLOSE = 6;
/** Nanoseconds: when the event comes that counts. */
export const VT_TIMER = 7;

/** Not told to go; told in a GOAWAY that refuses nothing; only what it has taken is answered. */
export const SERVES = 0;
const PREPARES = 1;
export const FINISHES = 2;

/** What a session needs seldom. */
export interface ServerSession {
  readonly id: number;
  readonly openedMs: number;
  readonly watches: Watch[];
  /** Over HTTP/2; over HTTP/1 the row's phase says it all. */
  leave: Leave;
}

export interface Watch {
  readonly id: number;
  readonly session: ServerSession;
  readonly stream: number;
  readonly call: number;
  readonly actor: number;
  /** Whether the controller that judges nodes holds it. */
  readonly judging: boolean;
}

/** Begins a session with this number: its row, in which the stamp stays, and the rest. */
export function serverSession(rows: Rows, id: number, sk: number, server: number, nowMs: number): ServerSession {
  rows.reserve(id);
  const { words, times } = rows;
  const v = id * SESSION_WORDS;
  words[v + V_SOCKET] = sk;
  words[v + V_SERVER] = server;
  words[v + V_PEER] = -1;
  words[v + V_PHASE] = SERVES;
  words[v + V_MAX_STREAM] = 0;
  words[v + V_OPEN] = 0;
  words[v + V_UNREAD] = 0;
  const t = id * SESSION_TIMES;
  times[t + VT_ACTIVE] = nowMs;
  for (const time of [VT_LEAVE, VT_CLOSE, VT_TIMER]) times[t + time] = Number.POSITIVE_INFINITY;
  return { id, openedMs: nowMs, watches: [], leave: SERVING };
}

export function phaseOf({ phase }: Leave): number {
  switch (phase) {
    case "serving":
      return SERVES;
    case "announcing":
    case "announced":
      return PREPARES;
    case "finishing":
    case "cutting":
    case "gone":
      return FINISHES;
  }
}
