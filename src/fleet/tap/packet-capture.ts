/** Packets become bytes here and nowhere else: a pcap for every tapped place, in order of time, checksums right. */
import { PcapWriter } from "../../capture/write-pcap.ts";
import { seqDiff } from "../../net/sequence.ts";
import { encodeTcp, type TcpOptions } from "../../wire/encode.ts";
import type { MessageBytes } from "../app/message-bytes.ts";
import type { PacketTap } from "../balancer/links.ts";
import type { Places } from "../balancer/places.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { S_HEAD, SOCKET_WORDS } from "../kernel/layout.ts";
import { M_A, M_B, M_END, M_KIND, M_NEXT, M_SIZE, MESSAGE_WORDS } from "../kernel/messages.ts";
import {
  O_SYN,
  O_TIMESTAMP,
  P_ACK,
  P_ECHO,
  P_FLAGS,
  P_FROM,
  P_FROM_PORT,
  P_LENGTH,
  P_OPTIONS,
  P_SEQ,
  P_SOCKET,
  P_TO,
  P_TO_PORT,
  P_TS,
  P_TTL_ID,
  P_WINDOW,
  PACKET_WORDS,
} from "../kernel/packets.ts";
import type { Chunks } from "./taps.ts";

export class PacketCapture implements PacketTap {
  readonly taken: Uint8Array;
  readonly #kernel: Kernel;
  readonly #places: Places;
  readonly #bytes: MessageBytes;
  readonly #chunks: Chunks;
  readonly #epoch: bigint;
  readonly #writer: PcapWriter = new PcapWriter(1);
  /** Payloads of packets in flight. A segment's bytes are made when it is sent: its sender has them all then. */
  readonly #payloads: Map<number, Uint8Array> = new Map();
  /** The message that was encoded last: large ones are sent in many segments. */
  #encoded: { message: number; end: number; bytes: Uint8Array } | undefined;

  constructor(parts: CaptureParts) {
    this.#kernel = parts.kernel;
    this.#places = parts.places;
    this.#bytes = parts.bytes;
    this.#chunks = parts.chunks;
    this.#epoch = parts.epoch;
    this.taken = Uint8Array.from(parts.places.names, (name) => (parts.at(name) ? 1 : 0));
    for (const [place, taken] of this.taken.entries()) if (taken === 1) this.#add(place, this.#writer.header());
  }

  sent(packet: number, place: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const length = rows[p + P_LENGTH] as number;
    if (length > 0 && this.#mayBeSeen(place, rows[p + P_TO] as number)) {
      this.#payloads.set(packet, this.#payload(rows[p + P_SOCKET] as number, rows[p + P_SEQ] as number, length));
    }
    if (this.taken[place] === 1) this.#write(packet, place, place);
  }

  arrived(packet: number, place: number): void {
    if (this.taken[place] === 1) this.#write(packet, place, ROUTER);
  }

  forwarded(packet: number, place: number): void {
    if (this.taken[place] === 1) this.#write(packet, place, place);
  }

  ended(packet: number): void {
    this.#payloads.delete(packet);
  }

  /** Where neither end nor anything between is tapped, no bytes are needed. */
  #mayBeSeen(place: number, to: number): boolean {
    if (this.taken[place] === 1 || this.taken[to] === 1) return true;
    const kind = this.#places.kinds[to];
    // Behind a box there may be anybody.
    return (
      kind === "node" ||
      kind === "nat" ||
      (this.#places.behind[place] as number) >= 0 ||
      this.#places.kinds[place] === "server"
    );
  }

  #write(packet: number, place: number, sender: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const word = (at: number): number => rows[p + at] as number;
    const flags = word(P_FLAGS);
    const payload = word(P_LENGTH) > 0 ? this.#payloads.get(packet) : undefined;
    const bytes = encodeTcp({
      from: { address: this.#places.addresses[word(P_FROM)] as string, port: word(P_FROM_PORT) },
      to: { address: this.#places.addresses[word(P_TO)] as string, port: word(P_TO_PORT) },
      seq: word(P_SEQ) >>> 0,
      ack: word(P_ACK) >>> 0,
      flags,
      window: word(P_WINDOW),
      options: optionsOf(word(P_OPTIONS), word(P_TS), word(P_ECHO), this.#kernel.segmentBytes + 12),
      payload: payload ?? new Uint8Array(word(P_LENGTH)),
      ttl: word(P_TTL_ID) >> 16,
      ipId: word(P_TTL_ID) & 0xffff,
      sourceMac: macOf(sender),
      destinationMac: macOf(sender === ROUTER ? place : ROUTER),
    });
    this.#add(place, this.#writer.record(this.#epoch + BigInt(Math.round(this.#kernel.now)), bytes));
  }

  /** The bytes of a stream from `seq` on. */
  #payload(socket: number, seq: number, length: number): Uint8Array {
    const payload = new Uint8Array(length);
    const rows = this.#kernel.messages.rows;
    for (let message = this.#kernel.sockets.words[socket * SOCKET_WORDS + S_HEAD] as number; message >= 0; ) {
      const m = message * MESSAGE_WORDS;
      const end = rows[m + M_END] as number;
      const from = seqDiff(end, seq) - (rows[m + M_SIZE] as number);
      if (from >= length) break;
      if (seqDiff(end, seq) > 0) {
        const bytes = this.#encode(message, end);
        const skip = Math.max(0, -from);
        payload.set(bytes.subarray(skip, skip + length - Math.max(0, from)), Math.max(0, from));
      }
      message = rows[m + M_NEXT] as number;
    }
    return payload;
  }

  #encode(message: number, end: number): Uint8Array {
    if (this.#encoded?.message === message && this.#encoded.end === end) return this.#encoded.bytes;
    const m = message * MESSAGE_WORDS;
    const rows = this.#kernel.messages.rows;
    const bytes = this.#bytes.bytes(rows[m + M_KIND] as number, rows[m + M_A] as number, rows[m + M_B] as number);
    this.#encoded = { message, end, bytes };
    return bytes;
  }

  #add(place: number, bytes: Uint8Array): void {
    this.#chunks.add(`${this.#places.names[place]}.pcap`, bytes);
  }
}

export interface CaptureParts {
  readonly kernel: Kernel;
  readonly places: Places;
  readonly bytes: MessageBytes;
  readonly chunks: Chunks;
  readonly epoch: bigint;
  readonly at: (place: string) => boolean;
}

const ROUTER = -1;

/** Locally administered: one for each place, one for all routers. */
const macOf = (place: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, ((place + 1) >> 8) & 255, (place + 1) & 255);

function optionsOf(bits: number, value: number, echo: number, mss: number): TcpOptions {
  if ((bits & O_TIMESTAMP) === 0) return {};
  const timestamp = { value: value >>> 0, echo: echo >>> 0 };
  return (bits & O_SYN) !== 0 ? { mss, timestamp, windowScale: 7 } : { timestamp };
}
