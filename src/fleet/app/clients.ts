/**
 * The clients: each actor keeps some connections, asks on them, and holds watches. HTTP/2 as Go's transport does it: one
 * connection a slot; after GOAWAY new requests dial a new one while the old one's streams go on; PING after silence; streams above the last id are asked
 * again. HTTP/1.1: one request at a time on a connection, the others wait for it. Past 300 lines: it is one machine, and what happens to a session is told in one place.
 */
import { backOffMs, type Ending, isIdempotent, judgeEnding } from "../../guard/machines/index.ts";
import { including, without } from "../destinations.ts";
import * as kinds from "../engine/event-kinds.ts";
import type { Numbers } from "../engine/numbers.ts";
import { MAX_ATTEMPTS, REFLECTOR_BACK_OFF, START_MS } from "../figures.ts";
import type { SocketEnd } from "../kernel/kernel.ts";
import * as layout from "../kernel/layout.ts";
import { close, connect, flush } from "../kernel/tcp.ts";
import { type ClientSession, clientSession, type Errand, type OpenStream, type Slot } from "./client-session.ts";
import { checkHealth, healthDueMs, heardPong } from "./health.ts";
import type { JournalSession } from "./journal.ts";
import * as speech from "./speech.ts";
import * as world from "./world.ts";
import { type Actor, frontProtocol, type Group, say, type World } from "./world.ts";

const { CLIENT_TIMER, ERRAND, REDIAL } = kinds;
const { S_LOCAL_PORT, S_USER, SOCKET_WORDS } = layout;
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
  WATCH_OPEN,
  WINDOW_UPDATE,
} = speech;
const { MS } = world;

export class FleetClients {
  /** A lease event reached an actor. */
  leaseSeen: (actor: number, node: number) => void = () => undefined;
  /** An actor has the whole list of leases. */
  leasesListed: (actor: number) => void = () => undefined;
  readonly quiet: Set<number> = new Set();
  readonly #world: World;
  #destinations: readonly number[];
  #factor = 1;
  readonly #slots: Slot[] = [];
  readonly #firstSlot: number[] = [];
  readonly #sessions: (ClientSession | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #stamps: number[] = [];
  readonly #http2: boolean;
  readonly #port: number;
  readonly #errands: Routine[] = [];
  /** Streams that are over, for the next ones: a request leaves nothing to collect. */
  readonly #spare: OpenStream[] = [];

