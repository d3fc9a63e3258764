import type { Clients } from "../../scenario/scenario.ts";
import type { ClientRows } from "./client-rows.ts";
import * as layout from "./client-rows.ts";
import type { Errand } from "./errand.ts";
import type { LazyHealth } from "./health.ts";

const { C_PHASE, C_SOCKET, C_STAMP, CLOSED, CT_READ, L_SESSION, SESSION_TIMES, SESSION_WORDS, SLOT_WORDS } = layout;

/**
 * A client's end of a connection, and the health check of it, for whatever happens seldom: what every request touches is in its row alone (client-rows.ts).
 * The row is another session's once this one is closed.
 */
export class ClientSession implements LazyHealth {
  readonly id: number;
  readonly stamp: number;
  readonly slot: Slot;
  readonly remote: number;
  readonly remotePort: number;
  readonly startedMs: number;
  /** Its socket; -1: there was no port for one. */
  readonly sk: number;
  isClosed = false;
  /** Of the GOAWAY that came. */
  lastStream: number = Number.POSITIVE_INFINITY;
  /** When its other end was gone, as far as the simulation knows; infinite: it is not. */
  deadSinceMs: number = Number.POSITIVE_INFINITY;
  pingSentMs: number | undefined;
  lost = false;
  readonly #rows: ClientRows;

  constructor(rows: ClientRows, id: number, slot: Slot, dialed: Dialed) {
    this.#rows = rows;
    this.id = id;
    this.slot = slot;
    this.remote = dialed.remote;
    this.remotePort = dialed.port;
    this.startedMs = dialed.atMs;
    this.sk = dialed.sk;
    rows.begin(id, slot.id, dialed.sk, dialed.atMs);
    this.stamp = rows.sessions.words[id * SESSION_WORDS + C_STAMP] as number;
  }

  /** DIALING, OPEN, GOING_AWAY or CLOSED. */
  get phase(): number {
    return this.isClosed ? CLOSED : (this.#rows.sessions.words[this.id * SESSION_WORDS + C_PHASE] as number);
  }

  set phase(phase: number) {
    this.#rows.sessions.words[this.id * SESSION_WORDS + C_PHASE] = phase;
  }

  get lastReadMs(): number {
    return this.#rows.sessions.times[this.id * SESSION_TIMES + CT_READ] as number;
  }

  set lastReadMs(ms: number) {
    this.#rows.sessions.times[this.id * SESSION_TIMES + CT_READ] = ms;
  }

  /** Its row is free for another session. */
  close(): void {
    this.isClosed = true;
    this.#rows.sessions.words[this.id * SESSION_WORDS + C_SOCKET] = -1;
  }
}

/** What a session was opened to, from which socket, and when. */
export interface Dialed {
  readonly remote: number;
  readonly port: number;
  readonly sk: number;
  readonly atMs: number;
}

/** One of the connections that an actor keeps; its session, and what every request asks of it, is in its row. */
export class Slot {
  readonly id: number;
  readonly actor: number;
  /** The number among its actor's. */
  readonly number: number;
  readonly clients: Clients;
  /** Errands that wait for a connection. */
  readonly queue: Errand[] = [];
  dialed = false;
  failures = 0;
  stamp = 0;
  waiting = false;
  readonly #rows: ClientRows;

  constructor(rows: ClientRows, id: number, actor: number, number: number, clients: Clients) {
    this.#rows = rows;
    this.id = id;
    this.actor = actor;
    this.number = number;
    this.clients = clients;
  }

  /** The number of the session that takes requests, or will once it is open; -1: there is none. */
  get session(): number {
    return this.#rows.slots.words[this.id * SLOT_WORDS + L_SESSION] as number;
  }

  set session(id: number) {
    this.#rows.slots.words[this.id * SLOT_WORDS + L_SESSION] = id;
  }
}
