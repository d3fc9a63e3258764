/**
 * The clients: each actor keeps some connections, asks on them, and holds watches. HTTP/2 as Go's transport does it: one
 * connection a slot; after GOAWAY new requests dial a new one while the old one's streams go on; PING after silence; streams above the last id are asked
 * again. HTTP/1.1: one request at a time on a connection, the others wait for it. Past 300 lines: it is one machine, and what happens to a session is told in one place.
 */
import { backOffMs, type Ending, isIdempotent, judgeEnding } from "../../guard/machines/index.ts";
import { including, without } from "../destinations.ts";
import { portOf } from "../engine/endpoint.ts";
import * as kinds from "../engine/event-kinds.ts";
import type { Numbers } from "../engine/numbers.ts";
import { MAX_ATTEMPTS, REFLECTOR_BACK_OFF, START_MS } from "../figures.ts";
import type { SocketEnd } from "../kernel/kernel.ts";
import * as layout from "../kernel/layout.ts";
import { close, connect, flush } from "../kernel/tcp.ts";
import * as clientRows from "./client-rows.ts";
import { ClientRows, type OpenStream } from "./client-rows.ts";
import { ClientSession, Slot } from "./client-session.ts";
import type { Errand } from "./errand.ts";
import * as errands from "./errand.ts";
import { checkHealth, healthDueMs, heardPong } from "./health.ts";
import type { JournalSession } from "./journal.ts";
import * as speech from "./speech.ts";
import * as world from "./world.ts";
import { type Actor, frontProtocol, type Group, say, type World } from "./world.ts";

const { CLIENT_TIMER, ERRAND, REDIAL } = kinds;
const { S_LOCAL, S_USER, SOCKET_WORDS } = layout;
const {
  BAD_GATEWAY,
  CALLS,
  CANCEL,
  EVENT,
  GATEWAY_TIMEOUT,
  GOAWAY,
  H1_BAD_GATEWAY,
  H1_GATEWAY_TIMEOUT,
  H1_REQUEST,
  H1_RESPONSE,
  LIST_LEASES,
  OPEN_CLIENT,
  OPEN_SERVER,
  PING,
  PLAIN,
  PONG,
  RENEW_LEASE,
  REPORT_STATUS,
  REQUEST,
  RESPONSE,
  RST_STREAM,
  SETTINGS_ACK,
  WATCH,
  WATCH_END,
  WATCH_LEASES,
  WINDOW_UPDATE,
} = speech;
const { MS } = world;
const { attemptsOf, callOf, errandOf, isForWatch, oneMore, watchOf } = errands;
const {
  C_NEWEST,
  C_PHASE,
  CT_LATER,
  CT_READ,
  C_SLOT,
  C_SOCKET,
  C_STAMP,
  CT_TIMER,
  C_UNREAD,
  CT_USED,
  DIALING,
  GOING_AWAY,
  L_ACTOR,
  L_DICE,
  L_GROUP,
  L_SESSION,
  O_ERRAND,
  O_STREAM,
  O_UNREAD,
  OPEN,
  R_ERRAND,
  RT_EVERY,
  R_SLOT,
  R_STEADY,
  ROUTINE_TIMES,
  ROUTINE_WORDS,
  SESSION_TIMES,
  SESSION_WORDS,
  SLOT_WORDS,
  STREAM_WORDS,
} = clientRows;

export class FleetClients {
  /** A lease event reached an actor. */
  leaseSeen: (actor: number, node: number) => void = () => undefined;
  /** An actor has the whole list of leases. */
  leasesListed: (actor: number) => void = () => undefined;
  readonly quiet: Set<number> = new Set();
  readonly #world: World;
  #destinations: readonly number[];
  #factor = 1;
  /** What every request touches; slots and sessions below are for the rest. */
  readonly #rows: ClientRows = new ClientRows();
  readonly #slots: Slot[] = [];
  readonly #sessions: (ClientSession | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #http2: boolean;
  readonly #port: number;