  constructor(world: World, port: number) {
    this.#world = world;
    this.#port = port;
    this.#http2 = frontProtocol(world.scenario) === "http2";
    this.#destinations = world.nodes.length > 0 ? world.nodes : world.servers;
    for (const actor of world.actors) {
      this.#firstSlot.push(this.#slots.length);
      const { connections } = this.#group(actor).clients;
      for (let number = 0; number < connections; number++)
        this.#slots.push({
          session: undefined,
          dice: world.places.dice[actor.place] as number,
          group: actor.group,
          clients: this.#group(actor).clients,
          actor: actor.id,
          id: this.#slots.length,
          number,
          queue: [],
          dialed: false,
          failures: 0,
          stamp: 0,
          waiting: false,
        });
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
        const id = this.#errands.length;
        this.#errands.push({
          slot,
          everyMs,
          steady: call !== PLAIN || clients.requests.spacing === "steady",
          call,
          watch,
          attempts: 1,
        });
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
    const routine = this.#errands[id] as Routine;
    const { slot, everyMs, call } = routine;
    if (everyMs > 0) {
      const mean = call === PLAIN ? everyMs / this.#factor : everyMs;
      const next = routine.steady ? mean : this.#world.dice.exponential(slot.dice, mean);
      this.#world.queue.push(this.#world.kernel.now + Math.max(1, Math.floor(next * MS)), ERRAND, id);
    }
    if (this.quiet.size > 0 && this.quiet.has(slot.group)) return;
    this.#ask(slot, routine);
  }

  redial(id: number, stamp: number): void {
    const slot = this.#slots[id] as Slot;
    if (slot.stamp !== stamp || !slot.waiting) return;
    slot.waiting = false;
    if (slot.queue.length > 0 && slot.session === undefined) this.#dial(slot);
  }

  timer(id: number, stamp: number): void {
    const session = this.#sessions[id];
    if (session === undefined || session.stamp !== stamp) return;
    // Another deadline was set meanwhile, and has an event of its own.
    if (session.timerNs !== this.#world.kernel.now) return;
    session.timerNs = Number.POSITIVE_INFINITY;
    this.#due(session);
    if (this.#sessions[id] === session) this.#schedule(session);
  }

  /** Reads what these errands will need (look-ahead.ts), and adds the sockets that they will go over. */
  readForErrands(errands: Numbers, sockets: Numbers): number {
    let sum = 0;
    for (let i = 0; i < errands.count; i++) {
      const { slot } = this.#errands[errands.of[i] as number] as Routine;
      sum ^= this.#world.dice.stateOf(slot.dice);
      const { session } = slot;
      if (session === undefined || session.sk < 0) continue;
      sockets.of[sockets.count++] = session.sk;
      sum ^= session.streams.length ^ session.id;
    }
    return sum;
  }

  /** Reads what an answer to these sessions will need. */
  readSessions(ids: Numbers): number {
    let sum = 0;
    for (let i = 0; i < ids.count; i++) {
      const session = this.#sessions[ids.of[i] as number];
      if (session !== undefined)
        sum += session.id + session.streams.length + session.lastReadMs + session.lastUsedMs + session.timerNs;
    }
    return sum;
  }

  // What TCP calls.

  opened(sk: number): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    session.phase = "open";
    session.slot.failures = 0;
    session.lastReadMs = this.#nowMs();
    session.lastUsedMs = this.#nowMs();
    this.#world.recorder.totals.connectionsOpened++;
    this.#world.journal?.event(this.#place(session), { what: "connected", session: this.describe(session) });
    if (this.#http2) this.#write(session, OPEN_CLIENT, 0, 0);
    this.#sendQueued(session);
    flush(this.#world.kernel, sk);
    this.#schedule(session);
  }

  message(sk: number, kind: number, a: number, b: number, size: number): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    const now = this.#nowMs();
    session.lastReadMs = now;
    this.#world.journal?.frame(this.describe(session), "read", kind, a, b);
    switch (kind) {
      case OPEN_SERVER:
        this.#write(session, SETTINGS_ACK, 0, 0);
        flush(this.#world.kernel, sk);
        return;
      case RESPONSE:
      case H1_RESPONSE:
      case BAD_GATEWAY:
      case GATEWAY_TIMEOUT:
      case H1_BAD_GATEWAY:
      case H1_GATEWAY_TIMEOUT:
        this.#answered(session, a, kind === RESPONSE || kind === H1_RESPONSE, size);
        return;
      case WATCH_OPEN: {
        const open = session.streams.find(({ stream }) => stream === a);
        if (open !== undefined) open.watching = true;
        return;
      }
      case EVENT:
        this.#event(session, a, b, size);
        return;
      case WATCH_END:
        this.#watchOver(session, a);
        return;
      case PING:
        this.#write(session, PONG, a, 0);
        flush(this.#world.kernel, sk);
        return;
      case PONG:
        heardPong(session, now);
        this.#schedule(session);
        return;
      case GOAWAY:
        this.#toldToGo(session, a);
        return;
      case RST_STREAM:
        this.#lose(session, a, { kind: "reset", code: b }, "stream reset");
    }
  }

  /** The server will say no more. */
  finished(sk: number): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    this.#world.journal?.event(this.#place(session), {
      what: "read-error",
      session: this.describe(session),
      error: "EOF",
    });
    this.#end(session, "closed", true);
  }

  gone(sk: number, why: SocketEnd): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    if (session.phase === "dialing") {
      this.#connectFailed(session.slot, session, why === "refused" ? "connection refused" : "connection timed out");
      return;
    }
    const error = why === "timeout" ? "connection timed out" : "connection reset by peer";
    this.#world.journal?.event(this.#place(session), { what: "read-error", session: this.describe(session), error });
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
      if (session !== undefined && session.phase !== "dialing")
        this.#world.recorder.stillBelieved(session.deadSinceMs, this.#nowMs());
  }

  #ask(slot: Slot, errand: Errand): void {
    const { session } = slot;
    if (session === undefined) {
      slot.queue.push(errand);
      if (!slot.waiting) this.#dial(slot);
      return;
    }
    if (session.phase !== "open" || (!this.#http2 && session.streams.length > 0)) {
      slot.queue.push(errand);
      return;
    }
    this.#send(session, errand);
    flush(this.#world.kernel, session.sk);
    // Of what the timer waits for only this request's deadline is new.
    const due = this.#world.kernel.now / MS + slot.clients.requestTimeoutMs;
    if (Math.ceil(due * MS) < session.timerNs || session.timerNs === Number.POSITIVE_INFINITY) this.#schedule(session);
  }

  #send(session: ClientSession, errand: Errand): void {
    const stream = session.nextStream;
    session.nextStream += 2;
    session.used++;
    session.lastUsedMs = this.#nowMs();
    session.streams.push(this.#openStream(stream, errand));
    this.#write(session, this.#http2 ? REQUEST : H1_REQUEST, stream, session.slot.actor * CALLS + errand.call);
  }

  #openStream(stream: number, errand: Errand): OpenStream {
    const sentMs = this.#nowMs();
    const open = this.#spare.pop();
    if (open === undefined) return { stream, errand, sentMs, watching: false, unread: 0 };
    open.stream = stream;
    open.errand = errand;
    open.sentMs = sentMs;
    open.watching = false;
    open.unread = 0;
    return open;
  }

  #sendQueued(session: ClientSession): void {
    const { queue } = session.slot;
    if (this.#http2) for (const errand of queue.splice(0)) this.#send(session, errand);
    else if (session.streams.length === 0) {
      const errand = queue.shift();
      if (errand !== undefined) this.#send(session, errand);
    }
  }

  #write(session: ClientSession, kind: number, a: number, b: number): void {
    say(this.#world, session.sk, kind, a, b);
    this.#world.journal?.frame(this.describe(session), "wrote", kind, a, b);
  }

  #dial(slot: Slot): void {
    const actor = this.#world.actors[slot.actor] as Actor;
    const { clients, keepalive } = this.#group(actor);
    const stream = this.#dice(actor);
    const remote = this.#destinations[this.#world.dice.below(stream, this.#destinations.length)] as number;
    const id = this.#free.pop() ?? this.#sessions.length;
    const session = clientSession(id, slot, remote, this.#port, this.#nowMs(), (this.#stamps[id] ?? 0) + 1);
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
    session.sk = sk;
    slot.session = session;
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
      if (errand.watch >= 0 || (errand.attempts < MAX_ATTEMPTS && this.#clients(slot).retries !== "none")) {
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

  #answered(session: ClientSession, stream: number, ok: boolean, size: number): void {
    const open = this.#http2 ? takeStream(session.streams, stream) : session.streams.shift();
    if (open === undefined) return;
    session.lastUsedMs = this.#nowMs();
    this.#returnWindow(session, undefined, size);
    const { errand } = open;
    this.#spare.push(open);
    if (!ok) this.#failed(session, errand, "bad gateway");
    else if (errand.call === LIST_LEASES) {
      const { totals } = this.#world.recorder;
      totals.relistBytes += size;
      this.leasesListed(session.slot.actor);
      this.#ask(session.slot, { call: WATCH_LEASES, watch: errand.watch, attempts: 1 });
    }
    // An answer only puts off what the timer waits for, unless it waits for idleness.
    const { phase, slot } = session;
    if (phase === "open" && this.#http2 && slot.clients.poolIdleTimeoutMs === 0 && session.timerNs < NEVER) return;
    this.#settle(session);
  }

  #event(session: ClientSession, stream: number, node: number, size: number): void {
    const open = session.streams.find((held) => held.stream === stream);
    if (open === undefined) return;
    this.#returnWindow(session, open, size);
    if (open.errand.call === WATCH_LEASES) this.leaseSeen(session.slot.actor, node);
  }

  /** A watch came to its end in good order: it is asked for again. */
  #watchOver(session: ClientSession, stream: number): void {
    const open = takeStream(session.streams, stream);
    if (open === undefined) return;
    this.#ask(session.slot, { call: open.errand.call, watch: open.errand.watch, attempts: 1 });
    this.#settle(session);
  }

  /** Something is done: the next one's turn, or the end of a connection that is going away. */
  #settle(session: ClientSession): void {
    if (session.phase === "going-away" && session.streams.length === 0) {
      this.#close(session);
      return;
    }
    if (session.phase === "open" && !this.#http2 && session.slot.queue.length > 0) {
      this.#sendQueued(session);
      flush(this.#world.kernel, session.sk);
    }
    if (session.phase !== "closed") this.#schedule(session);
  }

  #toldToGo(session: ClientSession, last: number): void {
    if (session.phase === "open") {
      session.phase = "going-away";
      session.slot.session = undefined;
    }
    session.lastStream = last;
    for (const open of session.streams.filter(({ stream }) => stream > last)) {
      takeStream(session.streams, open.stream);
      this.#judge(session, open, { kind: "goaway", streamId: open.stream, lastStreamId: last }, GRACEFUL);
    }
    this.#settle(session);
  }

  #due(session: ClientSession): void {
    const now = this.#nowMs();
    const clients = this.#clients(session.slot);
    if (session.phase === "dialing") {
      if (now < session.startedMs + clients.connectTimeoutMs) return;
      close(this.#world.kernel, session.sk);
      this.#connectFailed(session.slot, session, "i/o timeout");
      return;
    }
    if (clients.requestTimeoutMs > 0)
      for (const open of [...session.streams])
        if (open.errand.watch < 0 && now >= open.sentMs + clients.requestTimeoutMs) {
          this.#requestTimedOut(session, open);
          if (session.phase === "closed") return;
        }
    if (
      this.#http2 &&
      clients.healthCheck !== undefined &&
      !this.quiet.has((this.#world.actors[session.slot.actor] as Actor).group)
    ) {
      const action = checkHealth(session, now, clients.healthCheck);
      if (action === "ping") {
        this.#world.journal?.event(this.#place(session), { what: "health-check", session: this.describe(session) });
        this.#write(session, PING, 0, 0);
        flush(this.#world.kernel, session.sk);
      } else if (action === "lost") {
        this.#world.journal?.event(this.#place(session), {
          what: "health-check-failed",
          session: this.describe(session),
        });
        this.#end(session, "lost-ping", true);
        return;
      }
    }
    if (
      clients.poolIdleTimeoutMs > 0 &&
      session.streams.length === 0 &&
      now >= session.lastUsedMs + clients.poolIdleTimeoutMs
    )
      this.#close(session);
  }

  #requestTimedOut(session: ClientSession, open: OpenStream): void {
    if (!this.#http2) {
      // The answer may still come: nothing else can be asked here.
      this.#end(session, "given-up", true);
      return;
    }
    takeStream(session.streams, open.stream);
    this.#write(session, RST_STREAM, open.stream, CANCEL);
    flush(this.#world.kernel, session.sk);
    this.#judge(session, open, { kind: "given-up" }, "context deadline exceeded");
    this.#settle(session);
  }

  #lose(session: ClientSession, stream: number, ending: Ending, error: string): void {
    const open = takeStream(session.streams, stream);
    if (open === undefined) return;
    this.#judge(session, open, ending, error);
    this.#settle(session);
  }

  #close(session: ClientSession): void {
    this.#release(session);
    close(this.#world.kernel, session.sk);
    if (session.slot.queue.length > 0 && session.slot.session === undefined && !session.slot.waiting)
      this.#dial(session.slot);
  }

  /** The connection is over while it may have had something open. `ours`: the socket is still ours to close. */
  #end(session: ClientSession, how: "closed" | "reset" | "lost-ping" | "given-up", ours: boolean): void {
    const { streams, slot } = session;
    const now = this.#nowMs();
    const wentAway = session.phase === "going-away";
    const { totals } = this.#world.recorder;
    if (streams.length > 0 || how === "reset" || how === "lost-ping") {
      totals.connectionsLost++;
      totals.lostMs += Math.max(0, now - Math.min(session.deadSinceMs, now));
    }
    const open = streams.splice(0);
    if (how === "lost-ping")
      this.#world.journal?.event(this.#place(session), { what: "connection-lost", session: this.describe(session) });
    if (ours && how === "lost-ping")
      for (const { stream } of open)
        this.#world.journal?.frame(this.describe(session), "wrote", RST_STREAM, stream, CANCEL);
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
      this.#judge(session, stream, ending, errorOf(how, wentAway, session.lastStream));
    }
    if (slot.queue.length > 0 && slot.session === undefined && !slot.waiting) this.#dial(slot);
  }

  /** Again, or an error for whoever asked (RFC 9113 §8.7). A watch is asked for again in any case. */
  #judge(session: ClientSession, open: OpenStream, ending: Ending, error: string): void {
    const { errand } = open;
    const { slot } = session;
    const clients = this.#clients(slot);
    if (errand.watch >= 0) {
      const { call } = errand;
      // Not processed, and a GET: the transport sends it again itself, and nobody hears of it.
      if (ending.kind === "goaway" && ending.streamId > ending.lastStreamId) {
        this.#again(slot, { call, watch: errand.watch, attempts: 1 });
        return;
      }
      this.#world.journal?.event(this.#place(session), { what: "watch-ended", actor: slot.actor, call, error });
      const lostList = call === WATCH_LEASES;
      if (lostList) this.#world.recorder.totals.relists++;
      this.#again(slot, { call: lostList ? LIST_LEASES : call, watch: errand.watch, attempts: 1 });
      return;
    }
    const method = this.#methodOf(clients, errand.call);
    const judged = judgeEnding(
      ending,
      { idempotent: isIdempotent(method), replayable: true, attempts: errand.attempts },
      { maxAttempts: clients.retries === "none" ? 1 : MAX_ATTEMPTS, retryIdempotent: clients.retries === "idempotent" },
    );
    if (judged.action === "retry") this.#again(slot, oneMore(errand));
    else this.#failed(session, errand, error === GRACEFUL && clients.retries === "none" ? CANNOT_RETRY : error);
  }

  #again(slot: Slot, errand: Errand): void {
    this.#ask(slot, errand);
  }

  #failed(session: ClientSession, errand: Errand, error: string): void {
    this.#world.recorder.totals.requestsFailed++;
    const { call } = errand;
    this.#world.journal?.event(this.#place(session), {
      what: "request-failed",
      session: this.describe(session),
      call,
      error,
    });
  }

  /** Takes the session out of its slot; its number may be used again. */
  #release(session: ClientSession): void {
    session.phase = "closed";
    if (session.slot.session === session) session.slot.session = undefined;
    if (this.#sessions[session.id] !== session) return;
    this.#sessions[session.id] = undefined;
    this.#stamps[session.id] = session.stamp;
    this.#free.push(session.id);
  }

  #schedule(session: ClientSession): void {
    const clients = this.#clients(session.slot);
    let at = Number.POSITIVE_INFINITY;
    if (session.phase === "dialing") at = session.startedMs + clients.connectTimeoutMs;
    else {
      if (this.#http2 && clients.healthCheck !== undefined) at = healthDueMs(session, clients.healthCheck);
      if (clients.requestTimeoutMs > 0)
        for (const open of session.streams)
          if (open.errand.watch < 0) at = Math.min(at, open.sentMs + clients.requestTimeoutMs);
      if (clients.poolIdleTimeoutMs > 0 && session.streams.length === 0)
        at = Math.min(at, session.lastUsedMs + clients.poolIdleTimeoutMs);
    }
    at = Math.max(at, this.#nowMs() + LEAST_WAIT_MS);
    const ns = Math.ceil(at * MS);
    if (ns >= session.timerNs) return;
    const { laterNs } = session;
    if (session.timerNs < laterNs) session.laterNs = session.timerNs;
    else if (laterNs <= ns && laterNs > this.#world.kernel.now) {
      session.timerNs = laterNs;
      session.laterNs = Number.POSITIVE_INFINITY;
      return;
    }
    session.timerNs = ns;
    this.#world.queue.push(ns, CLIENT_TIMER, session.id, session.stamp);
  }

  #returnWindow(session: ClientSession, open: OpenStream | undefined, size: number): void {
    if (!this.#http2) return;
    session.unread += size;
    if (open !== undefined) open.unread += size;
    if (session.unread < WINDOW_STEP) return;
    if (open !== undefined && open.unread >= WINDOW_STEP) {
      this.#write(session, WINDOW_UPDATE, open.stream, open.unread);
      open.unread = 0;
    }
    this.#write(session, WINDOW_UPDATE, 0, session.unread);
    session.unread = 0;
    if (session.phase !== "closed") flush(this.#world.kernel, session.sk);
  }

  /** How a journal knows a session. */
  describe(session: ClientSession): JournalSession {
    const localPort =
      session.sk < 0 ? 0 : (this.#world.kernel.sockets.words[session.sk * SOCKET_WORDS + S_LOCAL_PORT] as number);
    const { id, remote, remotePort } = session;
    return {
      id: id * 65_536 + (session.stamp & 0xffff),
      actor: session.slot.actor,
      place: this.#place(session),
      remote,
      remotePort,
      localPort,
    };
  }

  #place(session: ClientSession): number {
    return (this.#world.actors[session.slot.actor] as Actor).place;
  }

  #of(sk: number): ClientSession | undefined {
    const session = this.#sessions[this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number];
    return session !== undefined && session.sk === sk ? session : undefined;
  }

  #methodOf(clients: Group["clients"], call: number): string {
    if (call === PLAIN) return clients.requests.method;
    return call === RENEW_LEASE ? "PUT" : call === REPORT_STATUS ? "PATCH" : "GET";
  }

  #group(actor: Actor): Group {
    return this.#world.groups[actor.group] as Group;
  }

  #clients(slot: Slot): Group["clients"] {
    return slot.clients;
  }

  #dice(actor: Actor): number {
    return this.#world.places.dice[actor.place] as number;
  }

  #nowMs(): number {
    return this.#world.kernel.now / MS;
  }
}

const oneMore = ({ call, watch, attempts }: Errand): Errand => ({ call, watch, attempts: attempts + 1 });

/** Takes a stream out; the order of the others stays. (splice() makes an array for what it takes.) */
function takeStream(streams: OpenStream[], stream: number): OpenStream | undefined {
  // The latest is the likeliest; a watch stands before it for minutes.
  for (let at = streams.length - 1; at >= 0; at--) {
    const open = streams[at] as OpenStream;
    if (open.stream !== stream) continue;
    for (let i = at + 1; i < streams.length; i++) streams[i - 1] = streams[i] as OpenStream;
    streams.pop();
    return open;
  }
  return undefined;
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

/** An errand that comes again and again. It is itself what is handed out each time, since nobody changes an errand. */
interface Routine extends Errand {
  readonly slot: Slot;
  readonly everyMs: number;
  readonly steady: boolean;
}
