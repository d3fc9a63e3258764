import { Fabric } from "../../src/fleet/balancer/fabric.ts";
import { Links } from "../../src/fleet/balancer/links.ts";
import { NetworkBalancer } from "../../src/fleet/balancer/network-balancer.ts";
import { Places } from "../../src/fleet/balancer/places.ts";
import { Dice } from "../../src/fleet/engine/dice.ts";
import { placeOf, portOf } from "../../src/fleet/engine/endpoint.ts";
import { EventQueue } from "../../src/fleet/engine/event-queue.ts";
import type { KeepaliveSettings, Kernel } from "../../src/fleet/kernel/kernel.ts";
import { S_LOCAL, S_STATE, SOCKET_WORDS } from "../../src/fleet/kernel/layout.ts";
import { Messages } from "../../src/fleet/kernel/messages.ts";
import * as P from "../../src/fleet/kernel/packets.ts";
import { Ports } from "../../src/fleet/kernel/ports.ts";
import { SocketTimers } from "../../src/fleet/kernel/socket-timers.ts";
import { Sockets } from "../../src/fleet/kernel/sockets.ts";
import * as tcp from "../../src/fleet/kernel/tcp.ts";
import { fireKeep, fireTimer } from "../../src/fleet/kernel/tcp-timers.ts";
import { printFlags } from "../../src/net/tcp-flags.ts";
import type { NetworkBalancer as Settings } from "../../src/scenario/scenario.ts";

/** A segment as a capture at `place` would show it. */
export interface Seen {
  /** Milliseconds. */
  readonly at: number;
  readonly place: string;
  readonly from: string;
  readonly to: string;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly ttl: number;
  readonly id: number;
  readonly window: number;
}

export const BALANCER: Settings = {
  kind: "network",
  crossZone: true,
  preserveClientIp: true,
  idleTimeoutMs: 350_000,
  forgotten: "reset",
  choice: "hash",
  replyPath: "latest",
  snatPorts: [1024, 65_535],
  healthCheck: { intervalMs: 10_000, timeoutMs: 5000, healthyThreshold: 2, unhealthyThreshold: 2 },
  deregistrationDelayMs: 300_000,
  resetAfterDeregistration: false,
};

export interface NetworkOptions {
  readonly balancer?: Partial<Settings>;
  readonly nodes?: number;
  readonly targets?: number;
  readonly loss?: number;
  readonly jitterMs?: number;
  readonly keepalive?: KeepaliveSettings;
  readonly seed?: number;
}

/** Hosts with real endpoints and real boxes between them, in virtual time: send, advance, look. */
export class VirtualNetwork {
  readonly kernel: Kernel;
  readonly places: Places = new Places();
  readonly seen: Seen[] = [];
  readonly heard: string[] = [];
  readonly nodes: number[];
  readonly targets: number[];
  readonly client: number;
  readonly ports: Ports;
  readonly balancer: NetworkBalancer;
  readonly fabric: Fabric;
  /** Port that the servers listen on. */
  readonly port = 443;
  listening = true;
  /** What an accepted connection does with a message. */
  onMessage: (sk: number, kind: number, a: number) => void = () => undefined;
  accepted: number[] = [];

