import type { FleetClients } from "./app/clients.ts";
import type { Servers } from "./app/servers.ts";
import type { NetworkBalancer } from "./balancer/network-balancer.ts";
import type { Places } from "./balancer/places.ts";
import * as traits from "./balancer/places.ts";
import * as kinds from "./engine/event-kinds.ts";
import type { EventQueue } from "./engine/event-queue.ts";
import type { Numbers } from "./engine/numbers.ts";
import type { Kernel } from "./kernel/kernel.ts";
import * as layout from "./kernel/layout.ts";
import * as packetLayout from "./kernel/packets.ts";

const { ARRIVAL, ERRAND, SERVED, SOCKET_TIMER } = kinds;
const { F_ACCEPTED, S_FLAGS, S_FLOW, S_PEER, S_USER, SOCKET_WORDS } = layout;
const { P_HOP, P_SOCKET, PACKET_WORDS } = packetLayout;
const { IS_NODE } = traits;

/** Connections from which on their rows are mostly not in the cache, and looking ahead pays; below it costs what it saves. */
export const MANY_CONNECTIONS = 10_000;
/** About so many events are best looked at together, and no more than `MOST`. */
export const EVENTS_TOGETHER = 64;
const MOST = 128;
/** Words of a cache line. */
const LINE = 16;

/**
 * A large fleet waits for memory: what an event needs has left the cache long ago, and is fetched line after line, each named by the one before. Read in
 * loops over many events, in which no branch waits for what is being read, the lines of all of them are fetched at the same time. So what the events of a
 * slot will need, of the kinds that come by the million, is read here before they happen. Nothing is changed: with it and without it a simulation is the same.
 */
export class LookAhead {
  /** Of everything read: a read whose value nobody uses is left out by the compiler. */
  sum = 0;
  readonly #parts: Parts;
  readonly #packets: Numbers = numbers();
  /** Where they arrive. */
  readonly #hops: Int32Array = new Int32Array(MOST);
  readonly #errands: Numbers = numbers();
  readonly #jobs: Numbers = numbers();
  readonly #flows: Numbers = numbers();
  /** Sockets that events are about, and those of them that get a packet. */
  readonly #sockets: Numbers = numbers();
  readonly #receivers: Numbers = numbers();
  readonly #servers: Numbers = numbers();
  readonly #clients: Numbers = numbers();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reads for the events of the slot that begins. */
  look(): void {
    this.#sort();
    const { clients, servers, balancer } = this.#parts;
    let sum = this.#readSenders();
    sum += clients.readForErrands(this.#errands, this.#sockets);
    servers.readForJobs(this.#jobs, this.#sockets);
    this.#followPackets();
    if (balancer !== undefined) sum += balancer.readFlows(this.#flows);
    sum += this.#readSockets();
    this.#findUsers();
    sum += servers.readSessions(this.#servers);
    sum += clients.readSessions(this.#clients);
    this.sum = sum;
  }

  #sort(): void {
    const { queue } = this.#parts;
    const packets = this.#packets;
    const errands = this.#errands;
    const jobs = this.#jobs;
    const sockets = this.#sockets;
    packets.count = errands.count = jobs.count = sockets.count = 0;
    const count = Math.min(MOST, queue.ready);
    for (let i = 0; i < count; i++) {
      const index = queue.indexOf(i);
      switch (queue.kindOf(i)) {
        case ARRIVAL:
          packets.of[packets.count++] = index;
          break;
        case ERRAND:
          errands.of[errands.count++] = index;
          break;
        case SERVED:
          jobs.of[jobs.count++] = index;
          break;
        case SOCKET_TIMER:
          // Below 0 a slot of timers begins.
          if (index >= 0) sockets.of[sockets.count++] = index;
      }
    }
  }

  /** Packets become the sockets that sent them, of which the line is read that says where they go. */
  #readSenders(): number {
    const { rows } = this.#parts.kernel.packets;
    const { words } = this.#parts.kernel.sockets;
    const { of, count } = this.#packets;
    const hops = this.#hops;
    for (let i = 0; i < count; i++) {
      const p = (of[i] as number) * PACKET_WORDS;
      hops[i] = rows[p + P_HOP] as number;
      of[i] = Math.max(0, rows[p + P_SOCKET] as number);
    }
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= words[(of[i] as number) * SOCKET_WORDS + S_PEER] as number;
    return sum;
  }

  #followPackets(): void {
    const { kernel, places } = this.#parts;
    const { words } = kernel.sockets;
    const flows = this.#flows;
    const sockets = this.#sockets;
    const receivers = this.#receivers;
    flows.count = receivers.count = 0;
    for (let i = 0; i < this.#packets.count; i++) {
      const at = (this.#packets.of[i] as number) * SOCKET_WORDS;
      if (((places.traits[this.#hops[i] as number] as number) & IS_NODE) !== 0)
        flows.of[flows.count++] = words[at + S_FLOW] as number;
      else {
        const peer = words[at + S_PEER] as number;
        sockets.of[sockets.count++] = peer;
        receivers.of[receivers.count++] = peer;
      }
    }
  }

  #readSockets(): number {
    const { words } = this.#parts.kernel.sockets;
    const { of, count } = this.#sockets;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = (of[i] as number) * SOCKET_WORDS;
      sum ^= (words[at] as number) ^ (words[at + LINE] as number);
      sum ^= (words[at + 2 * LINE] as number) ^ (words[at + 3 * LINE] as number);
    }
    return sum;
  }

  #findUsers(): void {
    const { words } = this.#parts.kernel.sockets;
    const servers = this.#servers;
    const clients = this.#clients;
    servers.count = clients.count = 0;
    for (let i = 0; i < this.#receivers.count; i++) {
      const at = (this.#receivers.of[i] as number) * SOCKET_WORDS;
      const user = Math.max(0, words[at + S_USER] as number);
      if (((words[at + S_FLAGS] as number) & F_ACCEPTED) !== 0) servers.of[servers.count++] = user;
      else clients.of[clients.count++] = user;
    }
  }
}

interface Parts {
  readonly queue: EventQueue;
  readonly kernel: Kernel;
  readonly places: Places;
  readonly clients: FleetClients;
  readonly servers: Servers;
  readonly balancer: NetworkBalancer | undefined;
}

const numbers = (): Numbers => ({ of: new Int32Array(MOST), count: 0 });
