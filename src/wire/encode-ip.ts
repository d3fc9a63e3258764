import { parseAddress } from "../net/parse-address.ts";
import { internetChecksum, sumWords } from "./checksum.ts";

/** What an IP packet is made of; addresses as text, both of one version. */
export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** TTL or hop limit; 64 unless told. */
  readonly ttl?: number | undefined;
  /** IPv4 identification; 0 unless told. */
  readonly id?: number | undefined;
  /** IPv4: don't fragment; set unless told. */
  readonly dontFragment?: boolean | undefined;
  /** IPv4: more fragments follow. */
  readonly moreFragments?: boolean | undefined;
  /** IPv4: offset of a fragment in bytes, a multiple of 8. */
  readonly fragmentOffset?: number | undefined;
}

/** Encodes an IPv4 (RFC 791) or IPv6 (RFC 8200) packet without options, as the addresses say. */
export function encodeIp(packet: IpPacket): Uint8Array {
  const source = parseAddress(packet.source);
  const destination = parseAddress(packet.destination);
  if (source.length !== destination.length) throw new RangeError("addresses of two IP versions in one packet");
  return source.length === 4 ? encodeIpv4(packet, source, destination) : encodeIpv6(packet, source, destination);
}

/** The sum over the pseudo-header that TCP, UDP and ICMPv6 checksums start with (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoHeaderSum(packet: Omit<IpPacket, "payload">, length: number): number {
  const source = parseAddress(packet.source);
  const destination = parseAddress(packet.destination);
  let sum = sumWords(source, 0, source.length);
  sum = sumWords(destination, 0, destination.length, sum);
  return sum + packet.protocol + (length >>> 16) + (length & 0xffff);
}

function encodeIpv4(packet: IpPacket, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const { payload } = packet;
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  view.setUint16(4, packet.id ?? 0);
  const offset = packet.fragmentOffset ?? 0;
  const more = packet.moreFragments === true;
  const keep = packet.dontFragment ?? (offset === 0 && !more);
  view.setUint16(6, (keep ? 0x4000 : 0) | (more ? 0x2000 : 0) | (offset >> 3));
  view.setUint8(8, packet.ttl ?? 64);
  view.setUint8(9, packet.protocol);
  bytes.set(source, 12);
  bytes.set(destination, 16);
  view.setUint16(10, internetChecksum(bytes, 0, 20));
  bytes.set(payload, 20);
  return bytes;
}

function encodeIpv6(packet: IpPacket, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const { payload } = packet;
  const bytes = new Uint8Array(40 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x60000000);
  view.setUint16(4, payload.length);
  view.setUint8(6, packet.protocol);
  view.setUint8(7, packet.ttl ?? 64);
  bytes.set(source, 8);
  bytes.set(destination, 24);
  bytes.set(payload, 40);
  return bytes;
}
