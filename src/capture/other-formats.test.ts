import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { integer, join, packetsOf, readBytesAs, type TestPacket } from "../../tests/helpers/packets.ts";
import { ProblemTally } from "../net/problem.ts";
import { LINK_NONE } from "./batch.ts";
import { FileWindow } from "./file-window.ts";
import { readNetmon } from "./netmon.ts";
import { readNetxray } from "./netxray.ts";
import { PacketRows } from "./packet-rows.ts";
import { sniff } from "./sniff.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const DATA = Uint8Array.of(1, 2, 3, 4, 5);

/** Reads a format whose records do not lie in order. */
function readIndexed(read: typeof readNetmon, bytes: Uint8Array): { packets: TestPacket[]; kinds: string[] } {
  const rows = new PacketRows(new Uint8Array(64));
  const problems = new ProblemTally();
  const packets: TestPacket[] = [];
  const readAt = (at: number, into: Uint8Array): number => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  };
  const window = new FileWindow(bytes.length, readAt, rows, () => {
    packets.push(...packetsOf(rows));
    rows.clear();
  });
  read(window, rows, problems);
  return { packets, kinds: problems.list().map(({ kind }) => kind) };
}

const u32 = (n: number): Uint8Array => integer(n, 4, false);

function snoop(link: number, ...records: Uint8Array[]): Uint8Array {
  return join(text("snoop\0\0\0"), u32(2), u32(link), ...records);
}

function snoopRecord(seconds: number, micros: number, wire = 5): Uint8Array {
  return join(u32(wire), u32(5), u32(32), u32(0), u32(seconds), u32(micros), DATA, [0, 0, 0]);
}

test("snoop: Ethernet packets, padded", () => {
  const file = snoop(4, snoopRecord(1_000_000_000, 7), snoopRecord(1_000_000_001, 8, 1500));
  expect(sniff(file)).toBe("snoop");
  const { packets, kinds } = readBytesAs("snoop", file);
  expect(kinds).toEqual([]);
  expect(packets).toEqual([
    { number: 1, time: 1_000_000_000_000_007_000n, linkType: 1, wireLength: 5, bytes: DATA },
    { number: 2, time: 1_000_000_001_000_008_000n, linkType: 1, wireLength: 1500, bytes: DATA },
  ]);
});

test("snoop: cut anywhere", () => {
  const whole = snoop(4, snoopRecord(1, 1), snoopRecord(2, 2));
  for (let length = 1; length < whole.length; length++) {
    const { packets, kinds } = readBytesAs("snoop", whole.slice(0, length));
    // The last record's padding may be missing.
    expect(packets.length).toBe(length >= 77 ? 2 : length >= 45 ? 1 : 0);
    expect(kinds).toEqual(
      [16, 48].includes(length) || length >= 77 || (length > 44 && length < 48) ? [] : ["cut-short"],
    );
  }
});

test("snoop: any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      const { packets, summary } = readBytesAs("snoop", join(snoop(4, snoopRecord(1, 1)), tail));
      expect(packets.length).toBeGreaterThan(0);
      expect(packets.length).toBeLessThanOrEqual(1 + tail.length / 24);
      expect(summary.packets).toBe(packets.length);
    }),
  );
});

const le = (n: number | bigint, width: 1 | 2 | 4 | 8): Uint8Array => integer(n, width, true);

/** A Network Monitor 2.1 file whose frames lie in reverse order. */
function netmon(media: readonly number[]): Uint8Array {
  const frame = (i: number, kind: number): Uint8Array =>
    join(le(i * 1000, 8), le(60, 4), le(5, 4), [i], DATA.subarray(1), le(kind, 2));
  const frames = media.map((kind, i) => frame(i, kind)).reverse();
  const table = 128 + frames.length * 23;
  const offsets = media.map((_, i) => le(128 + (frames.length - 1 - i) * 23, 4));
  const date = [2020, 1, 3, 1, 12, 30, 15, 250].map((n) => le(n, 2));
  const header = join(text("GMBU"), [1, 2], le(1, 2), ...date, le(table, 4), le(offsets.length * 4, 4));
  return join(header, new Uint8Array(128 - header.length), ...frames, ...offsets);
}

