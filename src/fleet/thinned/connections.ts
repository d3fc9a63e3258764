import { TupleTable } from "../engine/tuple-table.ts";

/** `dialling`: SYN sent. `open`: takes requests. `draining`: was told to go away, and its watches are still running. `closed`: TIME-WAIT. */
export const FREE = 0;
export const DIALLING = 1;
export const OPEN = 2;
export const DRAINING = 3;
export const CLOSED = 4;

/**
 * Connections, a row each over typed arrays, with the two tables that decide collisions: which source ports a host uses towards which
 * address, and which four-tuples each target holds.
 */
export class Connections {
  used = 0;
  state: Uint8Array = new Uint8Array(CAPACITY);
  slot: Int32Array = new Int32Array(CAPACITY);
  /** Place that was dialled: a balancer's node or a server. */
  remote: Int32Array = new Int32Array(CAPACITY);
  /** Number of the server; -1: none answered. */
  server: Int32Array = new Int32Array(CAPACITY);
  port: Int32Array = new Int32Array(CAPACITY);
  /** The endpoint that the target sees; 0: it has seen none. */
  seen: Int32Array = new Int32Array(CAPACITY);
  /** Of a translating box before the balancer; 0: none. */
  boxPort: Int32Array = new Int32Array(CAPACITY);
  /** Watches that run on it. */
  watches: Int32Array = new Int32Array(CAPACITY);
  /** Changes when something that was expected of it is no longer. */
  stamp: Int32Array = new Int32Array(CAPACITY);
  /** The server holds a socket of it. */
  held: Uint8Array = new Uint8Array(CAPACITY);
  /** When its two ends stopped to understand each other; infinite: they do. */
  brokenAt: Float64Array = new Float64Array(CAPACITY);
  /** When the request that is told to go was made, if that was before the connection opened; else infinite. */
  toldOf: Float64Array = new Float64Array(CAPACITY);
  /** When its SYN was sent; known of those that wait for a four-tuple. */
  dialedAt: Float64Array = new Float64Array(CAPACITY);
  /** Its requests are counted at its server. */
  counted: Uint8Array = new Uint8Array(CAPACITY);
  /** A balancer node forgot its flow. */
  forgotten: Uint8Array = new Uint8Array(CAPACITY);
  /** When a client that does not know yet says something first. */
  spokenAt: Float64Array = new Float64Array(CAPACITY);
  /** When its client will have noticed. */
  noticedAt: Float64Array = new Float64Array(CAPACITY);
  /** When its server forgot it; infinite: it has not. */
  deadAt: Float64Array = new Float64Array(CAPACITY);
  /** A moment at which its client surely read something; health checks answer at whole periods after it. */
  readAt: Float64Array = new Float64Array(CAPACITY);
  /** By host and source port, and remote place. */
  readonly ports: TupleTable = new TupleTable();
  /** By box and its port, and remote place. */
  readonly boxes: TupleTable = new TupleTable();
  /** By the four-tuple at the target. */
  readonly atTarget: TupleTable = new TupleTable();
  #free: number[] = [];

  take(): number {
    const row = this.#free.pop() ?? this.used++;
    if (row >= this.state.length) this.#grow();
    this.watches[row] = 0;
    this.held[row] = 0;
    this.boxPort[row] = 0;
    this.counted[row] = 0;
    this.forgotten[row] = 0;
    this.server[row] = -1;
    this.seen[row] = 0;
    this.brokenAt[row] = Number.POSITIVE_INFINITY;
    this.noticedAt[row] = Number.POSITIVE_INFINITY;
    this.deadAt[row] = Number.POSITIVE_INFINITY;
    return row;
  }

  release(row: number): void {
    this.state[row] = FREE;
    this.stamp[row] = ((this.stamp[row] as number) + 1) | 0;
    this.#free.push(row);
  }

  #grow(): void {
    const double = <T extends Int32Array | Uint8Array | Float64Array>(old: T): T => {
      const next = new (old.constructor as new (length: number) => T)(2 * old.length);
      next.set(old);
      return next;
    };
    this.state = double(this.state);
    this.slot = double(this.slot);
    this.remote = double(this.remote);
    this.server = double(this.server);
    this.port = double(this.port);
    this.seen = double(this.seen);
    this.boxPort = double(this.boxPort);
    this.watches = double(this.watches);
    this.stamp = double(this.stamp);
    this.held = double(this.held);
    this.brokenAt = double(this.brokenAt);
    this.noticedAt = double(this.noticedAt);
    this.deadAt = double(this.deadAt);
    this.toldOf = double(this.toldOf);
    this.dialedAt = double(this.dialedAt);
    this.counted = double(this.counted);
    this.forgotten = double(this.forgotten);
    this.spokenAt = double(this.spokenAt);
    this.readAt = double(this.readAt);
  }
}

const CAPACITY = 1024;
