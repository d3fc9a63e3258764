/**
 * The nodes of a layer 7 balancer: each ends its clients' connections and has connections of its own to the targets, one request on each at a time, kept
 * in a pool while idle. It answers 502 where a target's connection fails before the answer, 504 where the answer takes too long, and may
 * repeat a request that a reused connection lost. HTTP/2 clients are told to go away after a number of requests.
 *
 * Past 300 lines: both sides of a request are one machine.
 * Not modelled: a TLS handshake, header limits, HTTP/2 towards targets with more than one stream, 408, stickiness.
 */
import { isIdempotent, type LeaveInput, stepLeave } from "../../guard/machines/index.ts";
import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { Targets } from "../balancer/targets.ts";
import { placeOf } from "../engine/endpoint.ts";
import * as kinds from "../engine/event-kinds.ts";
import type { SocketEnd } from "../kernel/kernel.ts";
import * as layout from "../kernel/layout.ts";
import { close, connect } from "../kernel/tcp.ts";
import type { JournalEvent } from "./journal.ts";
import { type Back, type Exchange, type Front, newFront } from "./proxy-session.ts";
import * as speech from "./speech.ts";
import * as world from "./world.ts";
import { say, sayNow, type World } from "./world.ts";

const { BACK_TIMER, FRONT_TIMER } = kinds;
const { S_LOCAL, S_USER, SOCKET_WORDS } = layout;
const {
  BAD_GATEWAY,
  CALLS,
  EVENT,
  GATEWAY_TIMEOUT,
  GOAWAY,
  H1_BAD_GATEWAY,
  H1_GATEWAY_TIMEOUT,
  H1_REQUEST,
  H1_RESPONSE,
  LAST_POSSIBLE_STREAM,
  NO_ERROR,
  OPEN_CLIENT,
  OPEN_SERVER,
  PING,
  PLAIN,
  PONG,
  REPORT_STATUS,
  REQUEST,
  RESPONSE,
  RST_STREAM,
  SETTINGS_ACK,
  WATCH_END,
  WATCH_OPEN,
} = speech;
const { MS } = world;

type ProxyError = Extract<JournalEvent, { what: "proxy-error" }>["kind"];

export class ProxyNodes {
  readonly targets: Targets;
  /** The node's end of a client's session is gone. */
  ended: (peer: number, openedMs: number) => void = () => undefined;
  readonly #world: World;
  readonly #settings: ApplicationBalancer;
  readonly #http2Front: boolean;
  readonly #http2Back: boolean;
  readonly #port: number;
  readonly #fronts: (Front | undefined)[] = [];
  readonly #freeFronts: number[] = [];
  readonly #backs: (Back | undefined)[] = [];
  readonly #freeBacks: number[] = [];
  #stamp = 0;
  /** Idle connections by node and target, the latest used last. */
  readonly #pools: Map<number, Back[]> = new Map();
  readonly #turns: Map<number, number> = new Map();

  constructor(world: World, settings: ApplicationBalancer) {
    this.#world = world;
    this.#settings = settings;
    const { protocol, port } = world.scenario.network.servers;
    this.#http2Back = protocol === "http2";
    this.#http2Front = (settings.protocol ?? protocol) === "http2";
    this.#port = port;
    this.targets = new Targets(world.places, world.servers, { ...settings, crossZone: true });
  }

  // What TCP calls; `accepted` sockets are clients'.