  constructor(options: NetworkOptions = {}) {
    const dice = new Dice(options.seed ?? 1);
    const add = (kind: "client" | "server" | "node", name: string, address: string): number =>
      this.places.add({ kind, name, address, zone: 0, dice: dice.stream(name) });
    this.client = add("client", "client", "10.0.0.1");
    this.nodes = Array.from({ length: options.nodes ?? 2 }, (_, i) => add("node", `node${i + 1}`, `10.0.1.${i + 1}`));
    this.targets = Array.from({ length: options.targets ?? 1 }, (_, i) =>
      add("server", `target${i + 1}`, `10.0.2.${i + 1}`),
    );
    const messages = new Messages();
    const queue = new EventQueue(100_000);
    const sockets = new Sockets(messages);
    this.kernel = {
      now: 0,
      queue,
      timers: new SocketTimers(queue, 1, sockets),
      keepKind: 3,
      sockets,
      packets: new P.Packets(),
      messages,
      transmit: (packet) => this.fabric.transmit(packet),
      user: {
        listens: (place, port) => this.listening && this.places.kinds[place] === "server" && port === this.port,
        opened: (sk) => {
          this.heard.push(`${this.#ms()} ${this.#host(sk)} opened`);
          if (this.#host(sk) !== "client") this.accepted.push(sk);
        },
        message: (sk, kind, a) => {
          this.heard.push(`${this.#ms()} ${this.#host(sk)} got ${kind}`);
          this.onMessage(sk, kind, a);
        },
        ended: (sk) => this.heard.push(`${this.#ms()} ${this.#host(sk)} ended`),
        gone: (sk, why) => this.heard.push(`${this.#ms()} ${this.#host(sk)} ${why}`),
        collided: () => this.heard.push(`${this.#ms()} collided`),
      },
      secret: 4711,
      segmentBytes: 1448,
      keepalives: options.keepalive === undefined ? [] : [options.keepalive],
    };
    const settings = { delayMs: 0.025, jitterMs: options.jitterMs ?? 0, loss: options.loss ?? 0 };
    const links = new Links(settings, { dice, queue, kind: 0, kernel: this.kernel, changes: false });
    this.fabric = new Fabric(this.kernel, links, this.places, this.port);
    this.ports = new Ports(dice, 99);
    this.balancer = new NetworkBalancer(
      { ...BALANCER, ...options.balancer },
      { kernel: this.kernel, links, places: this.places, dice, port: this.port, servers: this.targets },
    );
    this.fabric.balancer = this.balancer;
    links.tap = {
      forwarded: () => undefined,
      sent: (packet, place) => this.#note(packet, place),
      arrived: (packet, place) => this.#note(packet, place),
      ended: () => undefined,
    };
  }

  /** Connects from a given local port; gives the socket. */
  connect(port: number, node: number, keepalive = -1, local: number = this.client): number {
    const remote = this.nodes[node] as number;
    const opening = { local, remote, remotePort: this.port, low: port, high: port, stream: 0, user: 0 };
    return tcp.connectFrom(this.kernel, port, { ...opening, keepalive });
  }

  /** connect() of a host whose one port is this; -1: it is not free. */
  dial(port: number, node: number, twReuse: number): number {
    const { client: local, port: remotePort } = this;
    const remote = this.nodes[node] as number;
    const opening = { local, remote, remotePort, low: port, high: port, stream: 0, user: 0, keepalive: -1, twReuse };
    return tcp.connect(this.kernel, this.ports, opening);
  }

  /** Sends a message of so many bytes. */
  send(sk: number, kind: number, bytes: number): void {
    tcp.write(this.kernel, sk, this.kernel.messages.take(kind, 0, 0), bytes);
    tcp.flush(this.kernel, sk);
  }

  /** Lets so much time pass. */
  advance(ms: number): void {
    const end = this.kernel.now + ms * 1e6;
    const { queue } = this.kernel;
    // A marker, so that the queue stops at the right time.
    queue.push(end, 2, 0);
    while (queue.pop()) {
      this.kernel.now = queue.at;
      if (queue.kind === 2) {
        if (queue.at === end) return;
      } else if (queue.kind === 0) this.fabric.arrive(queue.index);
      else if (queue.kind === 3) fireKeep(this.kernel, queue.index, queue.stamp);
      else fireTimer(this.kernel, queue.index, queue.stamp);
    }
  }

  state(sk: number): number {
    return this.kernel.sockets.words[sk * SOCKET_WORDS + S_STATE] as number;
  }

  /** What was seen at a place since packet number `since`. */
  at(place: string, since = 0): Seen[] {
    return this.seen.slice(since).filter((segment) => segment.place === place);
  }

  #note(packet: number, place: number): void {
    const p = packet * P.PACKET_WORDS;
    const rows = this.kernel.packets.rows;
    const word = (at: number): number => rows[p + at] as number;
    this.seen.push({
      at: this.kernel.now / 1e6,
      place: this.places.names[place] as string,
      from: this.#endName(word(P.P_FROM)),
      to: this.#endName(word(P.P_TO)),
      flags: printFlags(word(P.P_FLAGS)),
      seq: word(P.P_SEQ) >>> 0,
      ack: word(P.P_ACK) >>> 0,
      length: word(P.P_LENGTH),
      ttl: word(P.P_TTL_ID) >> 16,
      id: word(P.P_TTL_ID) & 0xffff,
      window: word(P.P_WINDOW),
    });
  }

  #endName(end: number): string {
    return `${this.places.names[placeOf(end)]}:${portOf(end)}`;
  }

  #host(sk: number): string {
    return this.places.names[placeOf(this.kernel.sockets.words[sk * SOCKET_WORDS + S_LOCAL] as number)] as string;
  }

  #ms(): string {
    return (this.kernel.now / 1e6).toFixed(1);
  }
}