test("Network Monitor: frames in the order of the table, each with its own medium", () => {
  const file = netmon([1, 9, 0xe071, 0xfffe]);
  expect(sniff(file)).toBe("netmon");
  const { packets, kinds } = readIndexed(readNetmon, file);
  expect(kinds).toEqual([]);
  expect(packets.map(({ number, linkType, wireLength }) => [number, linkType, wireLength])).toEqual([
    [1, 1, 60],
    [2, 101, 60],
    [3, 113, 60],
    [4, LINK_NONE, 60],
  ]);
  expect(packets.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2, 3]);
  const start = BigInt(Date.UTC(2020, 0, 1, 12, 30, 15, 250)) * 1_000_000n;
  expect(packets.map(({ time }) => time - start)).toEqual([0n, 1_000_000n, 2_000_000n, 3_000_000n]);
});

/** A file of Sniffer for Windows 2.00x: frames (undefined is a gap), and which positions the ring starts and ends at. */
function netxray(frames: ReadonlyArray<number | undefined>, start: number, end: number): Uint8Array {
  const length = 45;
  const record = (i: number): Uint8Array =>
    join(le(5_000_000 + i, 4), le(0, 4), le(60, 2), le(5, 2), new Uint8Array(28), [i], DATA.subarray(1));
  const header = new Uint8Array(128);
  const ring = [start, end].map((position) => le(128 + position * length, 4));
  header.set(join(text("XCP\u0000002.001\0"), le(1_000_000_000, 4), le(3, 4), le(0, 4), ...ring));
  header.set(le(5_000_000, 4), 52);
  return join(header, ...frames.map((i) => (i === undefined ? new Uint8Array(length) : record(i))));
}

test("Sniffer for Windows", () => {
  const file = netxray([0, 1, 2], 0, 3);
  expect(sniff(file)).toBe("netxray");
  const { packets, kinds } = readIndexed(readNetxray, file);
  expect(kinds).toEqual([]);
  expect(packets.map(({ bytes, time }) => [bytes[0], time])).toEqual([
    [0, 1_000_000_000_000_000_000n],
    [1, 1_000_000_000_000_001_000n],
    [2, 1_000_000_000_000_002_000n],
  ]);
});

test("Sniffer for Windows: a ring that starts in the middle", () => {
  const { packets, kinds } = readIndexed(readNetxray, netxray([2, undefined, 0, 1], 2, 1));
  expect(kinds).toEqual([]);
  expect(packets.map(({ bytes }) => bytes[0])).toEqual([0, 1, 2]);
});

test.each([
  ["Network Monitor", readNetmon, netmon([1, 1, 1])],
  ["Sniffer for Windows", readNetxray, netxray([0, 1, 2], 0, 3)],
])("%s: damaged anywhere", (_name, read, file) => {
  for (let length = 0; length < file.length; length++) {
    const { packets, kinds } = readIndexed(read, file.slice(0, length));
    expect(packets.length).toBeLessThanOrEqual(3);
    expect(kinds.length).toBeGreaterThan(0);
  }
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length - 1), fc.nat(255), (a, x, b, y) => {
      const bytes = file.slice();
      bytes[a] = x;
      bytes[b] = y;
      expect(readIndexed(read, bytes).packets.length).toBeLessThanOrEqual(file.length);
    }),
  );
});

test.each([
  ["", "empty"],
  ["2026-11-20 ERROR http2: client connection lost\n", "text"],
  ['{"kind":"Event"}', "text"],
  ["\0\0\0\0\0\0\0\0", "unknown"],
  ["\u007fELF\u0002\u0001\u0001\0", "unknown"],
  ["XCP\u0000001.000\0", "netxray"],
])("sniffs %j as %s", (content, kind) => {
  expect(sniff(text(content))).toBe(kind);
});
