/** Packets become bytes here and nowhere else: a pcap for every tapped place, in order of time, checksums right. */
import { PcapWriter } from "../../capture/write-pcap.ts";
import { seqDiff } from "../../net/sequence.ts";
import type { MessageBytes } from "../app/message-bytes.ts";
import type { PacketTap } from "../balancer/links.ts";
import type { Places } from "../balancer/places.ts";
import { placeOf, portOf } from "../engine/endpoint.ts";
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
  P_LENGTH,
  P_OPTIONS,
  P_SEQ,
  P_SOCKET,
  P_TO,
  P_TS,
  P_TTL_ID,
  P_WINDOW,
  PACKET_WORDS,
} from "../kernel/packets.ts";
import { SegmentRecords } from "./segment-record.ts";
import type { Taps } from "./taps.ts";

export class PacketCapture implements PacketTap {
  readonly taken: Uint8Array;
  readonly #kernel: Kernel;
  readonly #places: Places;
  readonly #bytes: MessageBytes;
  readonly #hand: Taps["write"];
  readonly #records: SegmentRecords;
  /** What each tapped place has gathered, by place. */
  readonly #gathered: (Gathered | undefined)[] = [];
  /** Payloads of packets in flight. A segment's bytes are made when it is sent: its sender has them all then. */
  readonly #payloads: Map<number, Uint8Array> = new Map();
  /** The message that was encoded last: large ones are sent in many segments. */
  #encoded: { message: number; end: number; bytes: Uint8Array } | undefined;

  constructor(parts: CaptureParts) {
    this.#kernel = parts.kernel;
    this.#places = parts.places;
    this.#bytes = parts.bytes;
    this.#hand = parts.write;
    this.#records = new SegmentRecords(parts.places.addresses, parts.epoch);
    this.taken = Uint8Array.from(parts.places.names, (name) => (parts.at(name) ? 1 : 0));
    for (const [place, taken] of this.taken.entries()) {
      if (taken === 0) continue;
      const bytes = new Uint8Array(CHUNK);
      const header = new PcapWriter(ETHERNET).header();
      bytes.set(header);
      this.#gathered[place] = { bytes, view: new DataView(bytes.buffer), used: header.length };
    }
  }

  sent(packet: number, place: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const length = rows[p + P_LENGTH] as number;
    if (length > 0 && this.#mayBeSeen(place, placeOf(rows[p + P_TO] as number))) {
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

  /** Hands over what is left. */
  end(): void {
    for (const place of this.taken.keys()) this.#flush(place);
  }

  #write(packet: number, place: number, sender: number): void {
    const gathered = this.#gathered[place];
    if (gathered === undefined) return;
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const word = (at: number): number => rows[p + at] as number;
    const payload = this.#payloads.get(packet) ?? NOTHING;
    if (gathered.used + SegmentRecords.OVERHEAD + payload.length > CHUNK) this.#flush(place);
    const bits = word(P_OPTIONS);
    gathered.used = this.#records.write(gathered.bytes, gathered.view, gathered.used, {
      timeNs: this.#kernel.now,
      from: placeOf(word(P_FROM)),
      to: placeOf(word(P_TO)),
      fromPort: portOf(word(P_FROM)),
      toPort: portOf(word(P_TO)),
      seq: word(P_SEQ),
      ack: word(P_ACK),
      flags: word(P_FLAGS),
      window: word(P_WINDOW),
      ttl: word(P_TTL_ID) >> 16,
      ipId: word(P_TTL_ID) & 0xffff,
      options: (bits & O_TIMESTAMP) === 0 ? "none" : (bits & O_SYN) === 0 ? "timestamp" : "syn",
      timestamp: word(P_TS),
      echo: word(P_ECHO),
      mss: this.#kernel.segmentBytes + 12,
      fromMac: sender + 1,
      toMac: (sender === ROUTER ? place : ROUTER) + 1,
      payload,
    });
  }

  #flush(place: number): void {
    const gathered = this.#gathered[place];
    if (gathered === undefined || gathered.used === 0) return;
    this.#hand(`${this.#places.names[place]}.pcap`, gathered.bytes.slice(0, gathered.used));
    gathered.used = 0;
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
}

export interface CaptureParts {
  readonly kernel: Kernel;
  readonly places: Places;
  readonly bytes: MessageBytes;
  readonly write: Taps["write"];
  readonly epoch: bigint;
  readonly at: (place: string) => boolean;
}

const ROUTER = -1;

const ETHERNET = 1;
const CHUNK = 65_536;
const NOTHING: Uint8Array = new Uint8Array(0);

interface Gathered {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used: number;
}
