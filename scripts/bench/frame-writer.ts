/**
 * Writes TCP segments into a pcap file as fast as the disk takes them: one large buffer, no object per packet.
 *
 * Whoever writes sets the fields of the segment about to be written and calls `emit`. Checksums are right (payloads
 * come from a pool whose running sums are known), so no reader has a reason to doubt a packet.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { dice } from "../lib/random.ts";

const BUFFER = 4 << 20;
const LARGEST_RECORD = 2048;
const POOL = 1 << 20;
const RECORD_HEADER = 16;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const PROTOCOL_TCP = 6;
const SYN = 0x02;
/** First byte and version of a TLS 1.2 application-data record (RFC 5246 §6.2.1). */
const TLS_RECORD = 0x1703;

export class FrameWriter {
  /** Microseconds since the capture's first instant. */
  time = 0;
  /** Number of the client and of the server host; they become addresses in 10.0.0.0/8 or fd00::/8. */
  client = 0;
  server = 0;
  clientPort = 0;
  serverPort = 443;
  /** True for a segment from the client. */
  fromClient = true;
  seq = 0;
  ack = 0;
  flags = 0;
  /** RFC 7323 timestamps: the sender's clock, and the echo. */
  tsValue = 0;
  tsEcho = 0;
  payload = 0;
  /** Edges of one SACK block (RFC 2018 §3); none when equal. */
  sackLeft = 0;
  sackRight = 0;

  packets = 0;
  bytes = 0;

  readonly #fd: number;
  readonly #ipVersion: 4 | 6;
  readonly #vlan: boolean;
  readonly #buffer: Uint8Array = new Uint8Array(BUFFER);
  readonly #view: DataView = new DataView(this.#buffer.buffer);
  readonly #pool: Uint8Array = new Uint8Array(POOL);
  /** Sum of the pool's 16-bit words before each word. */
  readonly #sums: Float64Array = new Float64Array(POOL / 2 + 1);
  #position = 0;
  #poolAt = 0;
  #ipId = 1;

