import { encodeIcmpError, encodeLink, encodeTcpIp } from "../../src/wire/encode.ts";
import type { TraceIcmp, TraceLink, TraceSection, TraceSegment } from "./trace-packets.ts";

/** The pcap link types of the notation's links (https://www.tcpdump.org/linktypes.html). */
const LINK_TYPES: Readonly<Record<TraceLink, number>> = {
  ethernet: 1,
  vlan: 1,
  null: 0,
  raw: 101,
  sll: 113,
  sll2: 276,
};
/** Time 0 of every trace: 2026-01-01T00:00:00Z, in nanoseconds. */
export const TRACE_EPOCH = 1_767_225_600_000_000_000n;

/** The bytes of a pcap file (nanosecond resolution) with the packets of a section. */
export function captureOf(section: TraceSection): Uint8Array {
  const records = section.packets.map((packet) => recordOf(packet, section));
  const bytes = new Uint8Array(24 + records.reduce((sum, r) => sum + r.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b23c4d);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, section.snap === 0 ? 262_144 : section.snap);
  view.setUint32(20, LINK_TYPES[section.link]);
  let at = 24;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

function recordOf(packet: TraceSegment | TraceIcmp, { link, snap }: TraceSection): Uint8Array {
  const frame = withLink(packet.kind === "tcp" ? segmentBytes(packet) : icmpBytes(packet), link, packet.mac);
  const kept = snap === 0 ? frame.length : Math.min(snap, frame.length);
  const bytes = new Uint8Array(16 + kept);
  const view = new DataView(bytes.buffer);
  const time = TRACE_EPOCH + BigInt(packet.time);
  view.setUint32(0, Number(time / 1_000_000_000n));
  view.setUint32(4, Number(time % 1_000_000_000n));
  view.setUint32(8, kept);
  view.setUint32(12, frame.length);
  bytes.set(frame.subarray(0, kept), 16);
  return bytes;
}

function segmentBytes(packet: TraceSegment): Uint8Array {
  const { from, to, seq, ack, flags, window, options, payload, ttl, ipId } = packet;
  return encodeTcpIp({ from, to, seq, ack, flags, window, options, payload, ttl, ipId });
}

function icmpBytes(packet: TraceIcmp): Uint8Array {
  const { from, quoted, type, code, ttl } = packet;
  const bytes = segmentBytes(quoted);
  return encodeIcmpError({ from: from.address, to: quoted.from.address, type, code, quoted: bytes, ttl, link: "raw" });
}

/** Puts a link layer in front of an IP packet, as `link` says. */
function withLink(ip: Uint8Array, link: TraceLink, mac: string): Uint8Array {
  const sourceMac = Uint8Array.from(mac.split(":").map((byte) => Number.parseInt(byte, 16)));
  const v6 = (ip[0] ?? 0) >> 4 === 6;
  switch (link) {
    case "ethernet":
    case "raw":
    case "sll2":
      return encodeLink(ip, { link, sourceMac });
    case "null":
      // Address family in the byte order of the capturing host: AF_INET 2, AF_INET6 30 (BSD).
      return Uint8Array.from([0, 0, 0, v6 ? 30 : 2, ...ip]);
    case "sll":
      // Packet type 0, ARPHRD_ETHER 1, address length 6, address padded to 8, protocol.
      return Uint8Array.from([0, 0, 0, 1, 0, 6, ...sourceMac, 0, 0, ...etherType(v6), ...ip]);
    case "vlan": {
      const frame = encodeLink(ip, { link: "ethernet", sourceMac });
      return Uint8Array.from([...frame.subarray(0, 12), 0x81, 0x00, 0x00, 0x2a, ...frame.subarray(12)]);
    }
  }
}

const etherType = (v6: boolean): number[] => (v6 ? [0x86, 0xdd] : [0x08, 0x00]);
