import { parseAddress } from "../../net/parse-address.ts";

/**
 * Writes a captured segment, with its pcap record header (nanoseconds, little-endian), straight into a buffer: Ethernet, IP, TCP, options,
 * payload, checksums. Captures of a fleet are made of millions of segments; a test holds it to the bytes of `encodeTcp`.
 */
export class SegmentRecords {
  readonly #addresses: readonly Uint8Array[];
  readonly #epochSeconds: number;
  readonly #epochNanos: number;

  /** Addresses of the places; the wall clock at the simulation's beginning, nanoseconds since 1970. */
  constructor(addresses: readonly string[], epoch: bigint) {
    this.#addresses = addresses.map(parseAddress);
    this.#epochSeconds = Number(epoch / 1_000_000_000n);
    this.#epochNanos = Number(epoch % 1_000_000_000n);
  }

  /** Bytes that a segment takes at most, its payload aside. */
  static readonly OVERHEAD: number = 16 + 14 + 40 + 60;

  /** Writes at `at`; gives the offset behind it. */
  write(into: Uint8Array, view: DataView, at: number, segment: SegmentToWrite): number {
    const from = this.#addresses[segment.from] as Uint8Array;
    const to = this.#addresses[segment.to] as Uint8Array;
    const v6 = from.length === 16;
    const { payload, options } = segment;
    const optionBytes = options === "none" ? 0 : options === "timestamp" ? 12 : 20;
    const tcpLength = 20 + optionBytes + payload.length;
    const ipHeader = v6 ? 40 : 20;
    const length = 14 + ipHeader + tcpLength;
    const nanos = segment.timeNs + this.#epochNanos;
    view.setUint32(at, this.#epochSeconds + Math.floor(nanos / 1e9), true);
    view.setUint32(at + 4, nanos % 1e9, true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, length, true);
    const link = at + 16;
    writeMac(into, link, segment.toMac);
    writeMac(into, link + 6, segment.fromMac);
    view.setUint16(link + 12, v6 ? 0x86dd : 0x0800);
    const ip = link + 14;
    if (v6) {
      view.setUint32(ip, 0x60000000);
      view.setUint16(ip + 4, tcpLength);
      into[ip + 6] = 6;
      into[ip + 7] = segment.ttl;
      into.set(from, ip + 8);
      into.set(to, ip + 24);
    } else {
      view.setUint16(ip, 0x4500);
      view.setUint16(ip + 2, 20 + tcpLength);
      view.setUint16(ip + 4, segment.ipId);
      view.setUint16(ip + 6, 0x4000);
      into[ip + 8] = segment.ttl;
      into[ip + 9] = 6;
      view.setUint16(ip + 10, 0);
      into.set(from, ip + 12);
      into.set(to, ip + 16);
      view.setUint16(ip + 10, ~fold(sum(view, ip, ip + 20)) & 0xffff);
    }
    const tcp = ip + ipHeader;
    view.setUint16(tcp, segment.fromPort);
    view.setUint16(tcp + 2, segment.toPort);
    view.setUint32(tcp + 4, segment.seq);
    view.setUint32(tcp + 8, segment.ack);
    view.setUint16(tcp + 12, (((20 + optionBytes) / 4) << 12) | segment.flags);
    view.setUint16(tcp + 14, segment.window);
    view.setUint32(tcp + 16, 0);
    writeOptions(view, tcp + 20, segment);
    into.set(payload, tcp + 20 + optionBytes);
    const end = tcp + tcpLength;
    // The pseudo-header: both addresses, the protocol, the length (RFC 9293 §3.1).
    const addresses = v6 ? sum(view, ip + 8, ip + 40) : sum(view, ip + 12, ip + 20);
    view.setUint16(tcp + 16, ~fold(addresses + 6 + tcpLength + sum(view, tcp, end)) & 0xffff);
    return end;
  }
}

export interface SegmentToWrite {
  readonly timeNs: number;
  /** Places. */
  readonly from: number;
  readonly to: number;
  readonly fromPort: number;
  readonly toPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly ttl: number;
  readonly ipId: number;
  readonly options: "none" | "timestamp" | "syn";
  readonly timestamp: number;
  readonly echo: number;
  readonly mss: number;
  readonly fromMac: number;
  readonly toMac: number;
  readonly payload: Uint8Array;
}

/** Locally administered (IEEE 802): 02:00:00:00 and a number. */
function writeMac(into: Uint8Array, at: number, number: number): void {
  into[at] = 2;
  into[at + 1] = 0;
  into[at + 2] = 0;
  into[at + 3] = 0;
  into[at + 4] = (number >> 8) & 255;
  into[at + 5] = number & 255;
}

/** In the order of `encodeTcp`: MSS, timestamps, window scale 7, with NOPs for alignment. */
function writeOptions(view: DataView, at: number, { options, timestamp, echo, mss }: SegmentToWrite): void {
  if (options === "none") return;
  let next = at;
  if (options === "syn") {
    view.setUint32(next, 0x02040000 | mss);
    next += 4;
  }
  view.setUint32(next, 0x0101080a);
  view.setUint32(next + 4, timestamp);
  view.setUint32(next + 8, echo);
  if (options === "syn") view.setUint32(next + 12, 0x01030307);
}

/** Sum of 16-bit words; an odd byte counts as the upper half. Segments are far too short for it to overflow. */
function sum(view: DataView, from: number, end: number): number {
  let total = 0;
  let i = from;
  for (; i + 1 < end; i += 2) total += view.getUint16(i);
  return i < end ? total + (view.getUint8(i) << 8) : total;
}

function fold(total: number): number {
  let left = total;
  while (left > 0xffff) left = (left & 0xffff) + Math.floor(left / 0x10000);
  return left;
}