  constructor(path: string, options: { readonly ipVersion: 4 | 6; readonly vlan: boolean }) {
    this.#fd = openSync(path, "w");
    this.#ipVersion = options.ipVersion;
    this.#vlan = options.vlan;
    const { next } = dice(7);
    for (let i = 0; i < POOL; i++) this.#pool[i] = next();
    let sum = 0;
    for (let i = 0; i < POOL; i += 2) {
      this.#sums[i / 2] = sum;
      sum += ((this.#pool[i] as number) << 8) | (this.#pool[i + 1] as number);
    }
    this.#sums[POOL / 2] = sum;
    this.#fileHeader();
  }

  /** Writes the segment that the fields describe. */
  emit(): void {
    if (this.#position > BUFFER - LARGEST_RECORD) this.#flush();
    const view = this.#view;
    const start = this.#position;
    const link = start + RECORD_HEADER;
    const ip = this.#linkHeader(link);
    const tcp = ip + (this.#ipVersion === 4 ? 20 : 40);
    const header = this.#tcpHeaderLength();
    const end = tcp + header + this.payload;
    const addresses = this.#ipHeader(ip, header + this.payload);
    let sum = addresses + PROTOCOL_TCP + header + this.payload;
    sum += this.#tcpHeader(tcp, header);
    if (this.payload > 0) sum += this.#payload(tcp + header);
    view.setUint16(tcp + 16, fold(sum));

    view.setUint32(start, 1_767_600_000 + Math.floor(this.time / 1e6), true);
    view.setUint32(start + 4, this.time % 1e6, true);
    view.setUint32(start + 8, end - link, true);
    view.setUint32(start + 12, end - link, true);
    this.#position = end;
    this.packets++;
    this.bytes += end - start;
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    for (let done = 0; done < this.#position; ) {
      done += writeSync(this.#fd, this.#buffer, done, this.#position - done);
    }
    this.#position = 0;
  }

  #fileHeader(): void {
    const view = this.#view;
    view.setUint32(0, 0xa1b2c3d4, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, 262_144, true);
    view.setUint32(20, 1, true);
    this.#position = 24;
    this.bytes = 24;
  }

  /** Returns where the IP header starts. */
  #linkHeader(at: number): number {
    const view = this.#view;
    const [to, from] = this.fromClient ? [2, 1] : [1, 2];
    view.setUint16(at, 0x0200);
    view.setUint32(at + 2, to);
    view.setUint16(at + 6, 0x0200);
    view.setUint32(at + 8, from);
    let type = at + 12;
    if (this.#vlan) {
      view.setUint16(type, ETHERTYPE_VLAN);
      view.setUint16(type + 2, 101);
      type += 4;
    }
    view.setUint16(type, this.#ipVersion === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    return type + 2;
  }

  /** Returns the sum of the address words, for the pseudo-header. */
  #ipHeader(at: number, length: number): number {
    const client = 0x0a000000 + this.client;
    const server = 0x0aff0000 + this.server;
    const source = this.fromClient ? client : server;
    const target = this.fromClient ? server : client;
    const view = this.#view;
    const ttl = this.fromClient ? 64 : 57;
    const words = (source >>> 16) + (source & 0xffff) + (target >>> 16) + (target & 0xffff);
    if (this.#ipVersion === 6) {
      view.setUint32(at, 0x60000000);
      view.setUint32(at + 4, (length << 16) | (PROTOCOL_TCP << 8) | ttl);
      for (let side = 0; side < 2; side++) {
        const address = at + 8 + 16 * side;
        view.setUint32(address, 0xfd000000);
        view.setUint32(address + 4, 0);
        view.setUint32(address + 8, 0);
        view.setUint32(address + 12, side === 0 ? source : target);
      }
      return words + 2 * 0xfd00;
    }
    const id = this.#ipId++ & 0xffff;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, 20 + length);
    view.setUint16(at + 4, id);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, (ttl << 8) | PROTOCOL_TCP);
    view.setUint32(at + 12, source);
    view.setUint32(at + 16, target);
    view.setUint16(at + 10, fold(0x4500 + 20 + length + id + 0x4000 + ((ttl << 8) | PROTOCOL_TCP) + words));
    return words;
  }

  #tcpHeaderLength(): number {
    if ((this.flags & SYN) !== 0) return 40;
    return this.sackLeft === this.sackRight ? 32 : 44;
  }

  /** Returns the sum of the header's words. */
  #tcpHeader(at: number, length: number): number {
    const view = this.#view;
    view.setUint16(at, this.fromClient ? this.clientPort : this.serverPort);
    view.setUint16(at + 2, this.fromClient ? this.serverPort : this.clientPort);
    view.setUint32(at + 4, this.seq);
    view.setUint32(at + 8, this.ack);
    view.setUint16(at + 12, ((length / 4) << 12) | this.flags);
    view.setUint16(at + 14, (this.flags & SYN) !== 0 ? 64_240 : 502);
    view.setUint32(at + 16, 0);
    let option = at + 20;
    if ((this.flags & SYN) !== 0) {
      view.setUint32(option, 0x020405b4); // maximum segment size 1460
      view.setUint32(option + 4, 0x0402080a); // SACK permitted, timestamps
      view.setUint32(option + 16, 0x01030307); // window scale 7
      option += 8;
    } else {
      view.setUint32(option, 0x0101080a);
      option += 4;
    }
    view.setUint32(option, this.tsValue);
    view.setUint32(option + 4, this.tsEcho);
    if (length === 44) {
      view.setUint32(option + 8, 0x0101050a);
      view.setUint32(option + 12, this.sackLeft);
      view.setUint32(option + 16, this.sackRight);
    }
    let sum = 0;
    for (let i = at; i < at + length; i += 2) sum += view.getUint16(i);
    return sum;
  }

  /** Fills the payload with one TLS record of random bytes (at least 6) and returns the sum of its words. */
  #payload(at: number): number {
    const length = this.payload;
    if (this.#poolAt + length + 1 > POOL) this.#poolAt = 0;
    const from = this.#poolAt;
    this.#poolAt += (length + 1) & ~1;
    const bytes = this.#buffer;
    const pool = this.#pool;
    const even = length & ~1;
    for (let i = 5; i < length; i++) bytes[at + i] = pool[from + i] as number;
    this.#view.setUint16(at, TLS_RECORD);
    this.#view.setUint8(at + 2, 3);
    this.#view.setUint16(at + 3, length - 5);
    let sum = (this.#sums[(from + even) >>> 1] as number) - (this.#sums[(from + 6) >>> 1] as number);
    sum += TLS_RECORD + this.#view.getUint16(at + 2) + this.#view.getUint16(at + 4);
    if (even < length) sum += (pool[from + even] as number) << 8;
    return sum;
  }
}

/** The ones' complement of the ones' complement sum (RFC 1071). */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
