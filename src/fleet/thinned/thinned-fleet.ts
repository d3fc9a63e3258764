/**
 * The fleet itself: who has which connection to whom. One event for each thing that decides something; `simulate-thinned.ts` says what
 * is skipped and why that is sound.
 *
 * Above 300 lines because the handlers share one state: who dials, who is told to go, who loses what are turns of one machine.
 */

import { backOffMs, isIdempotent } from "../../guard/machines/index.ts";
import { Fault } from "../../net/fault.ts";
import type { NetworkBalancer, Scenario } from "../../scenario/scenario.ts";
import { Targets } from "../balancer/targets.ts";
import type { Dice } from "../engine/dice.ts";
import { EventQueue } from "../engine/event-queue.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import { Ports } from "../kernel/ports.ts";
import { Recorder } from "../measure/recorder.ts";
import { CLOSED, Connections, DIALLING, DRAINING, FREE, OPEN } from "./connections.ts";
import { Heartbeats } from "./heartbeats.ts";
import { type Group, type Layout, layOut } from "./layout.ts";
import { LeftFlows } from "./left-flows.ts";
import { decisiveTime, lastTime, nextTime, type RequestStream, streamsOf } from "./streams.ts";

/** Kinds of events, and what their index is. */
export const WAKE = 0; // slot: somebody asks for something and there is no connection
const HANDSHAKEN = 1; // connection
const DIAL_FAILED = 2; // connection
const REDIAL = 3; // slot
const TOLD_TO_GO = 4; // connection
const WATCH_OVER = 5; // watch
const SPEAKS = 6; // connection: the first packet from a client that does not know yet
const NOTICED = 7; // connection
const PORT_FREE = 8; // connection
const BOX_CHECK = 9; // balancer node, by number
const MONITOR = 10;
const STEP = 11;
export const STORY = 12; // place in the agenda
const FIRST_ASK = 13; // watch
const ORPHAN_GONE = 14; // connection
const RESET_SEEN = 15; // connection: its client hears that it is over
const ORPHAN_SPEAKS = 16; // connection: a repetition after the client gave it up

/** What a server does with a SYN: answers, refuses, or nothing since it is gone. */
export type ServerState = "up" | "down" | "gone";

export class ThinnedFleet {
  now = 0;
  events = 0;
  chance: number;
  factor = 1;
  readonly layout: Layout;
  readonly recorder: Recorder;
  readonly queue: EventQueue = new EventQueue(TICK_MS);
  readonly connections: Connections = new Connections();
  readonly serverStates: ServerState[];
  /** Servers without a process: they do not count for the balance. */
  readonly stopped: Uint8Array;
  /** Places that answer nothing, and those that clients may dial. */
  readonly lostNodes: Set<number> = new Set();
  destinations: readonly number[];
  readonly targets: Targets | undefined;
  readonly agenda: (() => void)[] = [];
  readonly #scenario: Omit<Scenario, "variants">;
  readonly #balancer: NetworkBalancer | undefined;
  readonly #ports: Ports;
  readonly #dice: Dice;
  readonly #die: number;
  readonly #heartbeats: Heartbeats | undefined;
  readonly #streams: (readonly RequestStream[])[];
  /** Phases of the streams of slot s begin at `firstPhase[s]`. */
  readonly #firstPhase: Int32Array;
  readonly #phases: Float64Array;
  /** By slot: the connection that takes requests, -1: none; whether one is being made or waited for; failures in a row; stamps. */
  readonly #current: Int32Array;
  readonly #waiting: Uint8Array;
  readonly #failures: Int32Array;
  readonly #dialed: Uint8Array;
  /** When dials failed, or a GOAWAY turned away what had waited, since the slot last sent all that it had to ask. */
  readonly #failedAttempts: Map<number, number[]> = new Map();
  readonly #wakeStamp: Int32Array;
  /** Since when the slot has something to ask and no connection. */
  readonly #asksSince: Float64Array;
  /** When it last had one. */
  readonly #leftAt: Float64Array;
  /** What it asks first is of a stream with exponential gaps, and draws for itself. */
  readonly #poissonFirst: Uint8Array;
  /** By watch: its connection (-1: none), what counts of its events. */
  readonly #watchOn: Int32Array;
  readonly #watchStamp: Int32Array;
  /** Since when it waits for a connection. */
  readonly #watchAsked: Float64Array;
  readonly #slotOfWatch: Int32Array;
  /** Of watches on leases: a list is asked for first. */
  readonly #wantsList: Uint8Array;
  readonly #nextSnat: TupleTable = new TupleTable();
  /** Flows that the balancer's nodes still know although their clients have given them up. */
  readonly #leftFlows: LeftFlows = new LeftFlows();
  /** Requests a millisecond that each server has to expect, and up to when they have been counted. */
  readonly #rate: Float64Array;
  readonly #countedTo: Float64Array;
  readonly #roundTripMs: number;
  /** From asking to the answer. */
  readonly #answerMs: number;
  readonly #stepMs: number;
  /** Dials that wait for a four-tuple to become free, where replies keep to the first flow. */
  readonly #suitors: Map<number, number[]> = new Map();
  /** Clients that still believe in a four-tuple at a target which is not theirs any more. */
  readonly #ghosts: Map<number, number[]> = new Map();
  #monitoring = false;
  #missedTo = 0;
  #steps = 0;

