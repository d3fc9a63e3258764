import type { Clients } from "../../scenario/scenario.ts";
import { type LazyHealth, lazyHealth } from "./health.ts";

/** A client's end of a connection. */
export interface ClientSession {
  readonly id: number;
  readonly slot: Slot;
  sk: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly startedMs: number;
  phase: "dialing" | "open" | "going-away" | "closed";
  nextStream: number;
  /** Requests without an answer, and watches. */
  readonly streams: OpenStream[];
  /** Of the GOAWAY that came. */
  lastStream: number;
  readonly health: LazyHealth;
  lastUsedMs: number;
  /** When its other end was gone, as far as the simulation knows; infinite: it is not. */
  deadSinceMs: number;
  /** Nanoseconds: when the event comes that counts. */
  timerNs: number;
  /** A later event that is in the queue all the same, and can be made to count again. */
  laterNs: number;
  readonly stamp: number;
  unread: number;
  used: number;
}

export interface OpenStream {
  stream: number;
  errand: Errand;
  sentMs: number;
  /** A watch whose header has come. */
  watching: boolean;
  unread: number;
}

/** Something that an actor wants to know. */
export interface Errand {
  readonly call: number;
  /** Which of the slot's watches; -1: none. */
  readonly watch: number;
  readonly attempts: number;
}

/** One of the connections that an actor keeps. */
export interface Slot {
  readonly id: number;
  readonly actor: number;
  readonly clients: Clients;
  readonly group: number;
  /** The dice of its host. */
  readonly dice: number;
  readonly number: number;
  session: ClientSession | undefined;
  /** Errands that wait for a connection. */
  readonly queue: Errand[];
  dialed: boolean;
  failures: number;
  stamp: number;
  waiting: boolean;
}

export function clientSession(
  id: number,
  slot: Slot,
  remote: number,
  remotePort: number,
  nowMs: number,
  stamp: number,
): ClientSession {
  return {
    id,
    slot,
    sk: -1,
    remote,
    remotePort,
    startedMs: nowMs,
    phase: "dialing",
    nextStream: 1,
    streams: [],
    lastStream: Number.POSITIVE_INFINITY,
    health: lazyHealth(nowMs),
    lastUsedMs: nowMs,
    deadSinceMs: Number.POSITIVE_INFINITY,
    timerNs: Number.POSITIVE_INFINITY,
    laterNs: Number.POSITIVE_INFINITY,
    stamp,
    unread: 0,
    used: 0,
  };
}
