/**
 * The targets: servers that answer requests, hold watches, tell clients to go away, and leave. As Go's HTTP/2 server does it behind
 * kube-apiserver's goaway filter: one GOAWAY with the highest stream id taken, before the answer; requests above it are
 * passed over; a second after the last stream the connection is closed. Leaving in two phases follows guard's machine.
 * Past 300 lines: one machine, with all that ends a session in one place.
 */
import {
  decideGoaway,
  type GoawayRequest,
  type GoawayRule,
  goawayRule,
  type LeaveInput,
  stepLeave,
} from "../../guard/machines/index.ts";
import type { Drain } from "../../scenario/scenario.ts";
import * as kinds from "../engine/event-kinds.ts";
import type { Numbers } from "../engine/numbers.ts";
import { useKeepalive } from "../kernel/handshake.ts";
import * as layout from "../kernel/layout.ts";
import { abort, close, flush } from "../kernel/tcp.ts";
import { type ServerSession, serverSession, type Watch } from "./server-session.ts";
import * as speech from "./speech.ts";
import * as world from "./world.ts";
import { say, sayNow, type World } from "./world.ts";

const { DEADLINE, SERVED, SERVER_TIMER, WATCH_OVER } = kinds;
const { S_LOCAL, S_USER, SOCKET_WORDS } = layout;
const {
  CALLS,
  EVENT,
  GOAWAY,
  H1_REQUEST,
  H1_RESPONSE,
  LAST_POSSIBLE_STREAM,
  NO_ERROR,
  OPEN_CLIENT,
  OPEN_SERVER,
  PING,
  PONG,
  RENEW_LEASE,
  REQUEST,
  RESPONSE,
  RST_STREAM,
  WATCH,
  WATCH_END,
  WATCH_LEASES,
  WATCH_OPEN,
  WINDOW_UPDATE,
} = speech;
const { MS } = world;

export class Servers {
  /** Called when a lease was renewed at a server. */
  leaseRenewed: (node: number) => void = () => undefined;
  /** Called when a server's end of a client's session is gone. */
  ended: (peer: number, openedMs: number) => void = () => undefined;
  /** Watches on leases, of whoever holds them. */
  readonly leaseWatches: Set<Watch> = new Set();
  readonly #world: World;
  readonly #states: ServerState[];
  readonly #sessions: (ServerSession | undefined)[] = [];
  readonly #freeSessions: number[] = [];
  readonly #stamps: number[] = [];
  readonly #jobs: Job[] = [];
  readonly #freeJobs: number[] = [];
  readonly #watches: (Watch | undefined)[] = [];
  readonly #freeWatches: number[] = [];
  readonly #numberOf: Map<number, number>;
  readonly #keepalive: number;
  #rule: GoawayRule;
  /** The request that a goaway decision is about. */
  #asked: GoawayRequest = { method: "", path: "", userAgent: undefined };
  readonly #ask = (): GoawayRequest => this.#asked;