  constructor(scenario: Omit<Scenario, "variants">, seed: number, stepMs: number) {
    this.#scenario = scenario;
    const { network } = scenario;
    this.layout = layOut(scenario, seed);
    const { dice, slots, watches, kubelets, groups, groupOf, nodeOf } = this.layout;
    this.#dice = dice;
    this.#die = dice.stream("thinned");
    this.#ports = new Ports(dice, dice.bits(this.#die));
    this.#stepMs = stepMs;
    this.recorder = new Recorder(network.servers.count, scenario.durationMs, stepMs, scenario.expect.fromMs);
    this.chance = network.servers.goaway.chance;
    this.stopped = new Uint8Array(network.servers.count);
    this.serverStates = this.layout.servers.map(() => "up");
    this.#balancer = network.balancer?.kind === "network" ? network.balancer : undefined;
    this.destinations = this.#balancer === undefined ? this.layout.servers : this.layout.nodes;
    this.targets =
      this.#balancer === undefined ? undefined : new Targets(this.layout.places, this.layout.servers, this.#balancer);
    const { delayMs, jitterMs } = network.links;
    this.#roundTripMs = 2 * (this.#balancer === undefined ? 1 : 2) * (delayMs + jitterMs / 2);
    this.#answerMs = this.#roundTripMs + network.servers.serviceTimeMs;
    this.#rate = new Float64Array(network.servers.count);
    this.#countedTo = new Float64Array(network.servers.count);

    this.#streams = Array.from({ length: slots }, (_, slot) =>
      streamsOf((groups[groupOf[slot] as number] as Group).settings, network.kubernetes, (nodeOf[slot] as number) >= 0),
    );
    this.#firstPhase = new Int32Array(slots + 1);
    for (let slot = 0; slot < slots; slot++)
      this.#firstPhase[slot + 1] = (this.#firstPhase[slot] as number) + (this.#streams[slot] as RequestStream[]).length;
    this.#phases = new Float64Array(this.#firstPhase[slots] as number);
    const leases = new Float64Array(kubelets);
    for (let slot = 0; slot < slots; slot++)
      for (const [i, { everyMs, what }] of (this.#streams[slot] as RequestStream[]).entries()) {
        const spread = what === "plain" ? Math.min(everyMs, START_MS) : everyMs;
        const phase = dice.uniform(this.#die) * spread;
        this.#phases[(this.#firstPhase[slot] as number) + i] = phase;
        if (what === "lease") leases[nodeOf[slot] as number] = phase;
      }
    this.#current = new Int32Array(slots).fill(-1);
    this.#waiting = new Uint8Array(slots);
    this.#failures = new Int32Array(slots);
    this.#dialed = new Uint8Array(slots);
    this.#wakeStamp = new Int32Array(slots);
    this.#asksSince = new Float64Array(slots).fill(Number.POSITIVE_INFINITY);
    this.#leftAt = new Float64Array(slots);
    this.#poissonFirst = new Uint8Array(slots);
    this.#watchOn = new Int32Array(watches).fill(-1);
    this.#watchStamp = new Int32Array(watches);
    this.#watchAsked = new Float64Array(watches);
    this.#slotOfWatch = new Int32Array(watches);
    this.#wantsList = new Uint8Array(watches);
    for (let slot = 0; slot < slots; slot++)
      this.#slotOfWatch.fill(slot, this.layout.firstWatch[slot], this.layout.firstWatch[slot + 1]);
    this.#heartbeats =
      network.kubernetes === undefined || kubelets === 0 || this.layout.leaseWatch < 0
        ? undefined
        : new Heartbeats(network.kubernetes, leases, this.recorder);
  }

  start(): void {
    for (let slot = 0; slot < this.layout.slots; slot++) this.#wakeAtNextRequest(slot);
    for (const watch of this.layout.leaseWatches) this.#wantsList[watch] = 1;
    this.#heartbeats?.hang(0);
    for (let watch = 0; watch < this.layout.watches; watch++)
      this.queue.push(this.#dice.uniform(this.#die) * START_MS, FIRST_ASK, watch, 0);
    this.queue.push(this.#stepMs, STEP, 0);
    const check = this.#balancer?.healthCheck.intervalMs;
    if (check !== undefined)
      for (const [i] of this.layout.nodes.entries())
        this.queue.push(((i + 0.5) / this.layout.nodes.length) * check, BOX_CHECK, i);
  }

  run(untilMs: number, onProgress?: (share: number) => void): void {
    let next = 0;
    const { queue } = this;
    while (queue.pop() && queue.at <= untilMs) {
      this.now = queue.at;
      if ((this.events++ & 0xffff) === 0 && this.now >= next) {
        onProgress?.(this.now / untilMs);
        next = this.now + untilMs / 100;
      }
      this.#handle(queue.kind, queue.index, queue.stamp);
    }
    this.now = untilMs;
    if (this.#steps * this.#stepMs < untilMs) this.#step();
    const c = this.connections;
    for (let i = 0; i < c.used; i++)
      if (c.state[i] === OPEN || c.state[i] === DRAINING) this.recorder.stillBelieved(c.deadAt[i] as number, untilMs);
    this.#heartbeats?.finish(untilMs);
    onProgress?.(1);
  }

  #handle(kind: number, index: number, stamp: number): void {
    const c = this.connections;
    switch (kind) {
      case WAKE:
        if (this.#wakeStamp[index] === stamp) this.#wants(index);
        return;
      case HANDSHAKEN:
        if (c.stamp[index] === stamp) this.#opened(index);
        return;
      case DIAL_FAILED:
        if (c.stamp[index] === stamp) this.#dialFailed(index);
        return;
      case REDIAL:
        this.#waiting[index] = 0;
        this.#dial(index);
        return;
      case TOLD_TO_GO:
        if (c.stamp[index] === stamp) this.#goaway(index);
        return;
      case WATCH_OVER:
        if (this.#watchStamp[index] === stamp) this.#watchOver(index);
        return;
      case FIRST_ASK:
        this.#ask(index);
        return;
      case SPEAKS:
        if (c.stamp[index] === stamp) this.#speaks(index);
        return;
      case NOTICED:
        if (c.stamp[index] === stamp) this.#noticed(index);
        return;
      case RESET_SEEN:
        if (c.stamp[index] === stamp) this.#noticed(index, true);
        return;
      case PORT_FREE:
        this.#freePort(index);
        return;
      case ORPHAN_SPEAKS:
        if (c.stamp[index] === stamp) this.#orphanSpeaks(index);
        return;
      case ORPHAN_GONE:
        if (c.stamp[index] === stamp) {
          this.#forgetAtTarget(index);
          this.#freePort(index);
        }
        return;
      case BOX_CHECK:
        if (!this.lostNodes.has(this.layout.nodes[index] as number))
          this.targets?.check(
            this.layout.nodes[index] as number,
            (place) => this.serverStates[this.#numberOf(place)] === "up",
          );
        this.queue.push(this.now + (this.#balancer?.healthCheck.intervalMs ?? 1), BOX_CHECK, index);
        return;
      case MONITOR:
        this.#monitor();
        return;
      case STEP:
        this.#step();
        return;
      case STORY:
        this.agenda[index]?.();
        return;
    }
  }

  // Connecting.

  /** Somebody asks for something on a slot without a connection. */
  #wants(slot: number): void {
    if (this.#current[slot] !== -1) return;
    if (this.#asksSince[slot] === Number.POSITIVE_INFINITY) this.#asksSince[slot] = this.now;
    if (this.#waiting[slot] === 0) this.#dial(slot);
  }

  /** After GOAWAY a slot dials when it next has something to ask. */
  #wakeAtNextRequest(slot: number): void {
    let at = Number.POSITIVE_INFINITY;
    for (const [i, stream] of (this.#streams[slot] as RequestStream[]).entries()) {
      const everyMs = this.#every(stream);
      const phase = this.#phases[(this.#firstPhase[slot] as number) + i] as number;
      const poisson = stream.poisson && this.now >= phase;
      const next = poisson
        ? this.now + this.#dice.exponential(this.#die, everyMs)
        : nextTime(phase, everyMs, this.now + EARLIER_MS);
      if (next >= at) continue;
      at = next;
      this.#poissonFirst[slot] = stream.poisson ? 1 : 0;
    }
    const stamp = ((this.#wakeStamp[slot] as number) + 1) | 0;
    this.#wakeStamp[slot] = stamp;
    if (at < Number.POSITIVE_INFINITY) this.queue.push(at, WAKE, slot, stamp);
  }

  #dial(slot: number): void {
    const c = this.connections;
    const settings = this.#settingsOf(slot);
    this.#wakeStamp[slot] = ((this.#wakeStamp[slot] as number) + 1) | 0;
    if (this.#dialed[slot] === 1) this.recorder.totals.reconnects++;
    this.#dialed[slot] = 1;
    const host = this.layout.hostOf[slot] as number;
    const remote = this.destinations[this.#dice.below(this.#die, this.destinations.length)] as number;
    const connection = c.take();
    c.state[connection] = DIALLING;
    c.slot[connection] = slot;
    c.remote[connection] = remote;
    c.dialedAt[connection] = this.now;
    this.#current[slot] = connection;
    const [low, high] = settings.portRange;
    const port = this.#ports.choose({
      local: host,
      remote,
      remotePort: this.#scenario.network.servers.port,
      low,
      high,
      stream: this.layout.places.dice[host] as number,
      free: (each) => c.ports.get((host << 16) | each, remote) < 0,
    });
    c.port[connection] = port;
    if (port === 0) {
      this.#dialFailed(connection);
      return;
    }
    c.ports.set((host << 16) | port, remote, connection);
    const outcome = this.#connect(connection, settings.nat?.portRange);
    const stamp = c.stamp[connection] as number;
    if (outcome === "timeout") this.queue.push(this.now + settings.connectTimeoutMs, DIAL_FAILED, connection, stamp);
    else
      this.queue.push(
        this.now + this.#roundTripMs,
        outcome === "refused" ? DIAL_FAILED : HANDSHAKEN,
        connection,
        stamp,
      );
  }

  /** What the SYN meets on its way. */
  #connect(connection: number, boxPorts: readonly [number, number] | undefined): "open" | "refused" | "timeout" {
    const { collisions } = this.recorder.totals;
    const outcome = this.#send(connection, boxPorts);
    // Two of one dial count once.
    this.recorder.totals.collisions = Math.min(this.recorder.totals.collisions, collisions + 1);
    return outcome;
  }

  #send(connection: number, boxPorts: readonly [number, number] | undefined): "open" | "refused" | "timeout" {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const remote = c.remote[connection] as number;
    const outside = this.layout.outsideOf[slot] as number;
    let port = c.port[connection] as number;
    if (boxPorts !== undefined) {
      port = this.#boxPort(outside, port, remote, boxPorts);
      if (port === 0) return "timeout";
      c.boxPort[connection] = port;
      c.boxes.set((outside << 16) | port, remote, connection);
    }
    if (this.lostNodes.has(remote)) return "timeout";
    let place = remote;
    let seen = outside;
    if (this.#balancer !== undefined && this.targets !== undefined) {
      const left = this.#balancer.preserveClientIp ? this.#leftFlows.take(outside, port, remote, this.now) : -1;
      const eligible = this.targets.eligible(remote);
      // A flow that is known decides, unless the collision at its target closes it: the SYN that is repeated then opens one of its own.
      if (left >= 0 && !this.#collidesAt(left, outside, port)) place = left;
      else if (eligible.length === 0) return "timeout";
      else place = eligible[this.#dice.below(this.#die, eligible.length)] as number;
      if (!this.#balancer.preserveClientIp) {
        seen = remote;
        port = this.#snatPort(remote, place, this.#balancer.snatPorts);
        if (port === 0) return "timeout";
      }
    }
    const server = this.#numberOf(place);
    // A host drops what comes from the wire with its own address (docs of the balancers call it a hairpin).
    if (this.#balancer !== undefined && seen === place) {
      c.server[connection] = server;
      return "timeout";
    }
    switch (this.serverStates[server]) {
      case "gone":
        c.server[connection] = server;
        return "timeout";
      case "down":
      case undefined:
        return "refused";
      case "up":
    }
    const held = c.atTarget.get((seen << 16) | port, place);
    if (held >= 0) {
      this.recorder.totals.collisions++;
      // The challenge ACK goes to the first connection, which ignores it: nobody answers the SYN.
      if (this.#balancer?.replyPath === "first") {
        c.server[connection] = server;
        c.seenPlace[connection] = seen;
        c.seenPort[connection] = port;
        const tuple = this.#tupleOf(connection);
        this.#suitors.set(tuple, [...(this.#suitors.get(tuple) ?? []), connection]);
        return "timeout";
      }
      // The challenge ACK meets a client in SYN-SENT, which resets: the target's old socket dies (RFC 5961 §4, RFC 9293 §3.10.7.3).
      this.#forgetAtTarget(held);
      this.#breakOff(held);
    }
    c.server[connection] = server;
    c.seenPlace[connection] = seen;
    c.seenPort[connection] = port;
    c.atTarget.set((seen << 16) | port, place, connection);
    c.held[connection] = 1;
    return "open";
  }

  /** A flow that a node has known for long leads to a target that holds the four-tuple; with replies on the latest path that is over then. */
  #collidesAt(place: number, outside: number, port: number): boolean {
    const held = this.connections.atTarget.get((outside << 16) | port, place);
    if (held < 0 || this.#balancer?.replyPath === "first" || this.serverStates[this.#numberOf(place)] === "gone")
      return false;
    this.recorder.totals.collisions++;
    this.#forgetAtTarget(held);
    this.#breakOff(held);
    return true;
  }

  /** A four-tuple that dials wait for has become free: whose next SYN comes first has it. */
  #admit(suitors: readonly number[], seen: number, place: number): void {
    const c = this.connections;
    const nextSyn = (suitor: number): number => {
      const dialedAt = c.dialedAt[suitor] as number;
      const waited = SYNS_S.find((second) => dialedAt + second * 1000 >= this.now) ?? Number.POSITIVE_INFINITY;
      const { connectTimeoutMs } = this.#settingsOf(c.slot[suitor] as number);
      return waited * 1000 < connectTimeoutMs ? dialedAt + waited * 1000 : Number.POSITIVE_INFINITY;
    };
    const [first] = suitors.toSorted((a, b) => nextSyn(a) - nextSyn(b));
    if (first === undefined || nextSyn(first) === Number.POSITIVE_INFINITY) return;
    const left = suitors.filter((suitor) => suitor !== first);
    if (left.length > 0) this.#suitors.set(this.#tupleOf(first), left);
    c.stamp[first] = ((c.stamp[first] as number) + 1) | 0;
    c.atTarget.set(seen, place, first);
    c.held[first] = 1;
    this.queue.push(nextSyn(first) + this.#roundTripMs, HANDSHAKEN, first, c.stamp[first] as number);
  }

  #dropSuitor(connection: number): void {
    const tuple = this.#tupleOf(connection);
    const others = this.#suitors.get(tuple)?.filter((each) => each !== connection) ?? [];
    if (others.length > 0) this.#suitors.set(tuple, others);
    else this.#suitors.delete(tuple);
  }

  #boxPort(box: number, wanted: number, remote: number, [low, high]: readonly [number, number]): number {
    const isFree = (port: number): boolean => this.connections.boxes.get((box << 16) | port, remote) < 0;
    if (wanted >= low && wanted <= high && isFree(wanted)) return wanted;
    const count = high - low + 1;
    const from = this.#dice.below(this.#die, count);
    for (let i = 0; i < count; i++) {
      const port = low + ((from + i) % count);
      if (isFree(port)) return port;
    }
    return 0;
  }

  #snatPort(node: number, place: number, [low, high]: readonly [number, number]): number {
    const count = high - low + 1;
    const from = Math.max(0, this.#nextSnat.get(node, place));
    for (let i = 0; i < count; i++) {
      const port = low + ((from + i) % count);
      if (this.connections.atTarget.get((node << 16) | port, place) >= 0) continue;
      this.#nextSnat.set(node, place, (from + i + 1) % count);
      return port;
    }
    return 0;
  }

  #opened(connection: number): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const server = c.server[connection] as number;
    c.state[connection] = OPEN;
    c.readAt[connection] = this.now;
    this.#failures[slot] = 0;
    this.recorder.totals.connectionsOpened++;
    if (c.held[connection] === 1) {
      this.#count(server, 1);
      this.#addRate(connection, 1);
    }
    const asked = this.#asksSince[slot] as number;
    this.#asksSince[slot] = Number.POSITIVE_INFINITY;
    const node = this.layout.nodeOf[slot] as number;
    if (node >= 0) this.#heartbeats?.mend(node, this.now, asked);
    // Queued first, in the order of the streams; a watch that is asked may end the connection's turn already.
    const told = this.#scheduleGoaway(connection, Math.min(asked, this.now));
    if (told >= this.now) this.#failedAttempts.delete(slot);
    const sentUpTo = Math.min(told, this.now);
    c.toldOf[connection] = told < this.now ? told : Number.POSITIVE_INFINITY;
    if (c.held[connection] === 1) {
      const waited = this.#rateOf(slot) * Math.max(0, sentUpTo - (this.#leftAt[slot] as number));
      this.recorder.requests[server] = (this.recorder.requests[server] as number) + waited;
      this.recorder.totals.requests += waited;
    }
    const end = this.layout.firstWatch[slot + 1] as number;
    for (let watch = this.layout.firstWatch[slot] as number; watch < end; watch++)
      // Behind the request that is told to go it is turned away with the others.
      if (this.#watchOn[watch] === WAITS && (this.#watchAsked[watch] as number) <= told) this.#ask(watch);
    // The server may have been lost meanwhile.
    if (c.held[connection] === 0 && c.brokenAt[connection] === Number.POSITIVE_INFINITY) this.#breakOff(connection);
  }

  #dialFailed(connection: number): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    this.recorder.totals.connectsFailed++;
    if (this.#current[slot] === connection) this.#current[slot] = -1;
    c.state[connection] = CLOSED;
    if (c.seenPort[connection] !== 0 && c.held[connection] === 0) this.#dropSuitor(connection);
    // A node that sent its SYNs on to a target that was silent goes on knowing the flow.
    const waited = this.now - (c.dialedAt[connection] as number);
    if (c.server[connection] !== -1 && waited >= this.#settingsOf(slot).connectTimeoutMs) {
      const last = SYNS_S.findLast((second) => second * 1000 <= waited) ?? 0;
      this.#leaveFlow(connection, (c.dialedAt[connection] as number) + last * 1000);
    }
    this.#forgetAtTarget(connection);
    this.#freePort(connection);
    const failures = ((this.#failures[slot] as number) + 1) | 0;
    this.#failures[slot] = failures;
    const node = this.layout.nodeOf[slot] as number;
    if (node >= 0) this.#heartbeats?.cut(node, Math.min(this.now, this.#asksSince[slot] as number));
    this.#noteMonitor();
    this.#giveUpRequests(slot);
    if (this.#settingsOf(slot).retries === "none" && !this.#hasWaitingWatch(slot)) {
      this.#asksSince[slot] = Number.POSITIVE_INFINITY;
      this.#wakeAtNextRequest(slot);
      return;
    }
    this.#waiting[slot] = 1;
    const wait = backOffMs(failures, 0.5 + this.#dice.uniform(this.#die) / 2, REFLECTOR_BACK_OFF);
    this.queue.push(this.now + wait, REDIAL, slot);
  }

  /** An attempt failed: requests that wait for a connection fail with it, at once or with the last that they have. */
  #giveUpRequests(slot: number): void {
    const failed = this.#failedAttempts.get(slot) ?? [];
    this.#failedAttempts.set(slot, failed);
    failed.push(this.now);
    const askedBefore = this.#settingsOf(slot).retries === "none" ? this.now : failed.at(-MOST_ATTEMPTS);
    const from = this.#leftAt[slot] as number;
    if (askedBefore === undefined || askedBefore <= from) return;
    this.recorder.totals.requestsFailed += this.#rateOf(slot) * (askedBefore - from);
    this.#leftAt[slot] = askedBefore;
    this.#asksSince[slot] = Math.max(askedBefore, this.#asksSince[slot] as number);
  }

  #hasWaitingWatch(slot: number): boolean {
    const end = this.layout.firstWatch[slot + 1] as number;
    for (let watch = this.layout.firstWatch[slot] as number; watch < end; watch++)
      if (this.#watchOn[watch] === WAITS) return true;
    return false;
  }

  // Going away.

  /** Draws when a request on this connection will be told to go; requests that waited since `from` are among them. */
  #scheduleGoaway(connection: number, from: number): number {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    if (this.chance <= 0 || this.#groupOf(slot).exempt) return Number.POSITIVE_INFINITY;
    let at = Number.POSITIVE_INFINITY;
    if (this.#poissonFirst[slot] === 1 && this.#dice.uniform(this.#die) < this.chance) at = this.now;
    this.#poissonFirst[slot] = 0;
    for (const [i, stream] of (this.#streams[slot] as RequestStream[]).entries()) {
      const phase = this.#phases[(this.#firstPhase[slot] as number) + i] as number;
      const { factor, chance } = this;
      // Just before `from`: the request that made the slot dial draws too.
      const after = from - EARLIER_MS;
      at = Math.min(at, decisiveTime(this.#dice, this.#die, { stream, phase, factor, chance, at: after }));
    }
    if (at < this.#scenario.durationMs)
      this.queue.push(Math.max(at, this.now), TOLD_TO_GO, connection, c.stamp[connection]);
    return at;
  }

  #goaway(connection: number): void {
    const c = this.connections;
    this.recorder.totals.goaways++;
    this.#drain(connection);
    // Of requests that had waited for the connection and were sent together, those behind the one that was told are asked again.
    const slot = c.slot[connection] as number;
    const told = c.toldOf[connection] as number;
    if (told >= this.now) return;
    if (this.#nextRequest(slot, told + EARLIER_MS) <= this.now) {
      this.#leftAt[slot] = told;
      this.#asksSince[slot] = told + 2 * EARLIER_MS;
      this.#giveUpRequests(slot);
    } else if (!this.#hasWaitingWatch(slot)) return;
    this.#poissonFirst[slot] = 0;
    this.#wants(slot);
  }

  /** No more requests on it; its watches go on. */
  #drain(connection: number, occupied = false): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    this.#addRate(connection, -1);
    c.state[connection] = DRAINING;
    c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
    c.readAt[connection] = this.now;
    this.#current[slot] = -1;
    this.#leftAt[slot] = this.now;
    this.#wakeAtNextRequest(slot);
    if (c.watches[connection] === 0 && !occupied) this.#close(connection);
  }

  /** Closed by the client, in good order. */
  #close(connection: number): void {
    const c = this.connections;
    this.#forgetAtTarget(connection);
    c.state[connection] = CLOSED;
    c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
    const waits = this.#settingsOf(c.slot[connection] as number).twReuse === 1 ? TW_REUSE_MS : TIME_WAIT_MS;
    this.queue.push(this.now + waits, PORT_FREE, connection);
  }

  // Watches.

  /** Asks for a watch on the slot's connection, or waits for one. */
  #ask(watch: number): void {
    const c = this.connections;
    const slot = this.#slotOfWatch[watch] as number;
    const connection = this.#current[slot] as number;
    const stamp = ((this.#watchStamp[watch] as number) + 1) | 0;
    this.#watchStamp[watch] = stamp;
    if (connection < 0 || c.state[connection] !== OPEN) {
      if (this.#watchOn[watch] !== WAITS) this.#watchAsked[watch] = this.now;
      this.#watchOn[watch] = WAITS;
      if (watch === this.layout.leaseWatch) {
        this.#heartbeats?.hang(this.now);
        this.#noteMonitor();
      }
      this.#poissonFirst[slot] = 0;
      this.#wants(slot);
      return;
    }
    const broken = (c.brokenAt[connection] as number) < Number.POSITIVE_INFINITY;
    const listed = this.#wantsList[watch] === 1;
    if (listed && !broken) {
      this.#wantsList[watch] = 0;
      this.recorder.totals.relistBytes += (this.#scenario.network.kubernetes?.leaseBytes ?? 0) * this.layout.kubelets;
      if (this.#request(connection)) {
        // The list was answered; the watch needs another connection.
        if (watch === this.layout.leaseWatch) this.#heartbeats?.list(this.now);
        this.#ask(watch);
        if (c.watches[connection] === 0) this.#close(connection);
        return;
      }
    }
    this.#watchOn[watch] = connection;
    c.watches[connection] = (c.watches[connection] as number) + 1;
    if (broken) return;
    if (watch === this.layout.leaseWatch) this.#hears(listed);
    const { minMs, maxMs } = this.#settingsOf(slot).watches;
    const lasts = this.#answerMs + this.#dice.between(this.#die, minMs, maxMs);
    this.queue.push(this.now + lasts, WATCH_OVER, watch, stamp);
    this.#request(connection);
  }

  /** One request that is an event; true: its connection was told to go. */
  #request(connection: number): boolean {
    const c = this.connections;
    c.readAt[connection] = this.now;
    const server = c.server[connection] as number;
    this.recorder.totals.requests++;
    this.recorder.requests[server] = (this.recorder.requests[server] as number) + 1;
    if (this.chance <= 0 || this.#groupOf(c.slot[connection] as number).exempt) return false;
    if (this.#dice.uniform(this.#die) >= this.chance) return false;
    this.recorder.totals.goaways++;
    this.#drain(connection, true);
    return true;
  }

  /** The leader's watch on leases is asked for; it brings something when the request has been answered. */
  #hears(listed: boolean): void {
    if (this.#heartbeats === undefined) return;
    this.#countMissed();
    const half = this.#roundTripMs / 2;
    const from = this.#heartbeats.isHung ? this.now : this.now - half;
    this.#heartbeats.countGap(from, this.now - half + this.#answerMs + (listed ? this.#answerMs : 0));
    if (listed) this.#heartbeats.list(this.now);
    this.#heartbeats.resume(this.now);
  }

  #watchOver(watch: number): void {
    const c = this.connections;
    const connection = this.#watchOn[watch] as number;
    c.watches[connection] = (c.watches[connection] as number) - 1;
    c.readAt[connection] = this.now;
    this.#watchOn[watch] = -1;
    this.#ask(watch);
    if (c.state[connection] === DRAINING && c.watches[connection] === 0) this.#close(connection);
  }

  // Losing.

  /** The two ends stop to understand each other now. What the client will notice, and when. */
  #breakOff(connection: number, dead = true): void {
    const c = this.connections;
    const state = c.state[connection] as number;
    if (dead) c.deadAt[connection] = Math.min(c.deadAt[connection] as number, this.now);
    if ((c.brokenAt[connection] as number) < Number.POSITIVE_INFINITY || (state !== OPEN && state !== DRAINING)) return;
    const slot = c.slot[connection] as number;
    const settings = this.#settingsOf(slot);
    if (dead || c.forgotten[connection] === 1) this.#addRate(connection, -1);
    c.brokenAt[connection] = this.now;
    const stamp = ((c.stamp[connection] as number) + 1) | 0;
    c.stamp[connection] = stamp;
    const end = this.layout.firstWatch[slot + 1] as number;
    for (let watch = this.layout.firstWatch[slot] as number; watch < end; watch++) {
      if (this.#watchOn[watch] !== connection) continue;
      this.#watchStamp[watch] = ((this.#watchStamp[watch] as number) + 1) | 0;
      if (watch === this.layout.leaseWatch) this.#heartbeats?.hang(this.now);
    }
    const node = this.layout.nodeOf[slot] as number;
    if (node >= 0 && state === OPEN) this.#heartbeats?.cut(node, this.now);
    this.#noteMonitor();
    const { healthCheck } = settings;
    const checked = healthCheck !== undefined && healthCheck.readIdleTimeoutMs > 0;
    const readAt = this.#lastRead(connection, state);
    const pingAt = checked ? Math.max(this.now, readAt + healthCheck.readIdleTimeoutMs) : Number.POSITIVE_INFINITY;
    const asksAt = state === OPEN ? this.#nextRequest(slot) : Number.POSITIVE_INFINITY;
    const speaksAt = Math.min(pingAt, asksAt);
    let noticedAt = checked ? pingAt + healthCheck.pingTimeoutMs : Number.POSITIVE_INFINITY;
    if (speaksAt < Number.POSITIVE_INFINITY) noticedAt = Math.min(noticedAt, speaksAt + RETRANSMISSION_MS);
    c.noticedAt[connection] = noticedAt;
    c.spokenAt[connection] = speaksAt;
    if (speaksAt < Number.POSITIVE_INFINITY) this.queue.push(speaksAt, SPEAKS, connection, stamp);
    if (noticedAt < Number.POSITIVE_INFINITY) this.queue.push(noticedAt, NOTICED, connection, stamp);
    const key = this.#tupleOf(connection);
    const ghosts = this.#ghosts.get(key);
    if (ghosts === undefined) this.#ghosts.set(key, [connection]);
    else ghosts.push(connection);
  }

  /** When the client of a sound connection last read a frame. */
  #lastRead(connection: number, state: number): number {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const since = c.readAt[connection] as number;
    let latest = since;
    if (state === OPEN)
      for (const [i, stream] of (this.#streams[slot] as RequestStream[]).entries()) {
        const everyMs = this.#every(stream);
        const phase = this.#phases[(this.#firstPhase[slot] as number) + i] as number;
        // Looking back, a Poisson stream's last event is an exponential time ago.
        const last = stream.poisson
          ? this.now - this.#dice.exponential(this.#die, everyMs)
          : lastTime(phase, everyMs, this.now) + this.#roundTripMs;
        if (last > latest && last <= this.now) latest = last;
      }
    if (this.#carriesLeases(connection) && this.#heartbeats !== undefined)
      latest = Math.max(latest, this.#heartbeats.lastEvent(this.now));
    const period = this.#settingsOf(slot).healthCheck?.readIdleTimeoutMs ?? 0;
    if (period === 0) return latest;
    const answered = period + this.#roundTripMs;
    return latest + Math.max(0, Math.floor((this.now - latest) / answered)) * answered;
  }

  #nextRequest(slot: number, after: number = this.now): number {
    let at = Number.POSITIVE_INFINITY;
    for (const [i, stream] of (this.#streams[slot] as RequestStream[]).entries()) {
      const everyMs = this.#every(stream);
      const phase = this.#phases[(this.#firstPhase[slot] as number) + i] as number;
      const next = stream.poisson
        ? after + this.#dice.exponential(this.#die, everyMs)
        : nextTime(phase, everyMs, after);
      at = Math.min(at, next);
    }
    return at;
  }

  /** A packet of a client that does not know yet: its first, or a repetition. */
  #speaks(connection: number): void {
    const c = this.connections;
    const server = c.server[connection] as number;
    const forgotten = c.forgotten[connection] === 1;
    if (this.lostNodes.has(c.remote[connection] as number)) return;
    if (forgotten) {
      if (this.#balancer?.forgotten === "reset") this.#seeEnd(connection);
      return;
    }
    if (c.deadAt[connection] === Number.POSITIVE_INFINITY || this.serverStates[server] === "gone") return;
    const heir = c.atTarget.get(
      ((c.seenPlace[connection] as number) << 16) | (c.seenPort[connection] as number),
      this.layout.servers[server] as number,
    );
    // Nobody there: RST.
    if (heir < 0) this.#seeEnd(connection);
    // Its packets turn the way back to its own node: what the target pushes to the heir goes astray (the second victim).
    else if (this.#carriesLeases(heir) && !this.#isBusy(heir)) this.#breakOff(heir, false);
  }

  /** Something changed at the other end of those that do not know yet: they meet it when they next repeat what they said. */
  #hauntAgain(connection: number): void {
    const c = this.connections;
    const spoken = c.spokenAt[connection] as number;
    if (spoken > this.now) return;
    const waited = Math.max(1, (this.now - spoken) / FIRST_RETRANSMISSION_MS);
    const at = spoken + FIRST_RETRANSMISSION_MS * 2 ** Math.ceil(Math.log2(waited));
    if (at < (c.noticedAt[connection] as number)) this.queue.push(at, SPEAKS, connection, c.stamp[connection]);
  }

  /** The client gives it up. `told`: the other end's kernel, or a box, said that it is over, so that nothing is repeated. */
  #noticed(connection: number, told = false): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const state = c.state[connection] as number;
    const { totals } = this.recorder;
    totals.connectionsLost++;
    const key = this.#tupleOf(connection);
    const ghosts = this.#ghosts.get(key)?.filter((each) => each !== connection) ?? [];
    if (ghosts.length > 0) this.#ghosts.set(key, ghosts);
    else this.#ghosts.delete(key);
    totals.lostMs += Math.max(0, this.now - Math.min(this.now, c.deadAt[connection] as number));
    if (state === OPEN) this.#failRequests(connection);
    if (this.#current[slot] === connection) {
      this.#current[slot] = -1;
      this.#leftAt[slot] = this.now;
    }
    this.#addRate(connection, -1);
    c.state[connection] = CLOSED;
    c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
    const stamp = c.stamp[connection] as number;
    const spoken = this.now - (c.spokenAt[connection] as number);
    const orphan = !told && c.deadAt[connection] !== Number.POSITIVE_INFINITY && spoken < ORPHAN_MS;
    if (c.forgotten[connection] === 1 && c.held[connection] === 1)
      this.queue.push(this.now + this.#serverOrphanMs(slot), ORPHAN_GONE, connection, stamp);
    else {
      const living = !told && c.deadAt[connection] === Number.POSITIVE_INFINITY;
      this.#forgetAtTarget(connection);
      if (orphan) this.#repeatLater(connection);
      else if (living) this.queue.push(this.now + TIME_WAIT_MS, PORT_FREE, connection);
      else {
        if (!told) this.#leaveFlow(connection, this.now - LAST_REPETITION_MS);
        // At this instant, but after what is asked again now: the port is not free before.
        this.queue.push(this.now, PORT_FREE, connection);
      }
    }
    const end = this.layout.firstWatch[slot + 1] as number;
    for (let watch = this.layout.firstWatch[slot] as number; watch < end; watch++) {
      if (this.#watchOn[watch] !== connection) continue;
      this.#watchOn[watch] = -1;
      if (this.layout.leaseWatches.has(watch)) {
        this.recorder.totals.relists++;
        this.#wantsList[watch] = 1;
      }
      this.#ask(watch);
    }
    if (this.#current[slot] === -1 && state === OPEN) {
      const { retries, requests } = this.#settingsOf(slot);
      if (retries === "idempotent" && isIdempotent(requests.method)) this.#wants(slot);
      else this.#wakeAtNextRequest(slot);
    }
  }

  /** What a client that gave up had said is repeated by its kernel, which has closed the connection but can't send FIN yet. */
  #repeatLater(connection: number): void {
    const c = this.connections;
    const spoken = c.spokenAt[connection] as number;
    const waited = Math.max(1, (this.now - spoken) / FIRST_RETRANSMISSION_MS);
    const at = spoken + FIRST_RETRANSMISSION_MS * 2 ** (Math.floor(Math.log2(waited) + EARLIER_MS) + 1);
    this.queue.push(at, ORPHAN_SPEAKS, connection, c.stamp[connection]);
  }

  #orphanSpeaks(connection: number): void {
    const c = this.connections;
    const spoken = c.spokenAt[connection] as number;
    if (this.now - spoken >= ORPHAN_MS - EARLIER_MS) {
      this.#leaveFlow(connection, spoken + ORPHAN_MS / 2);
      this.#freePort(connection);
      return;
    }
    const server = c.server[connection] as number;
    const reaches = !this.lostNodes.has(c.remote[connection] as number) && this.serverStates[server] !== "gone";
    const holder = c.atTarget.get(
      ((c.seenPlace[connection] as number) << 16) | (c.seenPort[connection] as number),
      this.layout.servers[server] as number,
    );
    // Nobody there: RST, which balancer and client both see.
    if (reaches && holder < 0) this.#freePort(connection);
    else this.#repeatLater(connection);
  }

  /** The balancer's node saw neither FIN nor RST of it: the same client port is sent to the same target as long as the flow is known. */
  #leaveFlow(connection: number, lastPacketAt: number): void {
    const c = this.connections;
    if (this.#balancer === undefined || c.forgotten[connection] === 1 || c.server[connection] === -1) return;
    const outside = this.layout.outsideOf[c.slot[connection] as number] as number;
    const port = (c.boxPort[connection] !== 0 ? c.boxPort[connection] : c.port[connection]) as number;
    const place = this.layout.servers[c.server[connection] as number] as number;
    const until = lastPacketAt + this.#balancer.idleTimeoutMs;
    this.#leftFlows.leave(outside, port, c.remote[connection] as number, { place, until });
  }

  /** How long a server goes on believing in a connection that the balancer forgot: until keepalive, or what it says itself, is not answered. */
  #serverOrphanMs(slot: number): number {
    const { keepalive } = this.#scenario.network.servers;
    if (keepalive !== undefined) return keepalive.idleMs + keepalive.intervalMs * keepalive.probes;
    const { count, minMs, maxMs } = this.#settingsOf(slot).watches;
    return count === 0 ? this.#scenario.durationMs : this.#dice.between(this.#die, minMs, maxMs) + RETRANSMISSION_MS;
  }

  /** Requests that were sent into a broken connection: their callers saw errors, unless they are sent again. */
  #failRequests(connection: number): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const silent = this.now - (c.brokenAt[connection] as number);
    const settings = this.#settingsOf(slot);
    for (const stream of this.#streams[slot] as RequestStream[]) {
      const count = silent / this.#every(stream);
      const whole = Math.floor(count) + (this.#dice.uniform(this.#die) < count % 1 ? 1 : 0);
      const again =
        settings.retries === "idempotent" && (stream.what !== "plain" || isIdempotent(settings.requests.method));
      if (!again) this.recorder.totals.requestsFailed += whole;
    }
  }

  #carriesLeases(connection: number): boolean {
    for (const watch of this.layout.leaseWatches) if (this.#watchOn[watch] === connection) return true;
    return false;
  }

  /** Sends so often that it wins its way back again and again. */
  #isBusy(connection: number): boolean {
    const slot = this.connections.slot[connection] as number;
    if (this.connections.state[connection] !== OPEN) return false;
    return (this.#streams[slot] as RequestStream[]).some((stream) => this.#every(stream) <= BUSY_MS);
  }

  // Servers, for the story.

  /** Nobody dials this place from now on, unless there is no other. */
  avoid(place: number): void {
    const others = this.destinations.filter((each) => each !== place);
    if (others.length > 0) this.destinations = others;
  }

  dialAgain(place: number): void {
    if (!this.destinations.includes(place)) this.destinations = [...this.destinations, place];
  }

  /** All connections that a server holds, as they are now. */
  heldBy(server: number): number[] {
    const c = this.connections;
    const found: number[] = [];
    for (let i = 0; i < c.used; i++)
      if (c.held[i] === 1 && c.server[i] === server && c.state[i] !== FREE) found.push(i);
    return found;
  }

  /** It tells all its clients to go; their watches go on until it stops. */
  sendAway(server: number): void {
    const c = this.connections;
    for (const connection of this.heldBy(server)) {
      const state = c.state[connection] as number;
      if (state === DIALLING) continue;
      this.recorder.totals.goaways++;
      if (state === OPEN && c.brokenAt[connection] === Number.POSITIVE_INFINITY) this.#drain(connection);
    }
  }

  /** Its process is gone, its kernel closes what it had, and clients see it at once. `announced`: it says GOAWAY first. */
  cutAll(server: number, announced = false): void {
    const c = this.connections;
    for (const connection of this.heldBy(server)) {
      if (announced) this.recorder.totals.goaways++;
      const wasOpen = c.state[connection] === OPEN && c.brokenAt[connection] === Number.POSITIVE_INFINITY;
      if (wasOpen && c.watches[connection] === 0) {
        // Nothing was open on it: nobody misses it.
        this.#drain(connection);
        continue;
      }
      this.#forgetAtTarget(connection);
      this.#breakOff(connection);
      this.#seeEnd(connection);
    }
  }

  /** Its sockets are gone without a word. */
  loseAll(server: number): void {
    for (const connection of this.heldBy(server)) {
      this.#forgetAtTarget(connection);
      this.#breakOff(connection);
    }
  }

  /** A balancer node forgot its flows: both ends go on believing. */
  loseNode(node: number): void {
    const c = this.connections;
    this.#leftFlows.forget(node);
    for (let i = 0; i < c.used; i++) {
      if (c.remote[i] !== node || (c.state[i] !== OPEN && c.state[i] !== DRAINING)) continue;
      c.forgotten[i] = 1;
      this.#breakOff(i, false);
    }
  }

  /** A server or a balancer node answers again, and remembers nothing: who still believes in it will be told. */
  returned(place: number): void {
    const c = this.connections;
    for (const ghosts of this.#ghosts.values())
      for (const ghost of ghosts)
        if (c.remote[ghost] === place || this.layout.servers[c.server[ghost] as number] === place)
          this.#hauntAgain(ghost);
  }

  /** The chance or the traffic changed: waiting times are drawn anew, which is sound since they forget. */
  redraw(change: () => void): void {
    for (let i = 0; i < this.#rate.length; i++) this.#countRequests(i);
    const before = this.factor;
    change();
    if (this.factor !== before) this.#rescale(before);
    const c = this.connections;
    for (let i = 0; i < c.used; i++) {
      if (c.state[i] !== OPEN || c.brokenAt[i] !== Number.POSITIVE_INFINITY) continue;
      c.stamp[i] = ((c.stamp[i] as number) + 1) | 0;
      this.#scheduleGoaway(i, this.now);
    }
  }

  #rescale(before: number): void {
    const rate = this.#rate.fill(0);
    for (let slot = 0; slot < this.layout.slots; slot++)
      for (const [i, { everyMs, scaled }] of (this.#streams[slot] as RequestStream[]).entries()) {
        const at = (this.#firstPhase[slot] as number) + i;
        // The next request comes when it would have; those after it at the new distance.
        if (scaled) this.#phases[at] = nextTime(this.#phases[at] as number, everyMs / before, this.now);
      }
    const c = this.connections;
    for (let i = 0; i < c.used; i++) {
      if (c.counted[i] === 1)
        rate[c.server[i] as number] = (rate[c.server[i] as number] as number) + this.#rateOf(c.slot[i] as number);
    }
  }

  #seeEnd(connection: number): void {
    const c = this.connections;
    if (c.brokenAt[connection] === Number.POSITIVE_INFINITY) return;
    c.stamp[connection] = ((c.stamp[connection] as number) + 1) | 0;
    this.queue.push(this.now + this.#roundTripMs / 2, RESET_SEEN, connection, c.stamp[connection]);
  }

  // Counting.

  #monitor(): void {
    const kubernetes = this.#scenario.network.kubernetes;
    if (this.#heartbeats === undefined || kubernetes === undefined) return;
    this.#heartbeats.tick(this.now);
    this.#monitoring = this.#heartbeats.isDisturbed(this.now);
    if (this.#monitoring) this.queue.push(this.now + kubernetes.nodeMonitorPeriodMs, MONITOR, 0);
  }

  /** Something is in the way of leases: from its next tick on the controller's looks count. */
  #noteMonitor(): void {
    const period = this.#scenario.network.kubernetes?.nodeMonitorPeriodMs;
    if (this.#monitoring || period === undefined || this.#heartbeats?.isDisturbed(this.now) !== true) return;
    this.#monitoring = true;
    this.queue.push((Math.floor(this.now / period) + 1) * period, MONITOR, 0);
  }

  #countMissed(): void {
    this.#heartbeats?.countMissed(this.#missedTo, this.now);
    this.#missedTo = this.now;
  }

  #step(): void {
    const { serviceTimeMs, capacity } = this.#scenario.network.servers;
    for (let i = 0; i < this.#rate.length; i++) {
      this.#countRequests(i);
      this.recorder.up[i] = this.stopped[i] === 0;
      if (capacity > 0 && (this.#rate[i] as number) * serviceTimeMs > MOST_LOAD * capacity)
        throw new Fault(
          "not-thinnable",
          `server ${i} is ${Math.round(((this.#rate[i] as number) * serviceTimeMs * 100) / capacity)} % busy: requests would wait`,
          "Use the full detail (--detail full), in which every request is an event.",
        );
    }
    this.#countMissed();
    this.recorder.sample();
    this.#steps++;
    this.queue.push((this.#steps + 1) * this.#stepMs, STEP, 0);
  }

  #countRequests(server: number): void {
    const count = (this.#rate[server] as number) * (this.now - (this.#countedTo[server] as number));
    this.#countedTo[server] = this.now;
    this.recorder.requests[server] = (this.recorder.requests[server] as number) + count;
    this.recorder.totals.requests += count;
  }

  #addRate(connection: number, sign: 1 | -1): void {
    const c = this.connections;
    if ((c.counted[connection] === 1) === sign > 0) return;
    c.counted[connection] = sign > 0 ? 1 : 0;
    const server = c.server[connection] as number;
    this.#countRequests(server);
    const rate = this.#rateOf(c.slot[connection] as number);
    this.#rate[server] = Math.max(0, (this.#rate[server] as number) + sign * rate);
  }

  #rateOf(slot: number): number {
    let rate = 0;
    for (const stream of this.#streams[slot] as RequestStream[]) rate += 1 / this.#every(stream);
    return rate;
  }

  #count(server: number, by: 1 | -1): void {
    this.recorder.connections[server] = (this.recorder.connections[server] as number) + by;
  }

  /** The target has no socket of it any more. */
  #forgetAtTarget(connection: number): void {
    const c = this.connections;
    if (c.held[connection] === 0) return;
    c.held[connection] = 0;
    const place = this.layout.servers[c.server[connection] as number] as number;
    const seen = ((c.seenPlace[connection] as number) << 16) | (c.seenPort[connection] as number);
    if (c.atTarget.get(seen, place) === connection) {
      c.atTarget.delete(seen, place);
      const tuple = this.#tupleOf(connection);
      for (const ghost of this.#ghosts.get(tuple) ?? []) this.#hauntAgain(ghost);
      const suitors = this.#suitors.get(tuple);
      this.#suitors.delete(tuple);
      if (suitors !== undefined) this.#admit(suitors, seen, place);
    }
    if (c.state[connection] !== DIALLING) this.#count(c.server[connection] as number, -1);
  }

  #freePort(connection: number): void {
    const c = this.connections;
    const slot = c.slot[connection] as number;
    const remote = c.remote[connection] as number;
    const own = ((this.layout.hostOf[slot] as number) << 16) | (c.port[connection] as number);
    if (c.ports.get(own, remote) === connection) c.ports.delete(own, remote);
    const box = ((this.layout.outsideOf[slot] as number) << 16) | (c.boxPort[connection] as number);
    if (c.boxPort[connection] !== 0 && c.boxes.get(box, remote) === connection) c.boxes.delete(box, remote);
    c.release(connection);
  }

  /** The four-tuple at the target as one number. */
  #tupleOf(connection: number): number {
    const c = this.connections;
    const place = (c.seenPlace[connection] as number) * 0x10000 + (c.seenPort[connection] as number);
    return place * 0x10000 + (c.server[connection] as number);
  }

  #every({ everyMs, scaled }: RequestStream): number {
    return scaled ? everyMs / this.factor : everyMs;
  }

  #groupOf(slot: number): Group {
    return this.layout.groups[this.layout.groupOf[slot] as number] as Group;
  }

  #settingsOf(slot: number): Group["settings"] {
    return this.#groupOf(slot).settings;
  }

  #numberOf(place: number): number {
    // Servers are laid out first.
    return place;
  }
}

/** `watchOn`: asked for, and no connection yet. */
const WAITS = -2;
/** One tick of the queue's wheel. */
const TICK_MS = 16;
/** As in the full simulation: everybody begins within the first second; the reflector's waits (client-go tools/cache/reflector.go). */
const START_MS = 1000;
const REFLECTOR_BACK_OFF = { initialMs: 800, maxMs: 30_000 };
/** A request is tried so often (Go's transport): then it fails. */
const MOST_ATTEMPTS = 7;
/** TCP_TIMEWAIT_LEN. */
const TIME_WAIT_MS = 60_000;
/** net.ipv4.tcp_tw_reuse_delay. */
const TW_REUSE_MS = 1000;
/** Linux gives an orphan 8 retransmissions (tcp_orphan_retries): the ninth would come so long after what was said first. */
const ORPHAN_MS = 102_400;
/** Before it gives up a connection that is no orphan it has waited so long for an answer to its last packet (TCP_RTO_MAX). */
const LAST_REPETITION_MS = 120_000;
/** tcp_retries2 = 15 (Documentation/networking/ip-sysctl.rst: 924.6 s with the smallest timeout). */
const RETRANSMISSION_MS = 924_600;
/** Measured on Linux: one request a second kept the way back, none a half minute did not. Between them nothing was measured. */
const BUSY_MS = 5000;
/** When Linux repeats a SYN (tcp_syn_linear_timeouts, tcp_syn_retries: ip-sysctl.rst). */
const SYNS_S = [1, 2, 3, 4, 5, 7, 11, 19, 35, 67];
/** Linux waits 200 ms at least and doubles: what was said at 0 is repeated at 0.2, 0.4, 0.8 … s (measured). */
const FIRST_RETRANSMISSION_MS = 200;
const EARLIER_MS = 1e-6;
/** Load above which requests wait for each other. */
const MOST_LOAD = 0.8;
