import type { Endpoint } from "../net/endpoint.ts";
import { ACK } from "../net/tcp-flags.ts";
import { internetChecksum } from "./checksum.ts";
import { encodeIp, pseudoHeaderSum } from "./encode-ip.ts";

/** Link layers that packets are built for. */
export type EncodedLink = "ethernet" | "sll2" | "raw";

/** The pcap link types of `EncodedLink`. */
export const ENCODED_LINK_TYPES: Readonly<Record<EncodedLink, number>> = { ethernet: 1, sll2: 276, raw: 101 };

/** TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018), written in this order with NOPs for alignment. */
export interface TcpOptions {
  readonly mss?: number;
  readonly sackPermitted?: boolean;
  readonly timestamp?: { readonly value: number; readonly echo: number };
  readonly windowScale?: number;
  readonly sack?: ReadonlyArray<readonly [left: number, right: number]>;
}

export interface TcpPacket {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly seq: number;
  /** 0 unless told. */
  readonly ack?: number;
  /** Flags as in net/tcp-flags.ts; ACK unless told. */
  readonly flags?: number;
  /** Window field as it stands in the header; 65535 unless told. */
  readonly window?: number;
  readonly options?: TcpOptions;
  readonly payload?: Uint8Array;
  readonly ttl?: number;
  readonly ipId?: number;
  /** Ethernet unless told. */
  readonly link?: EncodedLink;
  readonly sourceMac?: Uint8Array;
  readonly destinationMac?: Uint8Array;
}

/** Builds a whole packet: link layer, IP, TCP with options and payload, all checksums right. */
export function encodeTcp(packet: TcpPacket): Uint8Array {
  return encodeLink(encodeTcpIp(packet), packet);
}

/** An IP packet with a TCP segment, without a link layer. */
export function encodeTcpIp(packet: TcpPacket): Uint8Array {
  const ip = { source: packet.from.address, destination: packet.to.address, protocol: 6 };
  const payload = encodeSegment(packet);
  const view = new DataView(payload.buffer);
  view.setUint16(16, internetChecksum(payload, 0, payload.length, pseudoHeaderSum(ip, payload.length)));
  return encodeIp({ ...ip, payload, ttl: packet.ttl, id: packet.ipId });
}

/** An ICMP error (RFC 792, RFC 4443) that quotes the start of an IP packet. */
export interface IcmpErrorPacket {
  /** The address of whoever complains. */
  readonly from: string;
  readonly to: string;
  readonly type: number;
  readonly code: number;
  /** The IP packet complained about, from its first byte. */
  readonly quoted: Uint8Array;
  /** Bytes of it that are quoted; by default IP header and 8 bytes, for IPv6 as much as fits 1280. */
  readonly quotedLength?: number;
  /** The 4 bytes behind the checksum: next-hop MTU and the like; 0 unless told. */
  readonly rest?: number;
  readonly ttl?: number;
  readonly link?: EncodedLink;
}

/** Builds a whole packet with an ICMP or ICMPv6 error, as the version of its addresses says. */
export function encodeIcmpError(packet: IcmpErrorPacket): Uint8Array {
  const v6 = packet.from.includes(":");
  const version = (packet.quoted[0] ?? 0) >> 4;
  if (version !== (v6 ? 6 : 4)) throw new RangeError("an ICMP error quotes a packet of its own IP version");
  const header = ((packet.quoted[0] ?? 0) & 0x0f) * 4;
  const length = packet.quotedLength ?? (v6 ? 1232 : header + 8);
  const quoted = packet.quoted.subarray(0, length);
  const payload = new Uint8Array(8 + quoted.length);
  const view = new DataView(payload.buffer);
  view.setUint8(0, packet.type);
  view.setUint8(1, packet.code);
  view.setUint32(4, packet.rest ?? 0);
  payload.set(quoted, 8);
  const ip = { source: packet.from, destination: packet.to, protocol: v6 ? 58 : 1 };
  const start = v6 ? pseudoHeaderSum(ip, payload.length) : 0;
  view.setUint16(2, internetChecksum(payload, 0, payload.length, start));
  return encodeLink(encodeIp({ ...ip, payload, ttl: packet.ttl }), packet);
}

/** What `encodeLink` looks at. */
export interface LinkChoice {
  readonly link?: EncodedLink;
  readonly sourceMac?: Uint8Array;
  readonly destinationMac?: Uint8Array;
}

/** Puts a link layer in front of an IP packet. */
export function encodeLink(ip: Uint8Array, choice: LinkChoice): Uint8Array {
  const type = (ip[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800;
  switch (choice.link ?? "ethernet") {
    case "raw":
      return ip;
    case "ethernet": {
      const bytes = new Uint8Array(14 + ip.length);
      bytes.set(choice.destinationMac ?? DESTINATION_MAC, 0);
      bytes.set(choice.sourceMac ?? SOURCE_MAC, 6);
      new DataView(bytes.buffer).setUint16(12, type);
      bytes.set(ip, 14);
      return bytes;
    }
    case "sll2": {
      const bytes = new Uint8Array(20 + ip.length);
      const view = new DataView(bytes.buffer);
      view.setUint16(0, type);
      view.setUint32(4, 1);
      view.setUint16(8, 1);
      view.setUint8(11, 6);
      bytes.set(choice.sourceMac ?? SOURCE_MAC, 12);
      bytes.set(ip, 20);
      return bytes;
    }
  }
}

/** Locally administered addresses (IEEE 802 §8.2): never those of a real card. */
const SOURCE_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 1);
const DESTINATION_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 2);

function encodeSegment(packet: TcpPacket): Uint8Array {
  const options = encodeOptions(packet.options ?? {});
  const payload = packet.payload ?? new Uint8Array(0);
  const header = 20 + options.length;
  if (header > 60) throw new RangeError("TCP options take at most 40 bytes");
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.from.port);
  view.setUint16(2, packet.to.port);
  view.setUint32(4, packet.seq);
  view.setUint32(8, packet.ack ?? 0);
  view.setUint16(12, ((header / 4) << 12) | ((packet.flags ?? ACK) & 0x0fff));
  view.setUint16(14, packet.window ?? 65_535);
  bytes.set(options, 20);
  bytes.set(payload, header);
  return bytes;
}

const NOP = 1;

function encodeOptions(options: TcpOptions): Uint8Array {
  const bytes: number[] = [];
  if (options.mss !== undefined) bytes.push(2, 4, ...big(options.mss, 2));
  if (options.sackPermitted === true) bytes.push(4, 2);
  if (options.timestamp !== undefined) {
    if (options.sackPermitted !== true) bytes.push(NOP, NOP);
    bytes.push(8, 10, ...big(options.timestamp.value, 4), ...big(options.timestamp.echo, 4));
  }
  if (options.windowScale !== undefined) bytes.push(NOP, 3, 3, options.windowScale);
  const sack = options.sack ?? [];
  if (sack.length > 0) bytes.push(NOP, NOP, 5, 2 + 8 * sack.length);
  for (const [left, right] of sack) bytes.push(...big(left, 4), ...big(right, 4));
  while (bytes.length % 4 !== 0) bytes.push(NOP);
  return Uint8Array.from(bytes);
}

/** The `width` lowest bytes of a number, highest first. */
function big(value: number, width: 2 | 4): number[] {
  const low = [(value >>> 8) & 255, value & 255];
  return width === 2 ? low : [(value >>> 24) & 255, (value >>> 16) & 255, ...low];
}