  constructor(world: World, port: number) {
    this.#world = world;
    this.#port = port;
    this.#http2 = frontProtocol(world.scenario) === "http2";
    this.#destinations = world.nodes.length > 0 ? world.nodes : world.servers;
    for (const actor of world.actors) {
      const { clients } = this.#group(actor);
      for (let number = 0; number < clients.connections; number++) {
        const slot = new Slot(this.#rows, this.#slots.length, actor.id, number, clients);
        this.#slots.push(slot);
        this.#rows.addSlot(slot.id, this.#dice(actor), actor);
      }
    }
  }

  /** Addresses that new connections may be opened to from now on. */
  dialTo(destinations: readonly number[]): void {
    this.#destinations = destinations;
  }

  /** Nobody dials this place from now on, unless there is no other. */
  avoid(place: number): void {
    this.#destinations = without(this.#destinations, place);
  }

  dialAgain(place: number): void {
    this.#destinations = including(this.#destinations, place);
  }

  /** The groups' own requests come so many times as often; leases and status reports keep their pace. */
  scale(factor: number): void {
    this.#factor *= factor;
  }

  /** Everybody begins, spread over the first while. */
  start(): void {
    const { kubernetes } = this.#world.scenario.network;
    for (const slot of this.#slots) {
      const actor = this.#world.actors[slot.actor] as Actor;
      const { clients } = this.#group(actor);
      const routine = (call: number, everyMs: number, spread: number, watch = -1): void => {
        const steady = call !== PLAIN || clients.requests.spacing === "steady";
        const id = this.#rows.addRoutine(slot.id, errandOf(call, watch), everyMs, steady);
        const at = this.#world.dice.uniform(this.#dice(actor)) * spread;
        this.#world.queue.push(Math.floor(at * MS), ERRAND, id);
      };
      if (clients.requests.everyMs > 0)
        routine(PLAIN, clients.requests.everyMs, Math.min(clients.requests.everyMs, START_MS));
      if (clients.kind === "kubelet" && kubernetes !== undefined && slot.number === 0) {
        routine(RENEW_LEASE, kubernetes.leaseRenewMs, kubernetes.leaseRenewMs);
        routine(REPORT_STATUS, kubernetes.nodeStatusMs, kubernetes.nodeStatusMs);
      }
      if (!this.#http2) continue;
      for (let watch = 0; watch < clients.watches.count; watch++) {
        const judging = clients.kind === "controller" && slot.number === 0 && watch === 0 && kubernetes !== undefined;
        routine(judging ? LIST_LEASES : WATCH, 0, START_MS, watch);
      }
    }
  }

  // What the queue calls.

  errand(id: number): void {
    const { routines, slots } = this.#rows;
    const r = id * ROUTINE_WORDS;
    const slot = routines.words[r + R_SLOT] as number;
    const errand = routines.words[r + R_ERRAND] as number;
    const everyMs = routines.times[id * ROUTINE_TIMES + RT_EVERY] as number;
    const l = slot * SLOT_WORDS;
    if (everyMs > 0) {
      const mean = callOf(errand) === PLAIN ? everyMs / this.#factor : everyMs;
      const steady = routines.words[r + R_STEADY] === 1;
      const next = steady ? mean : this.#world.dice.exponential(slots.words[l + L_DICE] as number, mean);
      this.#world.queue.push(this.#world.kernel.now + Math.max(1, Math.floor(next * MS)), ERRAND, id);
    }
    if (this.quiet.size > 0 && this.quiet.has(slots.words[l + L_GROUP] as number)) return;
    this.#ask(slot, errand);
  }

  redial(id: number, stamp: number): void {
    const slot = this.#slots[id] as Slot;
    if (slot.stamp !== stamp || !slot.waiting) return;
    slot.waiting = false;
    if (slot.queue.length > 0 && slot.session < 0) this.#dial(slot);
  }

  timer(id: number, stamp: number): void {
    const { words, times } = this.#rows.sessions;
    if (words[id * SESSION_WORDS + C_STAMP] !== stamp) return;
    // Another deadline was set meanwhile, and has an event of its own.
    if (times[id * SESSION_TIMES + CT_TIMER] !== this.#world.kernel.now) return;
    const session = this.#sessions[id];
    if (session === undefined) return;
    times[id * SESSION_TIMES + CT_TIMER] = NEVER;
    this.#due(session);
    if (this.#sessions[id] === session) this.#schedule(session);
  }

  /** Reads what these errands will need (look-ahead.ts), and adds the sockets that they will go over. `ids` are other numbers afterwards. */
  readForErrands(ids: Numbers, sockets: Numbers): number {
    const { routines, slots, sessions } = this.#rows;
    // Each loop reads what the one before has named, of all errands at the same time.
    for (let i = 0; i < ids.count; i++)
      ids.of[i] = routines.words[(ids.of[i] as number) * ROUTINE_WORDS + R_SLOT] as number;
    let sum = 0;
    for (let i = 0; i < ids.count; i++) {
      const l = (ids.of[i] as number) * SLOT_WORDS;
      sum ^= this.#world.dice.stateOf(slots.words[l + L_DICE] as number);
      ids.of[i] = Math.max(0, slots.words[l + L_SESSION] as number);
    }
    for (let i = 0; i < ids.count; i++) {
      const sk = sessions.words[(ids.of[i] as number) * SESSION_WORDS + C_SOCKET] as number;
      if (sk >= 0) sockets.of[sockets.count++] = sk;
    }
    return sum;
  }

  /** Reads the row that an answer to these sessions will need. */
  readSessions(ids: Numbers): number {
    const { words } = this.#rows.sessions;
    let sum = 0;
    for (let i = 0; i < ids.count; i++) sum ^= words[(ids.of[i] as number) * SESSION_WORDS] as number;
    return sum;
  }

  // What TCP calls.

  opened(sk: number): void {
    const session = this.#sessionOf(sk);
    if (session === undefined) return;
    session.phase = OPEN;
    session.slot.failures = 0;
    session.lastReadMs = this.#nowMs();
    this.#rows.sessions.times[session.id * SESSION_TIMES + CT_USED] = this.#nowMs();
    this.#world.recorder.totals.connectionsOpened++;
    this.#world.journal?.event(this.#place(session), { what: "connected", session: this.#describe(session) });
    if (this.#http2) this.#write(session.id, OPEN_CLIENT, 0, 0);
    this.#sendQueued(session);
    flush(this.#world.kernel, sk);
    this.#schedule(session);
  }

  message(sk: number, kind: number, a: number, b: number, size: number): void {
    const id = this.#idOf(sk);
    if (id < 0) return;
    this.#rows.sessions.times[id * SESSION_TIMES + CT_READ] = this.#nowMs();
    this.#world.journal?.frame(this.#describe(this.#sessions[id] as ClientSession), "read", kind, a, b);
    switch (kind) {
      case OPEN_SERVER:
        this.#write(id, SETTINGS_ACK, 0, 0);
        flush(this.#world.kernel, sk);
        return;
      case RESPONSE:
      case H1_RESPONSE:
      case BAD_GATEWAY:
      case GATEWAY_TIMEOUT:
      case H1_BAD_GATEWAY:
      case H1_GATEWAY_TIMEOUT:
        this.#answered(id, a, kind === RESPONSE || kind === H1_RESPONSE, size);
        return;
      case EVENT:
        this.#event(id, a, b, size);
        return;
      case WATCH_END:
        this.#watchOver(id, a);
        return;
      case PING:
        this.#write(id, PONG, a, 0);
        flush(this.#world.kernel, sk);
        return;
      case PONG: {
        const session = this.#sessions[id] as ClientSession;
        heardPong(session, this.#nowMs());
        this.#schedule(session);
        return;
      }
      case GOAWAY:
        this.#toldToGo(this.#sessions[id] as ClientSession, a);
        return;
      case RST_STREAM:
        this.#lose(this.#sessions[id] as ClientSession, a, { kind: "reset", code: b }, "stream reset");
    }
  }

  /** The server will say no more. */
  finished(sk: number): void {
    const session = this.#sessionOf(sk);
    if (session === undefined) return;
    this.#world.journal?.event(this.#place(session), {
      what: "read-error",
      session: this.#describe(session),
      error: "EOF",
    });
    this.#end(session, "closed", true);
  }

  gone(sk: number, why: SocketEnd): void {
    const session = this.#sessionOf(sk);
    if (session === undefined) return;
    if (session.phase === DIALING) {
      this.#connectFailed(session.slot, session, why === "refused" ? "connection refused" : "connection timed out");
      return;
    }
    const error = why === "timeout" ? "connection timed out" : "connection reset by peer";
    this.#world.journal?.event(this.#place(session), { what: "read-error", session: this.#describe(session), error });
    this.#end(session, why === "done" ? "closed" : "reset", false);
  }

  /** The other end of this session, opened then, is gone. The number may have been given to a later session meanwhile. */
  peerEnded(id: number, openedMs: number): void {
    const session = this.#sessions[id];
    if (session === undefined || session.startedMs > openedMs) return;
    if (session.deadSinceMs === Number.POSITIVE_INFINITY) session.deadSinceMs = this.#nowMs();
  }

  /** The end of the simulation: who still believes in a dead connection has lost it too. */
  finish(): void {
    for (const session of this.#sessions)
      if (session !== undefined && session.phase !== DIALING)
        this.#world.recorder.stillBelieved(session.deadSinceMs, this.#nowMs());
  }

  #ask(slot: number, errand: Errand): void {
    const l = slot * SLOT_WORDS;
    const id = this.#rows.slots.words[l + L_SESSION] as number;
    if (id < 0) {
      const kept = this.#slots[slot] as Slot;
      kept.queue.push(errand);
      if (!kept.waiting) this.#dial(kept);
      return;
    }
    const { words, times } = this.#rows.sessions;
    const c = id * SESSION_WORDS;
    if (words[c + C_PHASE] !== OPEN || (!this.#http2 && (words[c + C_NEWEST] as number) >= 0)) {
      (this.#slots[slot] as Slot).queue.push(errand);
      return;
    }
    this.#send(id, errand);
    flush(this.#world.kernel, words[c + C_SOCKET] as number);
    // Of what the timer waits for only this request's deadline is new.
    const { clients } = this.#world.groups[this.#rows.slots.words[l + L_GROUP] as number] as Group;
    if (clients.requestTimeoutMs === 0) return;
    const dueNs = Math.ceil((this.#nowMs() + clients.requestTimeoutMs) * MS);
    if (dueNs < (times[id * SESSION_TIMES + CT_TIMER] as number)) this.#schedule(this.#sessions[id] as ClientSession);
  }

  #send(id: number, errand: Errand): void {
    const nowMs = this.#nowMs();
    const { slots, sessions } = this.#rows;
    sessions.times[id * SESSION_TIMES + CT_USED] = nowMs;
    const stream = this.#rows.openStream(id, errand, nowMs);
    const slot = sessions.words[id * SESSION_WORDS + C_SLOT] as number;
    const actor = slots.words[slot * SLOT_WORDS + L_ACTOR] as number;
    this.#write(id, this.#http2 ? REQUEST : H1_REQUEST, stream, actor * CALLS + callOf(errand));
  }

  #sendQueued(session: ClientSession): void {
    const { queue } = session.slot;
    if (this.#http2) for (const errand of queue.splice(0)) this.#send(session.id, errand);
    else if (!this.#rows.hasStreams(session.id)) {
      const errand = queue.shift();
      if (errand !== undefined) this.#send(session.id, errand);
    }
  }

  #write(id: number, kind: number, a: number, b: number): void {
    say(this.#world, this.#rows.sessions.words[id * SESSION_WORDS + C_SOCKET] as number, kind, a, b);
    this.#world.journal?.frame(this.#describe(this.#sessions[id] as ClientSession), "wrote", kind, a, b);
  }

  #dial(slot: Slot): void {
    const actor = this.#world.actors[slot.actor] as Actor;
    const { clients, keepalive } = this.#group(actor);
    const stream = this.#dice(actor);
    const remote = this.#destinations[this.#world.dice.below(stream, this.#destinations.length)] as number;
    const id = this.#free.pop() ?? this.#sessions.length;
    const [low, high] = clients.portRange;
    const { twReuse } = clients;
    const opening = {
      local: actor.place,
      remote,
      remotePort: this.#port,
      low,
      high,
      twReuse,
      stream,
      user: id,
      keepalive,
    };
    const sk = connect(this.#world.kernel, this.#world.ports, opening);
    if (slot.dialed) this.#world.recorder.totals.reconnects++;
    slot.dialed = true;
    const session = new ClientSession(this.#rows, id, slot, { remote, port: this.#port, sk, atMs: this.#nowMs() });
    slot.session = id;
    this.#sessions[id] = session;
    if (sk < 0) this.#connectFailed(slot, session, "cannot assign requested address");
    else this.#schedule(session);
  }

  #connectFailed(slot: Slot, session: ClientSession, error: string): void {
    this.#world.recorder.totals.connectsFailed++;
    const { actor } = slot;
    const { remote, remotePort } = session;
    this.#world.journal?.event(this.#place(session), { what: "connect-failed", actor, remote, remotePort, error });
    this.#release(session);
    slot.failures++;
    for (const errand of slot.queue.splice(0)) {
      if (isForWatch(errand) || (attemptsOf(errand) < MAX_ATTEMPTS && slot.clients.retries !== "none")) {
        slot.queue.push(oneMore(errand));
      } else this.#failed(session, errand, error);
    }
    if (slot.queue.length > 0) this.#wait(slot);
  }

  #wait(slot: Slot): void {
    if (slot.waiting) return;
    slot.waiting = true;
    slot.stamp++;
    const draw = this.#world.dice.uniform(this.#dice(this.#world.actors[slot.actor] as Actor));
    const ms = backOffMs(Math.max(1, slot.failures), 0.5 + draw / 2, REFLECTOR_BACK_OFF);
    this.#world.queue.push(this.#world.kernel.now + Math.floor(ms * MS), REDIAL, slot.id, slot.stamp);
  }

  #answered(id: number, stream: number, ok: boolean, size: number): void {
    // HTTP/1.1 has no numbers: it is the one that is open.
    const errand = this.#rows.takeStream(id, this.#http2 ? stream : this.#rows.newestStream(id));
    if (errand < 0) return;
    const { sessions } = this.#rows;
    sessions.times[id * SESSION_TIMES + CT_USED] = this.#nowMs();
    this.#returnWindow(id, -1, size);
    const slot = sessions.words[id * SESSION_WORDS + C_SLOT] as number;
    const l = slot * SLOT_WORDS;
    if (!ok) this.#failed(this.#sessions[id] as ClientSession, errand, "bad gateway");
    else if (callOf(errand) === LIST_LEASES) {
      const { totals } = this.#world.recorder;
      totals.relistBytes += size;
      this.leasesListed(this.#rows.slots.words[l + L_ACTOR] as number);
      this.#ask(slot, errandOf(WATCH_LEASES, watchOf(errand)));
    }
    // An answer puts off whatever the timer waits for, but idleness, which it may begin.
    const { clients } = this.#world.groups[this.#rows.slots.words[l + L_GROUP] as number] as Group;
    const isIdle = clients.poolIdleTimeoutMs > 0 && !this.#rows.hasStreams(id);
    const idleNs = isIdle ? Math.ceil((this.#nowMs() + clients.poolIdleTimeoutMs) * MS) : NEVER;
    const timerNs = sessions.times[id * SESSION_TIMES + CT_TIMER] as number;
    const isOpen = sessions.words[id * SESSION_WORDS + C_PHASE] === OPEN;
    if (isOpen && this.#http2 && timerNs < NEVER && timerNs <= idleNs) return;
    this.#settle(this.#sessions[id] as ClientSession);
  }

  #event(id: number, stream: number, node: number, size: number): void {
    const row = this.#rows.findStream(id, stream);
    if (row < 0) return;
    this.#returnWindow(id, row, size);
    if (callOf(this.#rows.streams.words[row * STREAM_WORDS + O_ERRAND] as number) !== WATCH_LEASES) return;
    const slot = this.#rows.sessions.words[id * SESSION_WORDS + C_SLOT] as number;
    this.leaseSeen(this.#rows.slots.words[slot * SLOT_WORDS + L_ACTOR] as number, node);
  }

  /** A watch came to its end in good order: it is asked for again. */
  #watchOver(id: number, stream: number): void {
    const errand = this.#rows.takeStream(id, stream);
    if (errand < 0) return;
    const session = this.#sessions[id] as ClientSession;
    this.#ask(session.slot.id, errandOf(callOf(errand), watchOf(errand)));
    this.#settle(session);
  }

  /** Something is done: the next one's turn, or the end of a connection that is going away. */
  #settle(session: ClientSession): void {
    if (session.phase === GOING_AWAY && !this.#rows.hasStreams(session.id)) {
      this.#close(session);
      return;
    }
    if (session.phase === OPEN && !this.#http2 && session.slot.queue.length > 0) {
      this.#sendQueued(session);
      flush(this.#world.kernel, session.sk);
    }
    if (!session.isClosed) this.#schedule(session);
  }

  #toldToGo(session: ClientSession, last: number): void {
    if (session.phase === OPEN) {
      session.phase = GOING_AWAY;
      session.slot.session = -1;
    }
    session.lastStream = last;
    for (const open of this.#rows.openStreams(session.id)) {
      if (open.stream <= last) continue;
      this.#rows.takeStream(session.id, open.stream);
      this.#judge(session, open.errand, { kind: "goaway", streamId: open.stream, lastStreamId: last }, GRACEFUL);
    }
    this.#settle(session);
  }

  #due(session: ClientSession): void {
    const now = this.#nowMs();
    const clients = session.slot.clients;
    if (session.phase === DIALING) {
      if (now < session.startedMs + clients.connectTimeoutMs) return;
      close(this.#world.kernel, session.sk);
      this.#connectFailed(session.slot, session, "i/o timeout");
      return;
    }
    if (clients.requestTimeoutMs > 0)
      for (const open of this.#rows.openStreams(session.id))
        if (!isForWatch(open.errand) && now >= open.sentMs + clients.requestTimeoutMs) {
          this.#requestTimedOut(session, open);
          if (session.isClosed) return;
        }
    if (
      this.#http2 &&
      clients.healthCheck !== undefined &&
      !this.quiet.has((this.#world.actors[session.slot.actor] as Actor).group)
    ) {
      const action = checkHealth(session, now, clients.healthCheck);
      if (action === "ping") {
        this.#world.journal?.event(this.#place(session), { what: "health-check", session: this.#describe(session) });
        this.#write(session.id, PING, 0, 0);
        flush(this.#world.kernel, session.sk);
      } else if (action === "lost") {
        this.#world.journal?.event(this.#place(session), {
          what: "health-check-failed",
          session: this.#describe(session),
        });
        this.#end(session, "lost-ping", true);
        return;
      }
    }
    if (
      clients.poolIdleTimeoutMs > 0 &&
      !this.#rows.hasStreams(session.id) &&
      now >= (this.#rows.sessions.times[session.id * SESSION_TIMES + CT_USED] as number) + clients.poolIdleTimeoutMs
    )
      this.#close(session);
  }

  #requestTimedOut(session: ClientSession, open: OpenStream): void {
    if (!this.#http2) {
      // The answer may still come: nothing else can be asked here.
      this.#end(session, "given-up", true);
      return;
    }
    this.#rows.takeStream(session.id, open.stream);
    this.#write(session.id, RST_STREAM, open.stream, CANCEL);
    flush(this.#world.kernel, session.sk);
    this.#judge(session, open.errand, { kind: "given-up" }, "context deadline exceeded");
    this.#settle(session);
  }

  #lose(session: ClientSession, stream: number, ending: Ending, error: string): void {
    const errand = this.#rows.takeStream(session.id, stream);
    if (errand < 0) return;
    this.#judge(session, errand, ending, error);
    this.#settle(session);
  }

  #close(session: ClientSession): void {
    this.#release(session);
    close(this.#world.kernel, session.sk);
    if (session.slot.queue.length > 0 && session.slot.session < 0 && !session.slot.waiting) this.#dial(session.slot);
  }

  /** The connection is over while it may have had something open. `ours`: the socket is still ours to close. */
  #end(session: ClientSession, how: "closed" | "reset" | "lost-ping" | "given-up", ours: boolean): void {
    const { slot } = session;
    const open = this.#rows.openStreams(session.id);
    const now = this.#nowMs();
    const wentAway = session.phase === GOING_AWAY;
    const { totals } = this.#world.recorder;
    if (open.length > 0 || how === "reset" || how === "lost-ping") {
      totals.connectionsLost++;
      totals.lostMs += Math.max(0, now - Math.min(session.deadSinceMs, now));
    }
    if (how === "lost-ping")
      this.#world.journal?.event(this.#place(session), { what: "connection-lost", session: this.#describe(session) });
    if (ours && how === "lost-ping")
      for (const { stream } of open)
        this.#world.journal?.frame(this.#describe(session), "wrote", RST_STREAM, stream, CANCEL);
    this.#release(session);
    if (ours) close(this.#world.kernel, session.sk);
    for (const stream of open) {
      const ending: Ending =
        how === "given-up"
          ? { kind: "given-up" }
          : how === "lost-ping"
            ? { kind: "lost-ping" }
            : wentAway
              ? { kind: "goaway", streamId: stream.stream, lastStreamId: session.lastStream }
              : { kind: "closed" };
      this.#judge(session, stream.errand, ending, errorOf(how, wentAway, session.lastStream));
    }
    if (slot.queue.length > 0 && slot.session < 0 && !slot.waiting) this.#dial(slot);
  }

  /** Again, or an error for whoever asked (RFC 9113 §8.7). A watch is asked for again in any case. */
  #judge(session: ClientSession, errand: Errand, ending: Ending, error: string): void {
    const { slot } = session;
    const clients = slot.clients;
    const call = callOf(errand);
    if (isForWatch(errand)) {
      // Not processed, and a GET: the transport sends it again itself, and nobody hears of it.
      if (ending.kind === "goaway" && ending.streamId > ending.lastStreamId) {
        this.#ask(slot.id, errandOf(call, watchOf(errand)));
        return;
      }
      this.#world.journal?.event(this.#place(session), { what: "watch-ended", actor: slot.actor, call, error });
      const lostList = call === WATCH_LEASES;
      if (lostList) this.#world.recorder.totals.relists++;
      this.#ask(slot.id, errandOf(lostList ? LIST_LEASES : call, watchOf(errand)));
      return;
    }
    const method = this.#methodOf(clients, call);
    const judged = judgeEnding(
      ending,
      { idempotent: isIdempotent(method), replayable: true, attempts: attemptsOf(errand) },
      { maxAttempts: clients.retries === "none" ? 1 : MAX_ATTEMPTS, retryIdempotent: clients.retries === "idempotent" },
    );
    if (judged.action === "retry") this.#ask(slot.id, oneMore(errand));
    else this.#failed(session, errand, error === GRACEFUL && clients.retries === "none" ? CANNOT_RETRY : error);
  }

  #failed(session: ClientSession, errand: Errand, error: string): void {
    this.#world.recorder.totals.requestsFailed++;
    this.#world.journal?.event(this.#place(session), {
      what: "request-failed",
      session: this.#describe(session),
      call: callOf(errand),
      error,
    });
  }

  /** Takes the session out of its slot; its number may be used again. */
  #release(session: ClientSession): void {
    if (session.isClosed) return;
    this.#rows.dropStreams(session.id);
    session.close();
    if (session.slot.session === session.id) session.slot.session = -1;
    this.#sessions[session.id] = undefined;
    this.#free.push(session.id);
  }

  #schedule(session: ClientSession): void {
    const { clients } = session.slot;
    const { times } = this.#rows.sessions;
    const t = session.id * SESSION_TIMES;
    let at = NEVER;
    if (session.phase === DIALING) at = session.startedMs + clients.connectTimeoutMs;
    else {
      if (this.#http2 && clients.healthCheck !== undefined) at = healthDueMs(session, clients.healthCheck);
      if (clients.requestTimeoutMs > 0)
        at = Math.min(at, this.#rows.oldestRequestMs(session.id) + clients.requestTimeoutMs);
      if (clients.poolIdleTimeoutMs > 0 && !this.#rows.hasStreams(session.id))
        at = Math.min(at, (times[t + CT_USED] as number) + clients.poolIdleTimeoutMs);
    }
    at = Math.max(at, this.#nowMs() + LEAST_WAIT_MS);
    const ns = Math.ceil(at * MS);
    const timerNs = times[t + CT_TIMER] as number;
    if (ns >= timerNs) return;
    const laterNs = times[t + CT_LATER] as number;
    if (timerNs < laterNs) times[t + CT_LATER] = timerNs;
    else if (laterNs <= ns && laterNs > this.#world.kernel.now) {
      times[t + CT_TIMER] = laterNs;
      times[t + CT_LATER] = NEVER;
      return;
    }
    times[t + CT_TIMER] = ns;
    this.#world.queue.push(ns, CLIENT_TIMER, session.id, session.stamp);
  }

  /** As Go does it: in steps of its own, to the stream (a row; -1: it is over) and to the connection. */
  #returnWindow(id: number, row: number, size: number): void {
    if (!this.#http2) return;
    const { words } = this.#rows.sessions;
    const streams = this.#rows.streams.words;
    const c = id * SESSION_WORDS;
    const s = row * STREAM_WORDS;
    const unread = (words[c + C_UNREAD] as number) + size;
    words[c + C_UNREAD] = unread;
    if (row >= 0) streams[s + O_UNREAD] = (streams[s + O_UNREAD] as number) + size;
    if (unread < WINDOW_STEP) return;
    if (row >= 0 && (streams[s + O_UNREAD] as number) >= WINDOW_STEP) {
      this.#write(id, WINDOW_UPDATE, streams[s + O_STREAM] as number, streams[s + O_UNREAD] as number);
      streams[s + O_UNREAD] = 0;
    }
    this.#write(id, WINDOW_UPDATE, 0, unread);
    words[c + C_UNREAD] = 0;
    flush(this.#world.kernel, words[c + C_SOCKET] as number);
  }

  /** How a journal knows a session. */
  #describe(session: ClientSession): JournalSession {
    const { id, sk, remote, remotePort } = session;
    return {
      id: id * 65_536 + (session.stamp & 0xffff),
      actor: session.slot.actor,
      place: this.#place(session),
      remote,
      remotePort,
      localPort: sk < 0 ? 0 : portOf(this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_LOCAL] as number),
    };
  }

  #place(session: ClientSession): number {
    return (this.#world.actors[session.slot.actor] as Actor).place;
  }

  /** The number of the session that has this socket; -1: none has. */
  #idOf(sk: number): number {
    const id = this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number;
    return id >= 0 && this.#rows.sessions.words[id * SESSION_WORDS + C_SOCKET] === sk ? id : -1;
  }

  #sessionOf(sk: number): ClientSession | undefined {
    const id = this.#idOf(sk);
    return id < 0 ? undefined : this.#sessions[id];
  }

  #methodOf(clients: Group["clients"], call: number): string {
    if (call === PLAIN) return clients.requests.method;
    return call === RENEW_LEASE ? "PUT" : call === REPORT_STATUS ? "PATCH" : "GET";
  }

  #group(actor: Actor): Group {
    return this.#world.groups[actor.group] as Group;
  }

  #dice(actor: Actor): number {
    return this.#world.places.dice[actor.place] as number;
  }

  #nowMs(): number {
    return this.#world.kernel.now / MS;
  }
}

/** Go's errors. */
function errorOf(how: string, wentAway: boolean, last: number): string {
  if (how === "lost-ping") return "http2: client connection lost";
  if (how === "given-up") return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  if (wentAway)
    return `http2: server sent GOAWAY and closed the connection; LastStreamID=${last}, ErrCode=NO_ERROR, debug=""`;
  return how === "reset" ? "read: connection reset by peer" : "unexpected EOF";
}

/** Go's transport to itself, of a request above the last stream. */
const GRACEFUL = "http2: Transport received Server's graceful shutdown GOAWAY";
/** What Go's transport says of a request above the last stream that it can't send again. */
const CANNOT_RETRY =
  "http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] " +
  "after Request.Body was written; define Request.GetBody to avoid this error";
const NEVER = Number.POSITIVE_INFINITY;
const WINDOW_STEP = 32_768;
const LEAST_WAIT_MS = 0.001;
