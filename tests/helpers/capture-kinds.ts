import { gzipSync, zstdCompressSync } from "node:zlib";
import { integer, join } from "./packets.ts";

/** Small captures of every kind that is read, by name. */
export function captureKinds(): ReadonlyMap<string, Uint8Array> {
  const micros = pcap(true, 0xa1b2c3d4, 4, 16);
  return new Map([
    ["pcap, microseconds", micros],
    ["pcap, microseconds, big-endian", pcap(false, 0xa1b2c3d4, 4, 16)],
    ["pcap, nanoseconds", pcap(true, 0xa1b23c4d, 4, 16)],
    ["pcap, nanoseconds, big-endian", pcap(false, 0xa1b23c4d, 4, 16)],
    ["pcap, lengths swapped", pcap(true, 0xa1b2c3d4, 2, 16)],
    ["pcap, modified", pcap(true, 0xa1b2cd34, 4, 24)],
    ["pcap, without packets", micros.slice(0, 24)],
    ["pcap, cut short", micros.slice(0, micros.length - 7)],
    ["pcap, gzip", gzipSync(micros)],
    ["pcap, zstd", zstdCompressSync(micros)],
    ["pcapng", pcapng(pcapngBlocks(true))],
    ["pcapng, big-endian", pcapng(pcapngBlocks(false))],
    ["pcapng, two sections", join(pcapng(pcapngBlocks(true)), pcapng(pcapngBlocks(false)))],
    ["pcapng, gzip", gzipSync(pcapng(pcapngBlocks(true)))],
    ["snoop", snoop()],
    ["Network Monitor", netmon()],
    ["Sniffer", netxray()],
  ]);
}

/** Builds blocks of one byte order. */
export interface PcapngBlocks {
  readonly littleEndian: boolean;
  readonly u16: (n: number) => Uint8Array;
  readonly u32: (n: number) => Uint8Array;
  readonly block: (type: number, body: Uint8Array) => Uint8Array;
  readonly option: (code: number, value: Uint8Array) => Uint8Array;
  readonly section: (options?: Uint8Array, length?: number) => Uint8Array;
  readonly interface: (linkType: number, snapLength?: number, ...options: Uint8Array[]) => Uint8Array;
  readonly enhanced: (id: number, ticks: bigint, bytes: Uint8Array, ...options: Uint8Array[]) => Uint8Array;
  readonly old: (id: number, drops: number, ticks: bigint, bytes: Uint8Array, ...options: Uint8Array[]) => Uint8Array;
  readonly simple: (bytes: Uint8Array) => Uint8Array;
  readonly secrets: (text: Uint8Array) => Uint8Array;
}

export function pcapngBlocks(littleEndian: boolean): PcapngBlocks {
  const u16 = (n: number): Uint8Array => integer(n, 2, littleEndian);
  const u32 = (n: number): Uint8Array => integer(n, 4, littleEndian);
  const pad = (bytes: Uint8Array): Uint8Array => join(bytes, new Uint8Array(-bytes.length & 3));
  const stamp = (ticks: bigint): Uint8Array => join(u32(Number(ticks >> 32n)), u32(Number(ticks & 0xffffffffn)));
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const padded = pad(body);
    return join(u32(type), u32(padded.length + 12), padded, u32(padded.length + 12));
  };
  const head = (bytes: Uint8Array): Uint8Array => join(u32(bytes.length), u32(bytes.length + 3), pad(bytes));
  return {
    littleEndian,
    u16,
    u32,
    block,
    option: (code, value) => join(u16(code), u16(value.length), pad(value)),
    section: (options = new Uint8Array(0), length = -1) =>
      block(0x0a0d0d0a, join(u32(0x1a2b3c4d), u16(1), u16(0), integer(length, 8, littleEndian), options)),
    interface: (linkType, snapLength = 0, ...options) =>
      block(1, join(u16(linkType), u16(0), u32(snapLength), ...options)),
    enhanced: (id, ticks, bytes, ...options) => block(6, join(u32(id), stamp(ticks), head(bytes), ...options)),
    old: (id, drops, ticks, bytes, ...options) =>
      block(2, join(u16(id), u16(drops), stamp(ticks), head(bytes), ...options)),
    simple: (bytes) => block(3, join(u32(bytes.length), bytes)),
    secrets: (text) => block(10, join(u32(0x544c534b), u32(text.length), text)),
  };
}