  constructor(world: World, keepalive: number) {
    this.#world = world;
    this.#keepalive = keepalive;
    this.#states = world.servers.map((place) => ({
      stream: world.dice.stream(`server ${world.places.names[place]}`),
      up: true,
      hung: false,
      accepting: true,
      inService: 0,
      waiting: [],
      held: [],
    }));
    this.#numberOf = new Map(world.servers.map((place, number) => [place, number]));
    this.#rule = this.#ruleOf(world.scenario.network.servers.goaway.chance);
  }

  setGoawayChance(chance: number): void {
    this.#rule = this.#ruleOf(chance);
  }

  #ruleOf(chance: number): GoawayRule {
    const exempt = this.#world.scenario.network.servers.goaway.exempt.map((userAgent) => ({ userAgent }));
    return goawayRule({ chance, exempt, maxChance: 1 });
  }

  /** Adds the sockets that these jobs will be answered on (look-ahead.ts). */
  readForJobs(jobs: Numbers, sockets: Numbers): void {
    for (let i = 0; i < jobs.count; i++)
      sockets.of[sockets.count++] = (this.#jobs[jobs.of[i] as number] as Job).session.sk;
  }

  /** Reads what a request to these sessions will need. */
  readSessions(ids: Numbers): number {
    let sum = 0;
    for (let i = 0; i < ids.count; i++) {
      const session = this.#sessions[ids.of[i] as number];
      if (session !== undefined) sum += session.open + session.stamp + session.lastActiveMs + session.timerNs;
    }
    return sum;
  }

  // What TCP calls.

  listens(place: number, port: number): boolean {
    const state = this.#states[this.#numberOf.get(place) ?? -1];
    return state?.up === true && state.accepting && port === this.#world.scenario.network.servers.port;
  }

  /** A health check of a balancer would pass. */
  isHealthy(place: number): boolean {
    const state = this.#states[this.#numberOf.get(place) ?? -1];
    return state?.up === true && state.accepting && !state.hung && !this.#world.places.isLost(place);
  }

  opened(sk: number): void {
    const words = this.#world.kernel.sockets.words;
    const server = this.#numberOf.get(words[sk * SOCKET_WORDS + S_LOCAL] as number) as number;
    const id = this.#freeSessions.pop() ?? this.#sessions.length;
    const session = serverSession(id, sk, server, this.#nowMs(), (this.#stamps[id] ?? 0) + 1);
    this.#sessions[id] = session;
    words[sk * SOCKET_WORDS + S_USER] = id;
    const { connections } = this.#world.recorder;
    connections[server] = (connections[server] as number) + 1;
    if (this.#keepalive >= 0) useKeepalive(this.#world.kernel, sk, this.#keepalive);
    this.#schedule(session);
  }

  message(sk: number, kind: number, a: number, b: number, sender: number): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    const state = this.#states[session.server] as ServerState;
    if (session.peer < 0) session.peer = sender;
    if (state.hung) {
      // Read when the process goes on.
      state.held.push(() => this.#handle(session, kind, a, b));
      return;
    }
    this.#handle(session, kind, a, b);
  }

  /** The client sends no more: what is open is for nobody. */
  finished(sk: number): void {
    const session = this.#of(sk);
    if (session === undefined) return;
    const state = this.#states[session.server] as ServerState;
    if (state.hung) {
      state.held.push(() => this.#end(session, "close"));
      return;
    }
    this.#end(session, "close");
  }

  gone(sk: number): void {
    const session = this.#of(sk);
    if (session !== undefined) this.#end(session, "gone");
  }

  // What the queue and the story call.

  served(id: number): void {
    const job = this.#jobs[id] as Job;
    const state = this.#states[job.server] as ServerState;
    if (state.hung) {
      state.held.push(() => this.served(id));
      return;
    }
    if (!job.running) return;
    job.running = false;
    state.inService--;
    const { session } = job;
    if (session.alive && session.stamp === job.stamp) this.#answer(session, job);
    this.#freeJobs.push(id);
    const next = state.waiting.shift();
    if (next !== undefined) this.#serve(next);
  }

  /** The request waited as long as the server allows: its connection is reset. */
  deadline(id: number, stamp: number): void {
    const job = this.#jobs[id] as Job;
    if (job.use !== stamp || job.answered || !job.session.alive) return;
    this.#end(job.session, "abort");
  }

  timer(id: number, stamp: number): void {
    const session = this.#sessions[id];
    if (session === undefined || !session.alive || session.stamp !== stamp) return;
    // Another deadline was set meanwhile, and has an event of its own.
    if (session.timerNs !== this.#world.kernel.now) return;
    session.timerNs = Number.POSITIVE_INFINITY;
    const state = this.#states[session.server] as ServerState;
    if (state.hung) {
      state.held.push(() => this.#due(session));
      return;
    }
    this.#due(session);
  }

  watchOver(id: number): void {
    const watch = this.#watches[id];
    this.#watches[id] = undefined;
    this.#freeWatches.push(id);
    if (watch === undefined || !watch.session.alive) return;
    const state = this.#states[watch.session.server] as ServerState;
    if (state.hung) state.held.push(() => this.#endWatch(watch));
    else this.#endWatch(watch);
  }

  /** Leaves in an orderly way: new connections are refused from now on. */
  drain(server: number): void {
    const state = this.#states[server] as ServerState;
    state.accepting = false;
    for (const session of this.#sessionsOf(server)) this.#startLeave(session);
  }

  /** The process is gone: its kernel closes what it had. */
  kill(server: number): void {
    const state = this.#states[server] as ServerState;
    const left = this.#sessionsOf(server);
    this.#reset(state);
    for (const session of left) this.#end(session, "close");
  }

  /** The host is gone: nobody closes anything. */
  lose(server: number): void {
    const place = this.#world.servers[server] as number;
    this.#world.places.setLost(place, true);
    const state = this.#states[server] as ServerState;
    const left = this.#sessionsOf(server);
    this.#reset(state);
    for (const session of left) {
      this.#end(session, "gone");
      this.#world.kernel.sockets.forget(session.sk);
    }
  }

  restart(server: number): void {
    const place = this.#world.servers[server] as number;
    this.#world.places.setLost(place, false);
    const state = this.#states[server] as ServerState;
    state.up = true;
    state.accepting = true;
    this.#world.recorder.up[server] = true;
  }

  hang(server: number): void {
    (this.#states[server] as ServerState).hung = true;
  }

  /** The process goes on where it stood. */
  wake(server: number): void {
    const state = this.#states[server] as ServerState;
    state.hung = false;
    for (const action of state.held.splice(0)) action();
  }

  /** An event for everybody who watches leases. */
  publish(node: number): void {
    for (const watch of this.leaseWatches) {
      const state = this.#states[watch.session.server] as ServerState;
      if (!state.hung) sayNow(this.#world, watch.session.sk, EVENT, watch.stream, node);
    }
  }

  #reset(state: ServerState): void {
    state.up = false;
    state.hung = false;
    state.inService = 0;
    state.waiting.length = 0;
    state.held.length = 0;
    const server = this.#states.indexOf(state);
    this.#world.recorder.up[server] = false;
    for (const job of this.#jobs) {
      if (job.server !== server || !job.running) continue;
      job.running = false;
    }
  }

  #handle(session: ServerSession, kind: number, a: number, b: number): void {
    if (!session.alive) return;
    switch (kind) {
      case OPEN_CLIENT:
        session.greeted = true;
        say(this.#world, session.sk, OPEN_SERVER, 0, 0);
        flush(this.#world.kernel, session.sk);
        return;
      case REQUEST:
      case H1_REQUEST:
        this.#request(session, kind, a, b);
        return;
      case PING:
        sayNow(this.#world, session.sk, PONG, a, 0);
        return;
      case PONG:
        this.#leave(session, "pong");
        return;
      case RST_STREAM:
        this.#cancelled(session, a);
    }
  }

  #request(session: ServerSession, kind: number, stream: number, b: number): void {
    if (kind === REQUEST && stream > session.lastPromised) return;
    if (session.leave.phase === "gone") return;
    session.maxStream = Math.max(session.maxStream, stream);
    session.lastActiveMs = this.#nowMs();
    session.actor = Math.floor(b / CALLS);
    session.open++;
    const { requests, totals } = this.#world.recorder;
    requests[session.server] = (requests[session.server] as number) + 1;
    totals.requests++;
    const state = this.#states[session.server] as ServerState;
    if (kind === REQUEST) {
      this.#returnWindow(session, kind, b);
      const draw = this.#world.dice.uniform(state.stream);
      if (draw < this.#rule.chance && session.leave.phase === "serving") {
        this.#asked = this.#world.bytes.call(b);
        if (decideGoaway(this.#rule, draw, this.#ask) === "go") this.#tellToGo(session);
      }
    }
    const id = this.#freeJobs.pop() ?? this.#jobs.length;
    const job = this.#jobs[id];
    const use = (job?.use ?? 0) + 1;
    const { stamp, server } = session;
    if (job === undefined)
      this.#jobs.push({ session, stamp, server, kind, stream, b, use, answered: false, running: false });
    else {
      job.session = session;
      job.stamp = stamp;
      job.server = server;
      job.kind = kind;
      job.stream = stream;
      job.b = b;
      job.use = use;
      job.answered = false;
      job.running = false;
    }
    const { capacity, requestDeadlineMs } = this.#world.scenario.network.servers;
    if (requestDeadlineMs > 0)
      this.#world.queue.push(this.#world.kernel.now + requestDeadlineMs * MS, DEADLINE, id, use);
    if (capacity > 0 && state.inService >= capacity) state.waiting.push(id);
    else this.#serve(id);
  }

  #serve(id: number): void {
    const job = this.#jobs[id] as Job;
    const state = this.#states[job.server] as ServerState;
    const { serviceTimeMs, fixedServiceTime } = this.#world.scenario.network.servers;
    state.inService++;
    job.running = true;
    const mean = serviceTimeMs * MS;
    const time = fixedServiceTime ? mean : this.#world.dice.exponential(state.stream, mean);
    this.#world.queue.push(this.#world.kernel.now + Math.floor(time), SERVED, id);
  }

  #answer(session: ServerSession, job: Job): void {
    job.answered = true;
    const call = job.b % CALLS;
    const world = this.#world;
    session.lastActiveMs = this.#nowMs();
    if (call === WATCH || call === WATCH_LEASES) {
      this.#openWatch(session, job);
      return;
    }
    session.open--;
    sayNow(world, session.sk, job.kind === REQUEST ? RESPONSE : H1_RESPONSE, job.stream, job.b);
    if (call === RENEW_LEASE) this.leaseRenewed((world.actors[Math.floor(job.b / CALLS)] as { node: number }).node);
    if (session.alive) this.#calm(session);
  }

  #openWatch(session: ServerSession, job: Job): void {
    const world = this.#world;
    const actor = Math.floor(job.b / CALLS);
    const id = this.#freeWatches.pop() ?? this.#watches.length;
    const call = job.b % CALLS;
    const watch: Watch = { id, session, stream: job.stream, call, actor, judging: call === WATCH_LEASES };
    this.#watches[id] = watch;
    session.watches.push(watch);
    if (watch.judging) this.leaseWatches.add(watch);
    sayNow(world, session.sk, WATCH_OPEN, job.stream, job.b);
    const { minMs, maxMs } = (world.groups[world.actors[actor]?.group ?? 0] as World["groups"][number]).clients.watches;
    const stream = (this.#states[session.server] as ServerState).stream;
    const ms = world.dice.between(stream, minMs, maxMs);
    world.queue.push(world.kernel.now + Math.floor(ms * MS), WATCH_OVER, id);
  }

  #endWatch(watch: Watch): void {
    const { session } = watch;
    if (!session.alive || !this.#forgetWatch(watch)) return;
    session.lastActiveMs = this.#nowMs();
    sayNow(this.#world, session.sk, WATCH_END, watch.stream, 0);
    this.#calm(session);
  }

  /** False: it was not held any more. */
  #forgetWatch(watch: Watch): boolean {
    const at = watch.session.watches.indexOf(watch);
    if (at < 0) return false;
    watch.session.watches.splice(at, 1);
    watch.session.open--;
    this.leaseWatches.delete(watch);
    if (this.#watches[watch.id] === watch) this.#watches[watch.id] = undefined;
    return true;
  }

  #cancelled(session: ServerSession, stream: number): void {
    const watch = session.watches.find((held) => held.stream === stream);
    if (watch !== undefined) this.#forgetWatch(watch);
    else
      for (const job of this.#jobs)
        if (job.session === session && job.stream === stream && !job.answered) {
          job.answered = true;
          job.stamp = -1;
          session.open--;
        }
    this.#calm(session);
  }

  /** HTTP/2: half of what the peer may send has been read; as Go does, in steps of its own. */
  #returnWindow(session: ServerSession, kind: number, b: number): void {
    session.unread += this.#world.bytes.size(kind, b);
    if (session.unread < WINDOW_STEP) return;
    say(this.#world, session.sk, WINDOW_UPDATE, 0, session.unread);
    session.unread = 0;
  }

  #tellToGo(session: ServerSession): void {
    this.#world.recorder.totals.goaways++;
    this.#leave(session, "start", false);
  }

  #startLeave(session: ServerSession): void {
    const { protocol, drain, drainGraceMs } = this.#world.scenario.network.servers;
    if (protocol === "http1") {
      session.leave = { phase: "finishing", startedMs: this.#nowMs() };
      session.leaveAtMs = this.#nowMs() + drainGraceMs;
      this.#calm(session);
      this.#schedule(session);
      return;
    }
    this.#world.recorder.totals.goaways++;
    if (drain === "cut") {
      say(this.#world, session.sk, GOAWAY, session.maxStream, NO_ERROR);
      this.#end(session, "close");
      return;
    }
    this.#leave(session, "start", drain === "two-phase");
  }

  /** One step of guard's machine, and what it says must be done. */
  #leave(session: ServerSession, input: LeaveInput, announce = true): void {
    const { drainGraceMs, drain } = this.#world.scenario.network.servers;
    const draining = (this.#states[session.server] as ServerState).accepting === false;
    const graced = draining ? { graceMs: drainGraceMs } : {};
    const twoPhase = input === "start" ? announce : draining && drain === ("two-phase" satisfies Drain);
    const step = stepLeave(session.leave, input, this.#nowMs(), {
      announce: twoPhase,
      roundTripLimitMs: 1000,
      ...graced,
    });
    session.leave = step.state;
    session.leaveAtMs = step.wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (step.action === "announce") {
      say(this.#world, session.sk, GOAWAY, LAST_POSSIBLE_STREAM, NO_ERROR);
      sayNow(this.#world, session.sk, PING, 1, 0);
    } else if (step.action === "finish") {
      session.lastPromised = session.maxStream;
      sayNow(this.#world, session.sk, GOAWAY, session.maxStream, NO_ERROR);
    } else if (step.action === "cut") {
      this.#end(session, "close");
      return;
    }
    this.#calm(session);
    this.#schedule(session);
  }

  /** Nothing may be open any more: then a leaving connection is closed soon. */
  #calm(session: ServerSession): void {
    if (!session.alive || session.open > 0) return;
    const { protocol } = this.#world.scenario.network.servers;
    if (session.leave.phase === "finishing" && session.closeAtMs === Number.POSITIVE_INFINITY) {
      if (protocol === "http1") {
        this.#end(session, "close");
        return;
      }
      session.closeAtMs = this.#nowMs() + GOAWAY_TIMEOUT;
    }
    this.#schedule(session);
  }

  #due(session: ServerSession): void {
    if (!session.alive) return;
    const now = this.#nowMs();
    if (session.open > 0) session.closeAtMs = Number.POSITIVE_INFINITY;
    if (now >= session.closeAtMs) {
      this.#end(session, "close");
      return;
    }
    if (now >= session.leaveAtMs) {
      if (this.#world.scenario.network.servers.protocol === "http1") this.#end(session, "close");
      else this.#leave(session, "tick");
      return;
    }
    const { idleTimeoutMs, protocol } = this.#world.scenario.network.servers;
    if (idleTimeoutMs > 0 && session.open === 0 && now >= session.lastActiveMs + idleTimeoutMs) {
      if (protocol === "http1") {
        this.#end(session, "close");
        return;
      }
      if (session.leave.phase === "serving") this.#leave(session, "start", false);
    }
    this.#schedule(session);
  }

  #schedule(session: ServerSession): void {
    const { idleTimeoutMs } = this.#world.scenario.network.servers;
    const idleAt =
      idleTimeoutMs > 0 && session.open === 0 && session.leave.phase === "serving"
        ? session.lastActiveMs + idleTimeoutMs
        : Number.POSITIVE_INFINITY;
    const at = Math.max(this.#nowMs() + LEAST_WAIT_MS, Math.min(session.closeAtMs, session.leaveAtMs, idleAt));
    const ns = Math.ceil(at * MS);
    if (ns >= session.timerNs) return;
    session.timerNs = ns;
    this.#world.queue.push(ns, SERVER_TIMER, session.id, session.stamp);
  }

  /** The session is over: closed, reset by us, or gone already. */
  #end(session: ServerSession, how: "close" | "abort" | "gone"): void {
    if (!session.alive) return;
    session.alive = false;
    for (const watch of [...session.watches]) this.#forgetWatch(watch);
    const { connections } = this.#world.recorder;
    connections[session.server] = (connections[session.server] as number) - 1;
    this.#sessions[session.id] = undefined;
    this.#stamps[session.id] = session.stamp;
    this.#freeSessions.push(session.id);
    if (session.peer >= 0) this.ended(session.peer, session.openedMs);
    if (how === "close") close(this.#world.kernel, session.sk);
    else if (how === "abort") abort(this.#world.kernel, session.sk);
  }

  #of(sk: number): ServerSession | undefined {
    return this.#sessions[this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number];
  }

  #sessionsOf(server: number): ServerSession[] {
    return this.#sessions.filter((session) => session !== undefined && session.server === server) as ServerSession[];
  }

  #nowMs(): number {
    return this.#world.kernel.now / MS;
  }
}

/** Go's goAwayTimeout, milliseconds. */
const GOAWAY_TIMEOUT = 1000;
const WINDOW_STEP = 32_768;
/** A deadline that rounding has put before its time is looked at again a microsecond later. */
const LEAST_WAIT_MS = 0.001;

interface ServerState {
  readonly stream: number;
  up: boolean;
  hung: boolean;
  accepting: boolean;
  inService: number;
  /** Jobs that wait for a free place. */
  readonly waiting: number[];
  /** What a process that stands still will do when it goes on. */
  readonly held: (() => void)[];
}

interface Job {
  session: ServerSession;
  stamp: number;
  server: number;
  kind: number;
  stream: number;
  b: number;
  use: number;
  answered: boolean;
  running: boolean;
}