  opened(sk: number, accepted: boolean): void {
    if (!accepted) {
      const back = this.#backOf(sk);
      if (back !== undefined) this.#backOpened(back);
      return;
    }
    const words = this.#world.kernel.sockets.words;
    const id = this.#freeFronts.pop() ?? this.#fronts.length;
    const front = newFront(id, sk, placeOf(words[sk * SOCKET_WORDS + S_LOCAL] as number), this.#nowMs(), ++this.#stamp);
    this.#fronts[id] = front;
    words[sk * SOCKET_WORDS + S_USER] = id;
    this.#schedule(front);
  }

  message(sk: number, accepted: boolean, message: readonly [kind: number, a: number, b: number], peer: number): void {
    const [kind, a, b] = message;
    if (accepted) {
      const front = this.#frontOf(sk);
      if (front === undefined) return;
      if (front.peer < 0) front.peer = peer;
      this.#fromClient(front, kind, a, b);
      return;
    }
    const back = this.#backOf(sk);
    if (back !== undefined) this.#fromTarget(back, kind, a, b);
  }

  finished(sk: number, accepted: boolean): void {
    if (accepted) {
      const front = this.#frontOf(sk);
      if (front !== undefined) this.#endFront(front, true);
      return;
    }
    const back = this.#backOf(sk);
    if (back !== undefined) this.#lostBack(back, "closed", true);
  }

  gone(sk: number, accepted: boolean, why: SocketEnd): void {
    if (accepted) {
      const front = this.#frontOf(sk);
      if (front !== undefined) this.#endFront(front, false);
      return;
    }
    const back = this.#backOf(sk);
    if (back === undefined) return;
    const dialing = back.phase === "dialing";
    this.#lostBack(
      back,
      why === "refused" ? "refused" : dialing ? "connect-timeout" : why === "timeout" ? "timeout" : "reset",
      false,
    );
  }

