import { type Leave, SERVING } from "../../guard/machines/index.ts";

/** A server's end of a connection. */
export interface ServerSession {
  readonly id: number;
  readonly sk: number;
  readonly server: number;
  readonly openedMs: number;
  /** The client's session at the other end, once it has spoken; its number and how often that has been used. */
  peer: number;
  actor: number;
  /** Highest stream id taken, and the last one promised in a GOAWAY. */
  maxStream: number;
  lastPromised: number;
  /** Requests being answered and watches held. */
  open: number;
  readonly watches: Watch[];
  leave: Leave;
  /** What the leave waits for, milliseconds. */
  leaveAtMs: number;
  /** After GOAWAY without open streams: when to close. */
  closeAtMs: number;
  lastActiveMs: number;
  greeted: boolean;
  /** Nanoseconds: when the event comes that counts. */
  timerNs: number;
  stamp: number;
  alive: boolean;
  /** Bytes of bodies read and not given back to the peer's window. */
  unread: number;
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

export function serverSession(id: number, sk: number, server: number, nowMs: number, stamp: number): ServerSession {
  return {
    id,
    sk,
    server,
    openedMs: nowMs,
    peer: -1,
    actor: -1,
    maxStream: 0,
    lastPromised: Number.POSITIVE_INFINITY,
    open: 0,
    watches: [],
    leave: SERVING,
    leaveAtMs: Number.POSITIVE_INFINITY,
    closeAtMs: Number.POSITIVE_INFINITY,
    lastActiveMs: nowMs,
    greeted: false,
    timerNs: Number.POSITIVE_INFINITY,
    stamp,
    alive: true,
    unread: 0,
  };
}
