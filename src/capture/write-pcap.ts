import type { Instant } from "../net/time.ts";

/** Magic number of pcap with nanoseconds (draft-ietf-opsawg-pcap §4). */
const MAGIC_NANOSECONDS = 0xa1b23c4d;

/** Encodes a pcap file piece by piece: little-endian, nanoseconds. Pure: it gives bytes, writing is the caller's. */
export class PcapWriter {
  readonly #linkType: number;
  readonly #snapLength: number;

  /** `snapLength` bytes are kept of each packet; 262144 unless told. */
  constructor(linkType: number, snapLength = 262_144) {
    this.#linkType = linkType;
    this.#snapLength = snapLength;
  }

  /** The file header, which goes first. */
  header(): Uint8Array {
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC_NANOSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, this.#snapLength, true);
    view.setUint32(20, this.#linkType, true);
    return bytes;
  }

  /** One packet, captured at `time`; `wireLength` when it was longer on the wire than `packet`. */
  record(time: Instant, packet: Uint8Array, wireLength: number = packet.length): Uint8Array {
    const captured = Math.min(packet.length, this.#snapLength);
    const bytes = new Uint8Array(16 + captured);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, Number(time / 1_000_000_000n), true);
    view.setUint32(4, Number(time % 1_000_000_000n), true);
    view.setUint32(8, captured, true);
    view.setUint32(12, wireLength, true);
    bytes.set(packet.subarray(0, captured), 16);
    return bytes;
  }

  /** A whole file. */
  static file(
    linkType: number,
    packets: ReadonlyArray<{ readonly time: Instant; readonly packet: Uint8Array }>,
    snapLength?: number,
  ): Uint8Array {
    const writer = new PcapWriter(linkType, snapLength);
    const parts = [writer.header(), ...packets.map(({ time, packet }) => writer.record(time, packet))];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
