import type { Clients } from "../../scenario/scenario.ts";
import type { LazyHealth } from "./health.ts";

/** A client's end of a connection, and the health check of it. What every request touches stands first, within two cache lines. */
export interface ClientSession extends LazyHealth {
  sk: number;
  phase: "dialing" | "open" | "going-away" | "closed";
  readonly slot: Slot;
  /** Requests without an answer, and watches. */
  readonly streams: OpenStream[];
  nextStream: number;
  lastUsedMs: number;
  /** Nanoseconds: when the event comes that counts. */
  timerNs: number;
  unread: number;
  used: number;
  readonly id: number;
  readonly stamp: number;
  /** A later event that is in the queue all the same, and can be made to count again. */
  laterNs: number;
  /** Of the GOAWAY that came. */
  lastStream: number;
  /** When its other end was gone, as far as the simulation knows; infinite: it is not. */
  deadSinceMs: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly startedMs: number;
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

/** One of the connections that an actor keeps. What every request touches stands first, within one cache line. */
export interface Slot {
  session: ClientSession | undefined;
  /** The dice of its host. */
  readonly dice: number;
  readonly group: number;
  readonly clients: Clients;
  readonly actor: number;
  readonly id: number;
  readonly number: number;
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
    sk: -1,
    phase: "dialing",
    slot,
    streams: [],
    nextStream: 1,
    lastReadMs: nowMs,
    lastUsedMs: nowMs,
    timerNs: Number.POSITIVE_INFINITY,
    unread: 0,
    used: 0,
    id,
    stamp,
    laterNs: Number.POSITIVE_INFINITY,
    lastStream: Number.POSITIVE_INFINITY,
    deadSinceMs: Number.POSITIVE_INFINITY,
    remote,
    remotePort,
    startedMs: nowMs,
    pingSentMs: undefined,
    lost: false,
  };
}
