import type { Simulation } from "../simulation.ts";
import { gini, largestOverMean } from "./imbalance.ts";

/** Counts while a simulation runs and makes series of the counts, step by step. */
export class Recorder {
  /** Connections that each server has now, and requests it took in this step. */
  readonly connections: Float64Array;
  readonly requests: Float64Array;
  /** Whether each server takes part in the balance. */
  readonly up: boolean[];
  notReadyNodes = 0;
  readonly totals: Record<Counter, number> = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<
    Counter,
    number
  >;
  readonly #before: Record<Counter, number> = { ...this.totals };
  /** The beginning, which does not count. */
  #beginning: Readonly<Record<Counter, number>> = { ...this.totals };
  readonly #fromMs: number;
  readonly #series: Series;
  readonly #stepMs: number;
  #step = 0;

  /** It counts from the step on that begins at `fromMs` or later. */
  constructor(servers: number, durationMs: number, stepMs: number, fromMs = 0) {
    this.#fromMs = fromMs;
    const steps = Math.ceil(durationMs / stepMs);
    const series = (): Float64Array => new Float64Array(steps);
    this.connections = new Float64Array(servers);
    this.requests = new Float64Array(servers);
    this.up = new Array<boolean>(servers).fill(true);
    this.#stepMs = stepMs;
    this.#series = {
      connections: Array.from({ length: servers }, series),
      requestsPerSecond: Array.from({ length: servers }, series),
      reconnectsPerSecond: series(),
      collisions: series(),
      connectionsLost: series(),
      notReadyNodes: series(),
      missedLeaseUpdates: series(),
      relistsPerSecond: series(),
      gini: series(),
      maxOverMean: series(),
    };
  }

  /** Closes one step. */
  sample(): void {
    const i = this.#step++;
    const s = this.#series;
    const perSecond = 1000 / this.#stepMs;
    for (const [server, count] of this.connections.entries()) {
      (s.connections[server] as Float64Array)[i] = count;
      (s.requestsPerSecond[server] as Float64Array)[i] = (this.requests[server] as number) * perSecond;
    }
    this.requests.fill(0);
    s.reconnectsPerSecond[i] = this.#since("reconnects") * perSecond;
    s.collisions[i] = this.#since("collisions");
    s.connectionsLost[i] = this.#since("connectionsLost");
    s.missedLeaseUpdates[i] = this.#since("missedLeaseUpdates");
    s.relistsPerSecond[i] = this.#since("relists") * perSecond;
    s.notReadyNodes[i] = this.notReadyNodes;
    if (i * this.#stepMs < this.#fromMs) {
      this.#beginning = { ...this.totals };
      for (const troubles of [s.collisions, s.connectionsLost, s.missedLeaseUpdates]) troubles[i] = 0;
    }
    const up = this.connections.filter((_, server) => this.up[server] === true);
    s.gini[i] = gini(up);
    s.maxOverMean[i] = largestOverMean(up);
  }

  /** At the end a client believes in a connection whose other end has been gone for so long. */
  stillBelieved(sinceMs: number, nowMs: number): void {
    if (nowMs - sinceMs < UNNOTICED_MS) return;
    this.totals.connectionsLost++;
    this.totals.lostUnnoticed++;
    this.totals.lostMs += nowMs - sinceMs;
  }

  result(about: Pick<Simulation, "scenario" | "variant" | "seed" | "durationMs"> & { events: number }): Simulation {
    const { events, ...named } = about;
    const uncounted = Math.ceil(this.#fromMs / this.#stepMs) * this.#stepMs;
    const totals = { events, countedMs: Math.max(0, about.durationMs - uncounted), ...this.totals };
    for (const counter of COUNTERS) totals[counter] -= this.#beginning[counter];
    return { ...named, detail: "full", stepMs: this.#stepMs, ...this.#series, totals };
  }

  #since(counter: Counter): number {
    const count = this.totals[counter] - this.#before[counter];
    this.#before[counter] = this.totals[counter];
    return count;
  }
}

/** Longer than any connection takes to end in good order. */
const UNNOTICED_MS = 1000;

const COUNTERS = [
  "requests",
  "requestsFailed",
  "connectionsOpened",
  "reconnects",
  "connectsFailed",
  "goaways",
  "collisions",
  "connectionsLost",
  "lostMs",
  "lostUnnoticed",
  "missedLeaseUpdates",
  "notReady",
  "notReadyMs",
  "relists",
  "relistBytes",
] as const;

type Counter = (typeof COUNTERS)[number];

type Series = Pick<
  Simulation,
  | "connections"
  | "requestsPerSecond"
  | "reconnectsPerSecond"
  | "collisions"
  | "connectionsLost"
  | "notReadyNodes"
  | "missedLeaseUpdates"
  | "relistsPerSecond"
  | "gini"
  | "maxOverMean"
>;
