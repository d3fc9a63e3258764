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
import type { CheckAnswer } from "../balancer/targets.ts";
import { placeOf } from "../engine/endpoint.ts";
import * as kinds from "../engine/event-kinds.ts";
import type { Numbers } from "../engine/numbers.ts";
import { Rows } from "../engine/rows.ts";
import { useKeepalive } from "../kernel/handshake.ts";
import * as layout from "../kernel/layout.ts";
import { abort, close } from "../kernel/tcp.ts";
import * as rowLayout from "./server-session.ts";
import { phaseOf, type ServerSession, serverSession, type Watch } from "./server-session.ts";
import * as speech from "./speech.ts";
import * as world from "./world.ts";
import { say, sayNow, type World } from "./world.ts";

const { DEADLINE, SERVED, SERVER_TIMER, WATCH_OVER } = kinds;
const { S_LOCAL, S_USER, SOCKET_WORDS } = layout;
const {
  FINISHES,
  SERVES,
  SESSION_TIMES,
  SESSION_WORDS,
  VT_ACTIVE,
  VT_CLOSE,
  VT_LEAVE,
  VT_TIMER,
  V_MAX_STREAM,
  V_OPEN,
  V_PEER,
  V_PHASE,
  V_SERVER,
  V_SOCKET,
  V_STAMP,
  V_UNREAD,
} = rowLayout;
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
  /** A session is a number: of its row, and of what it needs seldom. A number of a session that ended goes to a later one. */
  readonly #rows: Rows = new Rows(SESSION_WORDS);
  readonly #sessions: (ServerSession | undefined)[] = [];
  readonly #freeSessions: number[] = [];
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
    const { words } = this.#rows;
    for (let i = 0; i < jobs.count; i++) {
      const { session } = this.#jobs[jobs.of[i] as number] as Job;
      const sk = words[session * SESSION_WORDS + V_SOCKET] as number;
      if (sk >= 0) sockets.of[sockets.count++] = sk;
    }
  }

  /** Reads what a request to these sessions will need. */
  readSessions(ids: Numbers): number {
    const { words } = this.#rows;
    let sum = 0;
    for (let i = 0; i < ids.count; i++) sum ^= words[(ids.of[i] as number) * SESSION_WORDS] as number;
    return sum;
  }

  // What TCP calls.

  listens(place: number, port: number): boolean {
    const state = this.#states[this.#numberOf.get(place) ?? -1];
    return state?.up === true && state.accepting && port === this.#world.scenario.network.servers.port;
  }

  /** What a health check of a balancer meets. */
  answer(place: number): CheckAnswer {
    const state = this.#states[this.#numberOf.get(place) ?? -1];
    if (this.#world.places.isLost(place)) return "none";
    if (state?.up !== true || !state.accepting) return "fails";
    // A network balancer opens a connection, which the kernel of a process that stands still takes; an application balancer asks.
    return state.hung && this.#world.scenario.network.balancer?.kind === "application" ? "none" : "passes";
  }

  opened(sk: number): void {
    const words = this.#world.kernel.sockets.words;
    const server = this.#numberOf.get(placeOf(words[sk * SOCKET_WORDS + S_LOCAL] as number)) as number;
    const id = this.#freeSessions.pop() ?? this.#sessions.length;
    this.#sessions[id] = serverSession(this.#rows, id, sk, server, this.#nowMs());
    words[sk * SOCKET_WORDS + S_USER] = id;
    const { connections } = this.#world.recorder;
    connections[server] = (connections[server] as number) + 1;
    if (this.#keepalive >= 0) useKeepalive(this.#world.kernel, sk, this.#keepalive);
    this.#schedule(id);
  }

  message(sk: number, kind: number, a: number, b: number, sender: number): void {
    const id = this.#idOf(sk);
    if (id < 0) return;
    const { words } = this.#rows;
    const v = id * SESSION_WORDS;
    if ((words[v + V_PEER] as number) < 0) words[v + V_PEER] = sender;
    const state = this.#states[words[v + V_SERVER] as number] as ServerState;
    // Bound, since a function that is written here would be made ready for at every message.
    if (state.hung) this.#hold(state, id, this.#handle.bind(this, id, kind, a, b));
    else this.#handle(id, kind, a, b);
  }

  /** The client sends no more: what is open is for nobody. */
  finished(sk: number): void {
    const id = this.#idOf(sk);
    if (id < 0) return;
    const state = this.#stateOf(id);
    if (state.hung) this.#hold(state, id, () => this.#end(id, "close"));
    else this.#end(id, "close");
  }

  gone(sk: number): void {
    const id = this.#idOf(sk);
    if (id >= 0) this.#end(id, "gone");
  }

  // What the queue and the story call.

  served(id: number): void {
    const job = this.#jobs[id] as Job;
    const state = this.#states[job.server] as ServerState;
    if (state.hung) {
      state.held.push(this.served.bind(this, id));
      return;
    }
    if (!job.running) return;
    job.running = false;
    state.inService--;
    if (this.#stampOf(job.session) === job.stamp) this.#answer(job);
    this.#freeJobs.push(id);
    const next = state.waiting.shift();
    if (next !== undefined) this.#serve(next);
  }

  /** The request waited as long as the server allows: its connection is reset. */
  deadline(id: number, stamp: number): void {
    const job = this.#jobs[id] as Job;
    if (job.use !== stamp || job.answered || this.#stampOf(job.session) !== job.stamp) return;
    const state = this.#states[job.server] as ServerState;
    if (state.hung) state.held.push(() => this.deadline(id, stamp));
    else this.#end(job.session, "abort");
  }

  timer(id: number, stamp: number): void {
    if (this.#stampOf(id) !== stamp) return;
    const { times } = this.#rows;
    const t = id * SESSION_TIMES;
    // Another deadline was set meanwhile, and has an event of its own.
    if (times[t + VT_TIMER] !== this.#world.kernel.now) return;
    times[t + VT_TIMER] = Number.POSITIVE_INFINITY;
    const state = this.#stateOf(id);
    if (state.hung) this.#hold(state, id, this.#due.bind(this, id));
    else this.#due(id);
  }

  watchOver(id: number): void {
    const watch = this.#watches[id];
    this.#watches[id] = undefined;
    this.#freeWatches.push(id);
    if (watch === undefined) return;
    const state = this.#stateOf(watch.session.id);
    if (state.hung) state.held.push(() => this.#endWatch(watch));
    else this.#endWatch(watch);
  }

  /** Leaves in an orderly way: new connections are refused from now on. */
  drain(server: number): void {
    const state = this.#states[server] as ServerState;
    state.accepting = false;
    for (const id of this.#sessionsOf(server)) this.#startLeave(id);
  }

  /** The process is gone: its kernel closes what it had. */
  kill(server: number): void {
    const state = this.#states[server] as ServerState;
    const left = this.#sessionsOf(server);
    this.#reset(state);
    for (const id of left) this.#end(id, "close");
  }

  /** The host is gone: nobody closes anything. */
  lose(server: number): void {
    const place = this.#world.servers[server] as number;
    this.#world.places.setLost(place, true);
    const state = this.#states[server] as ServerState;
    const left = this.#sessionsOf(server);
    this.#reset(state);
    for (const id of left) {
      const sk = this.#socketOf(id);
      this.#end(id, "gone");
      this.#world.kernel.sockets.forget(sk);
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
      const { id } = watch.session;
      if (!this.#stateOf(id).hung) sayNow(this.#world, this.#socketOf(id), EVENT, watch.stream, node);
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

  /** Does it when the process goes on, if the session has not ended by then. */
  #hold(state: ServerState, id: number, action: () => void): void {
    const stamp = this.#stampOf(id);
    state.held.push(() => {
      if (this.#stampOf(id) === stamp) action();
    });
  }

  #handle(id: number, kind: number, a: number, b: number): void {
    switch (kind) {
      case OPEN_CLIENT:
        sayNow(this.#world, this.#socketOf(id), OPEN_SERVER, 0, 0);
        return;
      case REQUEST:
      case H1_REQUEST:
        this.#request(id, kind, a, b);
        return;
      case PING:
        sayNow(this.#world, this.#socketOf(id), PONG, a, 0);
        return;
      case PONG:
        this.#leave(id, "pong");
        return;
      case RST_STREAM:
        this.#cancelled(id, a);
    }
  }

  #request(session: number, kind: number, stream: number, b: number): void {
    const { words, times } = this.#rows;
    const v = session * SESSION_WORDS;
    const maxStream = words[v + V_MAX_STREAM] as number;
    if (kind === REQUEST && words[v + V_PHASE] === FINISHES && stream > maxStream) return;
    words[v + V_MAX_STREAM] = Math.max(maxStream, stream);
    words[v + V_OPEN] = (words[v + V_OPEN] as number) + 1;
    times[session * SESSION_TIMES + VT_ACTIVE] = this.#nowMs();
    const server = words[v + V_SERVER] as number;
    const stamp = words[v + V_STAMP] as number;
    const { requests, totals } = this.#world.recorder;
    requests[server] = (requests[server] as number) + 1;
    totals.requests++;
    const state = this.#states[server] as ServerState;
    if (kind === REQUEST) {
      this.#returnWindow(session, kind, b);
      const draw = this.#world.dice.uniform(state.stream);
      if (draw < this.#rule.chance && words[v + V_PHASE] === SERVES) {
        this.#asked = this.#world.bytes.call(b);
        if (decideGoaway(this.#rule, draw, this.#ask) === "go") this.#tellToGo(session);
      }
    }
    // Told to go with no grace left, the session has ended: its row is not looked at from here on.
    const id = this.#freeJobs.pop() ?? this.#jobs.length;
    const job = this.#jobs[id];
    const use = (job?.use ?? 0) + 1;
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

  #answer(job: Job): void {
    job.answered = true;
    const { words, times } = this.#rows;
    const id = job.session;
    const v = id * SESSION_WORDS;
    const call = job.b % CALLS;
    const world = this.#world;
    times[id * SESSION_TIMES + VT_ACTIVE] = this.#nowMs();
    if (call === WATCH || call === WATCH_LEASES) {
      this.#openWatch(job);
      return;
    }
    words[v + V_OPEN] = (words[v + V_OPEN] as number) - 1;
    sayNow(world, words[v + V_SOCKET] as number, job.kind === REQUEST ? RESPONSE : H1_RESPONSE, job.stream, job.b);
    if (call === RENEW_LEASE) this.leaseRenewed((world.actors[Math.floor(job.b / CALLS)] as { node: number }).node);
    if (words[v + V_STAMP] === job.stamp) this.#calm(id);
  }

  #openWatch(job: Job): void {
    const session = this.#sessions[job.session] as ServerSession;
    const world = this.#world;
    const actor = Math.floor(job.b / CALLS);
    const id = this.#freeWatches.pop() ?? this.#watches.length;
    const call = job.b % CALLS;
    const watch: Watch = { id, session, stream: job.stream, call, actor, judging: call === WATCH_LEASES };
    this.#watches[id] = watch;
    session.watches.push(watch);
    if (watch.judging) this.leaseWatches.add(watch);
    sayNow(world, this.#socketOf(session.id), WATCH_OPEN, job.stream, job.b);
    const { minMs, maxMs } = (world.groups[world.actors[actor]?.group ?? 0] as World["groups"][number]).clients.watches;
    const { stream } = this.#stateOf(session.id);
    const ms = world.dice.between(stream, minMs, maxMs);
    world.queue.push(world.kernel.now + Math.floor(ms * MS), WATCH_OVER, id);
  }

  #endWatch(watch: Watch): void {
    if (!this.#forgetWatch(watch)) return;
    const { id } = watch.session;
    this.#rows.times[id * SESSION_TIMES + VT_ACTIVE] = this.#nowMs();
    sayNow(this.#world, this.#socketOf(id), WATCH_END, watch.stream, 0);
    this.#calm(id);
  }

  /** False: it was not held any more; no watch of a session that has ended is. */
  #forgetWatch(watch: Watch): boolean {
    const { id, watches } = watch.session;
    const at = watches.indexOf(watch);
    if (at < 0) return false;
    watches.splice(at, 1);
    this.#closeOne(id);
    this.leaseWatches.delete(watch);
    if (this.#watches[watch.id] === watch) this.#watches[watch.id] = undefined;
    return true;
  }

  #cancelled(id: number, stream: number): void {
    const { watches } = this.#sessions[id] as ServerSession;
    const watch = watches.find((held) => held.stream === stream);
    const stamp = this.#stampOf(id);
    if (watch !== undefined) this.#forgetWatch(watch);
    else
      for (const job of this.#jobs)
        if (job.session === id && job.stamp === stamp && job.stream === stream && !job.answered) {
          job.answered = true;
          job.stamp = -1;
          this.#closeOne(id);
        }
    this.#calm(id);
  }

  /** HTTP/2: half of what the peer may send has been read; as Go does, in steps of its own. */
  #returnWindow(id: number, kind: number, b: number): void {
    const { words } = this.#rows;
    const v = id * SESSION_WORDS;
    const unread = (words[v + V_UNREAD] as number) + this.#world.bytes.size(kind, b);
    words[v + V_UNREAD] = unread < WINDOW_STEP ? unread : 0;
    if (unread >= WINDOW_STEP) say(this.#world, words[v + V_SOCKET] as number, WINDOW_UPDATE, 0, unread);
  }

  #tellToGo(id: number): void {
    this.#world.recorder.totals.goaways++;
    this.#leave(id, "start", false);
  }

  #startLeave(id: number): void {
    const { protocol, drain, drainGraceMs } = this.#world.scenario.network.servers;
    const { words, times } = this.#rows;
    const v = id * SESSION_WORDS;
    if (protocol === "http1") {
      words[v + V_PHASE] = FINISHES;
      times[id * SESSION_TIMES + VT_LEAVE] = this.#nowMs() + drainGraceMs;
      this.#schedule(id);
      this.#calm(id);
      return;
    }
    this.#world.recorder.totals.goaways++;
    if (drain === "cut") {
      say(this.#world, words[v + V_SOCKET] as number, GOAWAY, words[v + V_MAX_STREAM] as number, NO_ERROR);
      this.#end(id, "close");
      return;
    }
    this.#leave(id, "start", drain === "two-phase");
  }

  /** One step of guard's machine, and what it says must be done, over HTTP/2 only. The session may have ended afterwards. */
  #leave(id: number, input: LeaveInput, announce = true): void {
    const { drainGraceMs, drain } = this.#world.scenario.network.servers;
    const session = this.#sessions[id] as ServerSession;
    const draining = this.#stateOf(id).accepting === false;
    const graced = draining ? { graceMs: drainGraceMs } : {};
    const twoPhase = input === "start" ? announce : draining && drain === ("two-phase" satisfies Drain);
    const step = stepLeave(session.leave, input, this.#nowMs(), {
      announce: twoPhase,
      roundTripLimitMs: 1000,
      ...graced,
    });
    session.leave = step.state;
    const { words, times } = this.#rows;
    const v = id * SESSION_WORDS;
    words[v + V_PHASE] = phaseOf(step.state);
    times[id * SESSION_TIMES + VT_LEAVE] = step.wakeAtMs ?? Number.POSITIVE_INFINITY;
    const sk = words[v + V_SOCKET] as number;
    if (step.action === "announce") {
      say(this.#world, sk, GOAWAY, LAST_POSSIBLE_STREAM, NO_ERROR);
      sayNow(this.#world, sk, PING, 1, 0);
    } else if (step.action === "finish") sayNow(this.#world, sk, GOAWAY, words[v + V_MAX_STREAM] as number, NO_ERROR);
    else if (step.action === "cut") {
      this.#end(id, "close");
      return;
    }
    this.#calm(id);
    this.#schedule(id);
  }

  /** Nothing may be open any more: then a leaving connection is closed, over HTTP/2 soon, over HTTP/1 at once: the session has ended afterwards. */
  #calm(id: number): void {
    const { words, times } = this.#rows;
    const v = id * SESSION_WORDS;
    if ((words[v + V_OPEN] as number) > 0) return;
    const t = id * SESSION_TIMES;
    if (words[v + V_PHASE] === FINISHES && times[t + VT_CLOSE] === Number.POSITIVE_INFINITY) {
      if (this.#world.scenario.network.servers.protocol === "http1") {
        this.#end(id, "close");
        return;
      }
      times[t + VT_CLOSE] = this.#nowMs() + GOAWAY_TIMEOUT;
    }
    this.#schedule(id);
  }

  #due(id: number): void {
    const { words, times } = this.#rows;
    const v = id * SESSION_WORDS;
    const t = id * SESSION_TIMES;
    const now = this.#nowMs();
    const open = words[v + V_OPEN] as number;
    if (open > 0) times[t + VT_CLOSE] = Number.POSITIVE_INFINITY;
    if (now >= (times[t + VT_CLOSE] as number)) {
      this.#end(id, "close");
      return;
    }
    const { idleTimeoutMs, protocol } = this.#world.scenario.network.servers;
    if (now >= (times[t + VT_LEAVE] as number)) {
      if (protocol === "http1") this.#end(id, "close");
      else this.#leave(id, "tick");
      return;
    }
    if (idleTimeoutMs > 0 && open === 0 && now >= (times[t + VT_ACTIVE] as number) + idleTimeoutMs) {
      if (protocol === "http1") {
        this.#end(id, "close");
        return;
      }
      if (words[v + V_PHASE] === SERVES) {
        this.#leave(id, "start", false);
        return;
      }
    }
    this.#schedule(id);
  }

  #schedule(id: number): void {
    const { idleTimeoutMs } = this.#world.scenario.network.servers;
    const { words, times } = this.#rows;
    const v = id * SESSION_WORDS;
    const t = id * SESSION_TIMES;
    const idleAt =
      idleTimeoutMs > 0 && words[v + V_OPEN] === 0 && words[v + V_PHASE] === SERVES
        ? (times[t + VT_ACTIVE] as number) + idleTimeoutMs
        : Number.POSITIVE_INFINITY;
    const dueAt = Math.min(times[t + VT_CLOSE] as number, times[t + VT_LEAVE] as number, idleAt);
    const ns = Math.ceil(Math.max(this.#nowMs() + LEAST_WAIT_MS, dueAt) * MS);
    if (ns >= (times[t + VT_TIMER] as number)) return;
    times[t + VT_TIMER] = ns;
    this.#world.queue.push(ns, SERVER_TIMER, id, words[v + V_STAMP] as number);
  }

  /** The session is over: closed, reset by us, or gone already. Its number is free then. */
  #end(id: number, how: "close" | "abort" | "gone"): void {
    const session = this.#sessions[id] as ServerSession;
    for (const watch of [...session.watches]) this.#forgetWatch(watch);
    const { words } = this.#rows;
    const v = id * SESSION_WORDS;
    const sk = words[v + V_SOCKET] as number;
    const server = words[v + V_SERVER] as number;
    const peer = words[v + V_PEER] as number;
    words[v + V_SOCKET] = -1;
    words[v + V_STAMP] = (words[v + V_STAMP] as number) + 1;
    this.#sessions[id] = undefined;
    this.#freeSessions.push(id);
    const { connections } = this.#world.recorder;
    connections[server] = (connections[server] as number) - 1;
    if (peer >= 0) this.ended(peer, session.openedMs);
    if (how === "close") close(this.#world.kernel, sk);
    else if (how === "abort") abort(this.#world.kernel, sk);
  }

  /** The session of this socket; -1: it has ended. */
  #idOf(sk: number): number {
    const id = this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number;
    return id >= 0 && this.#rows.words[id * SESSION_WORDS + V_SOCKET] === sk ? id : -1;
  }

  #sessionsOf(server: number): number[] {
    const isOf = (id: number): boolean => this.#rows.words[id * SESSION_WORDS + V_SERVER] === server;
    return this.#sessions.flatMap((session) => (session !== undefined && isOf(session.id) ? session.id : []));
  }

  #stateOf(id: number): ServerState {
    return this.#states[this.#rows.words[id * SESSION_WORDS + V_SERVER] as number] as ServerState;
  }

  #socketOf(id: number): number {
    return this.#rows.words[id * SESSION_WORDS + V_SOCKET] as number;
  }

  /** What a reference to this number carries if it means the session that has it now. */
  #stampOf(id: number): number {
    return this.#rows.words[id * SESSION_WORDS + V_STAMP] as number;
  }

  #closeOne(id: number): void {
    const at = id * SESSION_WORDS + V_OPEN;
    this.#rows.words[at] = (this.#rows.words[at] as number) - 1;
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
  /** The session's number and stamp; the stamp is -1 once the client has cancelled the request. */
  session: number;
  stamp: number;
  server: number;
  kind: number;
  stream: number;
  b: number;
  use: number;
  answered: boolean;
  running: boolean;
}
