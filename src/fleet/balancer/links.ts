import type { Links as LinkSettings } from "../../scenario/scenario.ts";
import type { Dice } from "../engine/dice.ts";
import type { EventQueue } from "../engine/event-queue.ts";
import type { Kernel } from "../kernel/kernel.ts";
import * as packetLayout from "../kernel/packets.ts";

const { P_HOP, P_SOCKET, P_TTL_ID, PACKET_WORDS } = packetLayout;

/** Sees packets where a capture is taken: as they leave a place, or reach it. */
export interface PacketTap {
  /** A host is about to send a segment; its bytes are still at hand. */
  sent(packet: number, place: number): void;
  /** A packet reached a place, or leaves a box that had got it from elsewhere. */
  arrived(packet: number, place: number): void;
  forwarded(packet: number, place: number): void;
  /** The packet is gone. */
  ended(packet: number): void;
}

/** The wires between neighbours: delay, jitter, loss. Each is crossed with one event. */
export class Links {
  tap: PacketTap | undefined;
  /** Packets lost on the way. */
  lost = 0;
  #delay: number;
  readonly #jitter: number;
  readonly #loss: number;
  readonly #dice: Dice;
  readonly #stream: number;
  readonly #queue: EventQueue;
  readonly #kind: number;
  readonly #kernel: Kernel;
  /** Whether a packet could overtake the one before: then arrival times are remembered. */
  readonly #keepOrder: boolean;

  constructor(settings: LinkSettings, parts: LinkParts) {
    this.#delay = Math.round(settings.delayMs * 1e6);
    this.#jitter = settings.jitterMs * 1e6;
    this.#loss = settings.loss;
    this.#dice = parts.dice;
    this.#stream = parts.dice.stream("links");
    this.#queue = parts.queue;
    this.#kind = parts.kind;
    this.#kernel = parts.kernel;
    this.#keepOrder = settings.jitterMs > 0 || parts.changes;
  }

  /** Every link takes so much longer from now on (nanoseconds). */
  slow(by: number): void {
    this.#delay += Math.round(by);
  }

  /** Sends a packet to its next place. `orders[slot]` is when the one before it arrives there. */
  cross(packet: number, to: number, orders: Float64Array, slot: number): void {
    if (this.#loss > 0 && this.#dice.uniform(this.#stream) < this.#loss) {
      this.lost++;
      this.drop(packet);
      return;
    }
    let at = this.#kernel.now + this.#delay;
    if (this.#jitter > 0) at += Math.floor(this.#dice.uniform(this.#stream) * this.#jitter);
    if (this.#keepOrder && slot >= 0) {
      if (at <= (orders[slot] as number)) at = (orders[slot] as number) + 1;
      orders[slot] = at;
    }
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    rows[p + P_HOP] = to;
    // The router between the two (RFC 791: each decrements).
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#queue.push(at, this.#kind, packet);
  }

  /** The packet is at its end. */
  drop(packet: number): void {
    if (this.tap !== undefined) this.tap.ended(packet);
    const socket = this.#kernel.packets.rows[packet * PACKET_WORDS + P_SOCKET] as number;
    this.#kernel.packets.release(packet);
    if (socket >= 0) this.#kernel.sockets.unref(socket);
  }
}

export interface LinkParts {
  readonly dice: Dice;
  readonly queue: EventQueue;
  /** The kind of arrivals in the queue; index is the packet. */
  readonly kind: number;
  readonly kernel: Kernel;
  /** Whether the story changes the delay. */
  readonly changes: boolean;
}