/** An Ethernet frame with an IPv4 header and `n` as its number, of an odd length for some `n`. */
function frame(n: number): Uint8Array {
  const payload = Uint8Array.from({ length: 6 + n }, (_, i) => n * 16 + i);
  const ip = [0x45, 0, 0, 20 + payload.length, 0, n, 0, 0, 64, 253, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
  return join([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0], ip, payload);
}

const FRAMES: readonly Uint8Array[] = [0, 1, 2, 3].map(frame);

function pcap(littleEndian: boolean, magic: number, minor: number, recordLength: number): Uint8Array {
  const [u16, u32] = ([2, 4] as const).map((width) => (n: number) => integer(n, width, littleEndian)) as [
    (n: number) => Uint8Array,
    (n: number) => Uint8Array,
  ];
  const fraction = magic === 0xa1b23c4d ? 123_456_789 : 123_456;
  const records = FRAMES.map((bytes, i) => {
    const lengths = [bytes.length, bytes.length + i];
    const order = minor < 3 ? lengths.reverse() : lengths;
    const more = new Uint8Array(recordLength - 16);
    return join(u32(1_700_000_000 + i), u32(fraction + i), ...order.map(u32), more, bytes);
  });
  return join(u32(magic), u16(2), u16(minor), u32(0), u32(0), u32(65_535), u32(1), ...records);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Interfaces of three resolutions, every kind of packet block, and blocks that hold none. */
function pcapng(ng: PcapngBlocks): Uint8Array {
  const [a, b, c, d] = FRAMES as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const { option, u32 } = ng;
  const micros = 1_700_000_000_123_456n;
  const end = new Uint8Array(4);
  return join(
    ng.section(join(option(1, text("as captured")), option(4, text("dumpcap")), end)),
    ng.interface(1, 0, option(2, text("eth0")), end),
    ng.interface(1, 0, option(9, Uint8Array.of(9)), end),
    ng.interface(1, 0, option(9, Uint8Array.of(0x80 | 20)), end),
    ng.block(4, join(ng.u16(1), ng.u16(8), [192, 0, 2, 1], text("web\0"), u32(0))),
    ng.enhanced(0, micros, a, option(1, text("seen before")), option(2, u32(1)), end),
    ng.simple(c),
    ng.enhanced(1, micros * 1000n + 789n, b),
    ng.enhanced(2, 1_700_000_001n << 20n, d, option(2, u32(2))),
    ng.old(0, 3, micros + 2_000_000n, b, option(2, u32(1)), end),
    ng.block(0xb16b00b5, text("unknown")),
    ng.block(5, join(u32(0), u32(0), u32(0), option(5, integer(7, 8, ng.littleEndian)), end)),
    ng.enhanced(0, micros + 3_000_000n, d),
  );
}

function snoop(): Uint8Array {
  const u32 = (n: number): Uint8Array => integer(n, 4, false);
  const records = FRAMES.map((bytes, i) => {
    const padding = new Uint8Array(-bytes.length & 3);
    const lengths = [bytes.length, bytes.length, 24 + bytes.length + padding.length, 0].map(u32);
    return join(...lengths, u32(1_700_000_000 + i), u32(7 + i), bytes, padding);
  });
  return join(text("snoop\0\0\0"), u32(2), u32(4), ...records);
}

const le = (n: number | bigint, width: 1 | 2 | 4 | 8): Uint8Array => integer(n, width, true);

/** Version 2.1; the last frame is one of the monitor's own events, which holds no packet. */
function netmon(): Uint8Array {
  const media = FRAMES.map((_, i) => (i === FRAMES.length - 1 ? 0xffe0 : 1));
  const frames = FRAMES.map((bytes, i) =>
    join(le(i * 1000 + 1, 8), le(bytes.length, 4), le(bytes.length, 4), bytes, le(media[i] ?? 0, 2)),
  );
  let at = 128;
  const offsets = frames.map((bytes) => {
    at += bytes.length;
    return le(at - bytes.length, 4);
  });
  const date = [2020, 1, 3, 1, 12, 30, 15, 250].map((n) => le(n, 2));
  const header = join(text("GMBU"), [1, 2], le(1, 2), ...date, le(at, 4), le(offsets.length * 4, 4));
  return join(header, new Uint8Array(128 - header.length), ...frames, ...offsets);
}

/** Sniffer for Windows 2.00x. */
function netxray(): Uint8Array {
  const records = FRAMES.map((bytes, i) =>
    join(le(5_000_000 + i, 4), le(0, 4), le(bytes.length, 2), le(bytes.length, 2), new Uint8Array(28), bytes),
  );
  const end = 128 + records.reduce((sum, record) => sum + record.length, 0);
  const header = new Uint8Array(128);
  header.set(join(text("XCP\u0000002.001\0"), le(1_000_000_000, 4), le(4, 4), le(0, 4), le(128, 4), le(end, 4)));
  header.set(le(5_000_000, 4), 52);
  return join(header, ...records);
}