  /** The host of a node is gone, and what it knew. */
  lose(node: number): void {
    for (const front of this.#fronts)
      if (front?.node === node) {
        this.#forgetFront(front);
        this.#world.kernel.sockets.forget(front.sk);
      }
    for (const back of this.#backs)
      if (back?.node === node) {
        this.#forgetBack(back);
        this.#world.kernel.sockets.forget(back.sk);
      }
  }

  // What the queue calls.

  frontTimer(id: number, stamp: number): void {
    const front = this.#fronts[id];
    if (front === undefined || front.stamp !== stamp) return;
    if (front.timerNs !== this.#world.kernel.now) return;
    front.timerNs = Number.POSITIVE_INFINITY;
    const now = this.#nowMs();
    const patience = Math.min(this.#settings.idleTimeoutMs, this.#settings.responseTimeoutMs);
    for (const exchange of [...front.exchanges])
      if (now >= exchange.sinceMs + patience && exchange.back?.exchange === exchange) this.#tookTooLong(exchange);
    if (!front.alive) return;
    if (now >= front.closeAtMs && front.exchanges.length === 0) {
      this.#endFront(front, true);
      return;
    }
    if (now >= front.leaveAtMs) this.#leave(front, "tick");
    else if (front.exchanges.length === 0 && now >= front.lastActiveMs + this.#settings.idleTimeoutMs) {
      if (!this.#http2Front) {
        this.#endFront(front, true);
        return;
      }
      if (front.leave.phase === "serving") this.#leave(front, "start");
    }
    this.#schedule(front);
  }

  backTimer(id: number, stamp: number): void {
    const back = this.#backs[id];
    if (back === undefined || back.stamp !== stamp) return;
    if (back.timerNs !== this.#world.kernel.now) return;
    back.timerNs = Number.POSITIVE_INFINITY;
    const now = this.#nowMs();
    if (back.phase === "dialing") {
      if (now >= back.sinceMs + CONNECT_TIMEOUT) this.#lostBack(back, "connect-timeout", true);
    } else if (back.exchange === undefined && now >= back.sinceMs + this.#settings.poolIdleTimeoutMs) {
      this.#forgetBack(back);
      close(this.#world.kernel, back.sk);
      return;
    }
    this.#scheduleBack(back);
  }

  #fromClient(front: Front, kind: number, a: number, b: number): void {
    if (kind === OPEN_CLIENT) sayNow(this.#world, front.sk, OPEN_SERVER, 0, 0);
    else if (kind === PING) sayNow(this.#world, front.sk, PONG, a, 0);
    else if (kind === PONG) this.#leave(front, "pong");
    else if (kind === RST_STREAM) {
      const exchange = front.exchanges.find(({ stream }) => stream === a);
      if (exchange !== undefined) this.#abandon(exchange);
    } else if (kind === REQUEST || kind === H1_REQUEST) this.#request(front, a, b);
  }

  #request(front: Front, stream: number, b: number): void {
    if (stream > front.lastPromised && this.#http2Front) return;
    front.requests++;
    front.maxStream = Math.max(front.maxStream, stream);
    front.lastActiveMs = this.#nowMs();
    const exchange: Exchange = {
      front,
      stream,
      b,
      idempotent: this.#isIdempotent(b),
      attempts: 1,
      sinceMs: this.#nowMs(),
      back: undefined,
    };
    front.exchanges.push(exchange);
    this.#schedule(front);
    this.#forward(exchange, true);
    const { goawayAfterRequests } = this.#settings;
    const due = this.#http2Front && goawayAfterRequests > 0 && front.requests >= goawayAfterRequests;
    if (due && front.alive && front.leave.phase === "serving") {
      this.#world.recorder.totals.goaways++;
      this.#leave(front, "start");
    }
  }

  /** Hands a request to a target, on a connection of the pool where there is one and it may be used. */
  #forward(exchange: Exchange, mayReuse: boolean): void {
    const { node } = exchange.front;
    const eligible = this.targets.eligible(node);
    const turn = this.#turns.get(node) ?? 0;
    this.#turns.set(node, turn + 1);
    const target = eligible[turn % Math.max(1, eligible.length)];
    if (target === undefined) {
      this.#fail(exchange, BAD_GATEWAY);
      return;
    }
    const idle = mayReuse ? this.#pools.get((node << 16) | target)?.pop() : undefined;
    if (idle !== undefined) {
      this.#send(idle, exchange);
      return;
    }
    const id = this.#freeBacks.pop() ?? this.#backs.length;
    const stream = this.#world.places.dice[node] as number;
    const opening = {
      local: node,
      remote: target,
      remotePort: this.#port,
      low: 1024,
      high: 65_535,
      stream,
      user: id,
      keepalive: -1,
    };
    const sk = connect(this.#world.kernel, this.#world.ports, opening);
    if (sk < 0) {
      this.#freeBacks.push(id);
      this.#fail(exchange, BAD_GATEWAY);
      return;
    }
    const back: Back = {
      id,
      sk,
      node,
      target,
      stamp: ++this.#stamp,
      phase: "dialing",
      exchange,
      used: 0,
      nextStream: 1,
      leaving: false,
      sinceMs: this.#nowMs(),
      timerNs: Number.POSITIVE_INFINITY,
    };
    this.#backs[id] = back;
    exchange.back = back;
    this.#scheduleBack(back);
  }

  #backOpened(back: Back): void {
    back.phase = "open";
    back.sinceMs = this.#nowMs();
    if (this.#http2Back) say(this.#world, back.sk, OPEN_CLIENT, 0, 0);
    const { exchange } = back;
    back.exchange = undefined;
    if (exchange === undefined) this.#toPool(back);
    else this.#send(back, exchange);
  }

  #send(back: Back, exchange: Exchange): void {
    back.exchange = exchange;
    exchange.back = back;
    const stream = back.nextStream;
    back.nextStream += 2;
    sayNow(this.#world, back.sk, this.#http2Back ? REQUEST : H1_REQUEST, stream, exchange.b);
  }

  #fromTarget(back: Back, kind: number, a: number, b: number): void {
    const { exchange } = back;
    if (kind === OPEN_SERVER) sayNow(this.#world, back.sk, SETTINGS_ACK, 0, 0);
    else if (kind === PING) sayNow(this.#world, back.sk, PONG, a, 0);
    else if (kind === GOAWAY) back.leaving = true;
    else if (exchange === undefined) return;
    else if (kind === RESPONSE || kind === H1_RESPONSE) {
      this.#release(back);
      this.#reply(exchange, this.#http2Front ? RESPONSE : H1_RESPONSE, exchange.b);
    } else if (kind === WATCH_OPEN || kind === EVENT) sayNow(this.#world, exchange.front.sk, kind, exchange.stream, b);
    else if (kind === WATCH_END) {
      this.#release(back);
      this.#reply(exchange, WATCH_END, 0);
    }
  }

  #release(back: Back): void {
    back.exchange = undefined;
    back.used++;
    back.sinceMs = this.#nowMs();
    if (!back.leaving) {
      this.#toPool(back);
      return;
    }
    this.#forgetBack(back);
    close(this.#world.kernel, back.sk);
  }

  #toPool(back: Back): void {
    const key = (back.node << 16) | back.target;
    const pool = this.#pools.get(key);
    if (pool === undefined) this.#pools.set(key, [back]);
    else pool.push(back);
    this.#scheduleBack(back);
  }

  #reply(exchange: Exchange, kind: number, b: number): void {
    const { front } = exchange;
    const at = front.exchanges.indexOf(exchange);
    if (at < 0) return;
    front.exchanges.splice(at, 1);
    front.lastActiveMs = this.#nowMs();
    sayNow(this.#world, front.sk, kind, exchange.stream, b);
    if (front.leave.phase === "finishing" && front.exchanges.length === 0)
      front.closeAtMs = this.#nowMs() + CLOSE_AFTER;
    this.#schedule(front);
  }

  /** An answer of our own. */
  #fail(exchange: Exchange, kind: number): void {
    const plain = kind === BAD_GATEWAY ? H1_BAD_GATEWAY : H1_GATEWAY_TIMEOUT;
    this.#reply(exchange, this.#http2Front ? kind : plain, 0);
  }

  /** A target's connection ended, or never began. */
  #lostBack(back: Back, how: ProxyError, ours: boolean): void {
    const { exchange, phase } = back;
    this.#forgetBack(back);
    if (ours) close(this.#world.kernel, back.sk);
    if (exchange === undefined) return;
    exchange.back = undefined;
    const { retries } = this.#settings;
    const allowed = retries === "always" || (retries === "idempotent" && exchange.idempotent);
    // Nothing was sent on a connection that did not come about.
    if (exchange.attempts === 1 && (phase === "dialing" || (allowed && back.used > 0))) {
      exchange.attempts++;
      this.#forward(exchange, false);
      return;
    }
    this.#tell(exchange, back.target, how);
    this.#fail(exchange, how === "connect-timeout" || how === "timeout" ? GATEWAY_TIMEOUT : BAD_GATEWAY);
  }

  #tookTooLong(exchange: Exchange): void {
    const { back } = exchange;
    if (back === undefined) return;
    this.#forgetBack(back);
    close(this.#world.kernel, back.sk);
    this.#tell(exchange, back.target, "timeout");
    this.#fail(exchange, GATEWAY_TIMEOUT);
  }

  /** Nobody waits for this answer any more. */
  #abandon(exchange: Exchange): void {
    const { front, back } = exchange;
    const at = front.exchanges.indexOf(exchange);
    if (at >= 0) front.exchanges.splice(at, 1);
    if (back === undefined || back.exchange !== exchange) return;
    this.#forgetBack(back);
    close(this.#world.kernel, back.sk);
  }

  /** One step of guard's machine of leaving. */
  #leave(front: Front, input: LeaveInput): void {
    const { drain } = this.#settings;
    if (drain === "cut" && input === "start") {
      say(this.#world, front.sk, GOAWAY, front.maxStream, NO_ERROR);
      this.#endFront(front, true);
      return;
    }
    const options = { announce: drain === "two-phase", roundTripLimitMs: 1000 };
    const step = stepLeave(front.leave, input, this.#nowMs(), options);
    front.leave = step.state;
    front.leaveAtMs = step.wakeAtMs ?? Number.POSITIVE_INFINITY;
    if (step.action === "announce") {
      say(this.#world, front.sk, GOAWAY, LAST_POSSIBLE_STREAM, NO_ERROR);
      sayNow(this.#world, front.sk, PING, 1, 0);
    } else if (step.action === "finish") {
      front.lastPromised = front.maxStream;
      sayNow(this.#world, front.sk, GOAWAY, front.maxStream, NO_ERROR);
      if (front.exchanges.length === 0) front.closeAtMs = this.#nowMs() + CLOSE_AFTER;
    }
    this.#schedule(front);
  }

  #endFront(front: Front, ours: boolean): void {
    if (!front.alive) return;
    for (const exchange of [...front.exchanges]) this.#abandon(exchange);
    this.#forgetFront(front);
    if (ours) close(this.#world.kernel, front.sk);
  }

  #forgetFront(front: Front): void {
    front.alive = false;
    this.#fronts[front.id] = undefined;
    this.#freeFronts.push(front.id);
    if (front.peer >= 0) this.ended(front.peer, front.openedMs);
  }

  #forgetBack(back: Back): void {
    back.phase = "closed";
    back.exchange = undefined;
    const pool = this.#pools.get((back.node << 16) | back.target);
    const at = pool?.indexOf(back) ?? -1;
    if (at >= 0) pool?.splice(at, 1);
    if (this.#backs[back.id] !== back) return;
    this.#backs[back.id] = undefined;
    this.#freeBacks.push(back.id);
  }

  #schedule(front: Front): void {
    if (!front.alive) return;
    const { idleTimeoutMs, responseTimeoutMs } = this.#settings;
    let at = Math.min(front.closeAtMs, front.leaveAtMs);
    if (front.exchanges.length === 0) {
      if (front.leave.phase === "serving") at = Math.min(at, front.lastActiveMs + idleTimeoutMs);
    } else
      for (const { sinceMs } of front.exchanges)
        at = Math.min(at, sinceMs + Math.min(idleTimeoutMs, responseTimeoutMs));
    at = Math.max(at, this.#nowMs() + LEAST_WAIT_MS);
    const ns = Math.ceil(at * MS);
    if (ns >= front.timerNs) return;
    front.timerNs = ns;
    this.#world.queue.push(ns, FRONT_TIMER, front.id, front.stamp);
  }

  #scheduleBack(back: Back): void {
    const wait = back.phase === "dialing" ? CONNECT_TIMEOUT : this.#settings.poolIdleTimeoutMs;
    if (back.phase === "open" && back.exchange !== undefined) return;
    const at = Math.max(back.sinceMs + wait, this.#nowMs() + LEAST_WAIT_MS);
    const ns = Math.ceil(at * MS);
    if (ns >= back.timerNs) return;
    back.timerNs = ns;
    this.#world.queue.push(ns, BACK_TIMER, back.id, back.stamp);
  }

  #tell(exchange: Exchange, target: number, kind: ProxyError): void {
    const client = this.#world.actors[Math.floor(exchange.b / CALLS)]?.place ?? 0;
    this.#world.journal?.event(exchange.front.node, { what: "proxy-error", kind, client, target, call: exchange.b });
  }

  #isIdempotent(b: number): boolean {
    const call = b % CALLS;
    if (call === REPORT_STATUS) return false;
    if (call !== PLAIN) return true;
    const actor = this.#world.actors[Math.floor(b / CALLS)];
    return isIdempotent(this.#world.groups[actor?.group ?? 0]?.clients.requests.method ?? "GET");
  }

  #frontOf(sk: number): Front | undefined {
    const front = this.#fronts[this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number];
    return front?.sk === sk ? front : undefined;
  }

  #backOf(sk: number): Back | undefined {
    const back = this.#backs[this.#world.kernel.sockets.words[sk * SOCKET_WORDS + S_USER] as number];
    return back?.sk === sk ? back : undefined;
  }

  #nowMs(): number {
    return this.#world.kernel.now / MS;
  }
}

/** Application Load Balancer: connect timeout 10 s, fixed. */
const CONNECT_TIMEOUT = 10_000;
/** After the last answer of a connection that goes away. */
const CLOSE_AFTER = 1000;
const LEAST_WAIT_MS = 0.001;
