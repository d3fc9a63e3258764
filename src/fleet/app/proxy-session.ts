import { type Leave, SERVING } from "../../guard/machines/index.ts";

/** A balancer node's end of a client's connection. */
export interface Front {
  readonly id: number;
  readonly sk: number;
  readonly node: number;
  readonly stamp: number;
  readonly openedMs: number;
  /** The client's session. */
  peer: number;
  alive: boolean;
  requests: number;
  maxStream: number;
  lastPromised: number;
  readonly exchanges: Exchange[];
  leave: Leave;
  lastActiveMs: number;
  /** When the leave goes on by itself, and when an emptied connection closes. */
  leaveAtMs: number;
  closeAtMs: number;
  /** Nanoseconds: when the event comes that counts. */
  timerNs: number;
}

/** A connection to a target: idle in its pool, or with one request. */
export interface Back {
  readonly id: number;
  readonly sk: number;
  readonly node: number;
  readonly target: number;
  readonly stamp: number;
  phase: "dialing" | "open" | "closed";
  exchange: Exchange | undefined;
  /** Requests before the present one. */
  used: number;
  nextStream: number;
  /** Takes no further request: the target has said GOAWAY. */
  leaving: boolean;
  sinceMs: number;
  /** Nanoseconds: when the event comes that counts. */
  timerNs: number;
}

/** A request of a client, and where it is. */
export interface Exchange {
  readonly front: Front;
  /** The client's stream. */
  readonly stream: number;
  readonly b: number;
  readonly idempotent: boolean;
  attempts: number;
  readonly sinceMs: number;
  back: Back | undefined;
}

export function newFront(id: number, sk: number, node: number, nowMs: number, stamp: number): Front {
  return {
    id,
    sk,
    node,
    stamp,
    openedMs: nowMs,
    peer: -1,
    alive: true,
    requests: 0,
    maxStream: 0,
    lastPromised: Number.POSITIVE_INFINITY,
    exchanges: [],
    leave: SERVING,
    lastActiveMs: nowMs,
    leaveAtMs: Number.POSITIVE_INFINITY,
    closeAtMs: Number.POSITIVE_INFINITY,
    timerNs: Number.POSITIVE_INFINITY,
  };
}
