/**
 * Who has which connection to whom: the state that all turns of a thinned simulation share.
 */
import type { NetworkBalancer, Scenario } from "../../scenario/scenario.ts";
import { Targets } from "../balancer/targets.ts";
import type { Destinations } from "../destinations.ts";
import type { Dice } from "../engine/dice.ts";
import { EventQueue } from "../engine/event-queue.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import { START_MS } from "../figures.ts";
import { Ports } from "../kernel/ports.ts";
import { Recorder } from "../measure/recorder.ts";
import { Connections } from "./connections.ts";
import { Heartbeats } from "./heartbeats.ts";
import { type Group, type Layout, layOut } from "./layout.ts";
import { LeftFlows } from "./left-flows.ts";
import { type RequestStream, streamsOf } from "./streams.ts";

/** What a server does with a SYN: answers, refuses, or nothing since it is gone. */
export type ServerState = "up" | "down" | "gone";

export class FleetState {
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
  destinations: Destinations;
  readonly targets: Targets | undefined;
  readonly agenda: (() => void)[] = [];
  readonly scenario: Omit<Scenario, "variants">;
  readonly balancer: NetworkBalancer | undefined;
  readonly ports: Ports;
  readonly dice: Dice;
  readonly die: number;
  readonly heartbeats: Heartbeats | undefined;
  readonly streams: (readonly RequestStream[])[];
  /** Phases of the streams of slot s begin at `firstPhase[s]`. */
  readonly firstPhase: Int32Array;
  readonly phases: Float64Array;
  /** By slot: the connection that takes requests, -1: none; whether one is being made or waited for; failures in a row; stamps. */
  readonly current: Int32Array;
  readonly waiting: Uint8Array;
  readonly failures: Int32Array;
  readonly dialed: Uint8Array;
  /** When dials failed, or a GOAWAY turned away what had waited, since the slot last sent all that it had to ask: the last that count. */
  readonly failedAttempts: Map<number, number[]> = new Map();
  readonly wakeStamp: Int32Array;
  /** Since when the slot has something to ask and no connection. */
  readonly asksSince: Float64Array;
  /** When it last had one. */
  readonly leftAt: Float64Array;
  /** What it asks first is of a stream with exponential gaps, and draws for itself. */
  readonly poissonFirst: Uint8Array;
  /** By watch: its connection (-1: none), what counts of its events. */
  readonly watchOn: Int32Array;
  readonly watchStamp: Int32Array;
  /** Since when it waits for a connection. */
  readonly watchAsked: Float64Array;
  readonly slotOfWatch: Int32Array;
  /** Of watches on leases: a list is asked for first. */
  readonly wantsList: Uint8Array;
  readonly nextSnat: TupleTable = new TupleTable();
  /** Flows that the balancer's nodes still know although their clients have given them up. */
  readonly leftFlows: LeftFlows = new LeftFlows();
  /** Requests a millisecond that each server has to expect, and up to when they have been counted. */
  readonly rate: Float64Array;
  readonly countedTo: Float64Array;
  readonly roundTripMs: number;
  /** From asking to the answer. */
  readonly answerMs: number;
  readonly stepMs: number;
  /** Dials that wait for a four-tuple to become free, where replies keep to the first flow. */
  readonly suitors: Map<number, number[]> = new Map();
  /** Clients that still believe in a four-tuple at a target which is not theirs any more. */
  readonly ghosts: Map<number, number[]> = new Map();
  monitoring = false;
  missedTo = 0;
  steps = 0;

  constructor(scenario: Omit<Scenario, "variants">, seed: number, stepMs: number) {
    this.scenario = scenario;
    const { network } = scenario;
    this.layout = layOut(scenario, seed);
    const { dice, slots, watches, kubelets, groups, groupOf, nodeOf } = this.layout;
    this.dice = dice;
    this.die = dice.stream("thinned");
    this.ports = new Ports(dice, dice.bits(this.die));
    this.stepMs = stepMs;
    this.recorder = new Recorder(network.servers.count, scenario.durationMs, stepMs, scenario.expect.fromMs);
    this.chance = network.servers.goaway.chance;
    this.stopped = new Uint8Array(network.servers.count);
    this.serverStates = this.layout.servers.map(() => "up");
    this.balancer = network.balancer?.kind === "network" ? network.balancer : undefined;
    this.destinations = this.balancer === undefined ? this.layout.servers : this.layout.nodes;
    this.targets =
      this.balancer === undefined ? undefined : new Targets(this.layout.places, this.layout.servers, this.balancer);
    const { delayMs, jitterMs } = network.links;
    this.roundTripMs = 2 * (this.balancer === undefined ? 1 : 2) * (delayMs + jitterMs / 2);
    this.answerMs = this.roundTripMs + network.servers.serviceTimeMs;
    this.rate = new Float64Array(network.servers.count);
    this.countedTo = new Float64Array(network.servers.count);

    this.streams = Array.from({ length: slots }, (_, slot) =>
      streamsOf((groups[groupOf[slot] as number] as Group).settings, network.kubernetes, (nodeOf[slot] as number) >= 0),
    );
    this.firstPhase = new Int32Array(slots + 1);
    for (let slot = 0; slot < slots; slot++)
      this.firstPhase[slot + 1] = (this.firstPhase[slot] as number) + (this.streams[slot] as RequestStream[]).length;
    this.phases = new Float64Array(this.firstPhase[slots] as number);
    const leases = new Float64Array(kubelets);
    for (let slot = 0; slot < slots; slot++)
      for (const [i, { everyMs, what }] of (this.streams[slot] as RequestStream[]).entries()) {
        const spread = what === "plain" ? Math.min(everyMs, START_MS) : everyMs;
        const phase = dice.uniform(this.die) * spread;
        this.phases[(this.firstPhase[slot] as number) + i] = phase;
        if (what === "lease") leases[nodeOf[slot] as number] = phase;
      }
    this.current = new Int32Array(slots).fill(-1);
    this.waiting = new Uint8Array(slots);
    this.failures = new Int32Array(slots);
    this.dialed = new Uint8Array(slots);
    this.wakeStamp = new Int32Array(slots);
    this.asksSince = new Float64Array(slots).fill(Number.POSITIVE_INFINITY);
    this.leftAt = new Float64Array(slots);
    this.poissonFirst = new Uint8Array(slots);
    this.watchOn = new Int32Array(watches).fill(-1);
    this.watchStamp = new Int32Array(watches);
    this.watchAsked = new Float64Array(watches);
    this.slotOfWatch = new Int32Array(watches);
    this.wantsList = new Uint8Array(watches);
    for (let slot = 0; slot < slots; slot++)
      this.slotOfWatch.fill(slot, this.layout.firstWatch[slot], this.layout.firstWatch[slot + 1]);
    this.heartbeats =
      network.kubernetes === undefined || kubelets === 0 || this.layout.leaseWatch < 0
        ? undefined
        : new Heartbeats(network.kubernetes, leases, this.recorder);
  }
}

/** One tick of the queue's wheel. */
const TICK_MS = 16;
