import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { integer, join, readBytesAs } from "../../tests/helpers/packets.ts";

interface Shape {
  readonly magic?: number;
  readonly little?: boolean;
  readonly minor?: number;
  readonly snapLength?: number;
  readonly linkType?: number;
  readonly headerExtra?: number;
  readonly recordExtra?: number;
  readonly swapped?: boolean;
}

interface Entry {
  readonly seconds: number;
  readonly fraction: number;
  readonly bytes: readonly number[];
  readonly wire?: number;
}

function pcap(shape: Shape, entries: readonly Entry[]): Uint8Array {
  const little = shape.little ?? true;
  const u32 = (n: number): Uint8Array => integer(n, 4, little);
  const header = join(
    u32(shape.magic ?? 0xa1b2c3d4),
    integer(2, 2, little),
    integer(shape.minor ?? 4, 2, little),
    u32(0),
    u32(0),
    u32(shape.snapLength ?? 65_535),
    u32(shape.linkType ?? 1),
    new Uint8Array(shape.headerExtra ?? 0),
  );
  const records = entries.map(({ seconds, fraction, bytes, wire }) => {
    const lengths = [bytes.length, wire ?? bytes.length];
    if (shape.swapped === true) lengths.reverse();
    const extra = new Uint8Array(shape.recordExtra ?? 0);
    return join(u32(seconds), u32(fraction), ...lengths.map(u32), extra, bytes);
  });
  return join(header, ...records);
}

const THREE: readonly Entry[] = [
  { seconds: 1_700_000_000, fraction: 999_999, bytes: [1, 2, 3, 4] },
  { seconds: 1_700_000_001, fraction: 1, bytes: [5, 6, 7], wire: 90 },
  { seconds: 1_699_999_999, fraction: 5, bytes: [8, 9, 10, 11, 12, 13], wire: 60 },
];

const SHAPES: ReadonlyArray<readonly [string, Shape, bigint]> = [
  ["microseconds, little-endian", {}, 1000n],
  ["microseconds, big-endian", { little: false }, 1000n],
  ["nanoseconds, little-endian", { magic: 0xa1b23c4d }, 1n],
  ["nanoseconds, big-endian", { magic: 0xa1b23c4d, little: false }, 1n],
  ["version 2.2 with its lengths swapped", { minor: 2, swapped: true, little: false }, 1000n],
  ["version 2.3 with its lengths swapped", { minor: 3, swapped: true }, 1000n],
  ["version 2.3 with its lengths as today", { minor: 3 }, 1000n],
  ["modified, 24-byte records", { magic: 0xa1b2cd34, recordExtra: 8 }, 1000n],
  ["modified, 28-byte records", { magic: 0xa1b2cd34, recordExtra: 12 }, 1000n],
  ["modified under the usual magic number", { recordExtra: 8 }, 1000n],
  ["Nokia", { recordExtra: 4, little: false }, 1000n],
  ["Ixia", { magic: 0x1c0001ac, headerExtra: 4 }, 1n],
  ["frame check sequence length in the link type", { linkType: 0x24000001 }, 1000n],
];

test.each(SHAPES)("reads %s", (_name, shape, unit) => {
  const { packets, summary } = readBytesAs("pcap", pcap(shape, THREE));
  expect(summary.problems).toEqual([]);
  expect(packets).toEqual(
    THREE.map((entry, i) => ({
      number: i + 1,
      time: BigInt(entry.seconds) * 1_000_000_000n + BigInt(entry.fraction) * unit,
      linkType: 1,
      wireLength: entry.wire ?? entry.bytes.length,
      bytes: Uint8Array.from(entry.bytes),
    })),
  );
  expect(summary.from).toBeLessThan(0);
  expect(summary.to).toBeGreaterThan(0);
});

test("AIX counts nanoseconds and names links by interface type", () => {
  const { packets } = readBytesAs("pcap", pcap({ minor: 2, swapped: true, linkType: 6 }, THREE));
  expect(packets[0]?.linkType).toBe(1);
  expect(packets[0]?.time).toBe(1_700_000_000_000_999_999n);
});

test("a file cut at any byte gives the packets before the cut, and says so unless it is between records", () => {
  const whole = pcap({}, THREE);
  const ends = [24, 44, 63, 85];
  for (let length = 1; length <= whole.length; length++) {
    const { packets, kinds } = readBytesAs("pcap", whole.slice(0, length));
    expect(packets.length).toBe(Math.max(0, ends.filter((end) => end <= length).length - 1));
    expect(kinds).toEqual(ends.includes(length) ? [] : ["cut-short"]);
  }
});

test("a record of impossible size stops the reading and names its byte", () => {
  const damaged = join(pcap({}, THREE), integer(0, 8, true), integer(300_000, 4, true), new Uint8Array(100));
  const { packets, summary } = readBytesAs("pcap", damaged);
  expect(packets.length).toBe(3);
  expect(summary.problems).toMatchObject([{ kind: "damaged", message: expect.stringContaining("byte 85") }]);
});

test("a snapshot length above the usual is believed", () => {
  const large = { seconds: 1, fraction: 0, bytes: new Array<number>(300_000).fill(7) };
  const { packets, kinds } = readBytesAs("pcap", pcap({ snapLength: 524_288 }, [large, ...THREE]));
  expect(kinds).toEqual([]);
  expect(packets.map((packet) => packet.bytes.length)).toEqual([300_000, 4, 3, 6]);
});

test("a zero-filled tail ends instead of becoming packets for ever", () => {
  const { packets, kinds } = readBytesAs("pcap", join(pcap({}, THREE), new Uint8Array(4_000_000)));
  expect(kinds).toEqual(["damaged"]);
  expect(packets.length).toBeLessThan(70_000);
});

test.each([
  ["reserved link type bits", pcap({ linkType: 0x00300001 }, THREE), "damaged"],
  ["another major version", pcap({}, THREE).fill(9, 4, 5), "unsupported-version"],
])("refuses %s", (_name, bytes, kind) => {
  const { packets, kinds } = readBytesAs("pcap", bytes);
  expect(packets).toEqual([]);
  expect(kinds).toEqual([kind]);
});

test("how the bytes arrive makes no difference", () => {
  const whole = pcap({}, [...THREE, ...THREE, ...THREE]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 300 }), (piece, chunk) => {
      expect(readBytesAs("pcap", whole, piece, chunk).packets).toEqual(readBytesAs("pcap", whole).packets);
    }),
  );
});

test("any bytes behind any header give packets within the file, or a problem", () => {
  const shape = fc.constantFrom(...SHAPES.map(([, known]) => known));
  fc.assert(
    fc.property(shape, fc.uint8Array({ maxLength: 400 }), (known, tail) => {
      const bytes = join(pcap(known, THREE.slice(0, 1)), tail);
      const { packets, summary } = readBytesAs("pcap", bytes, 64, 128);
      expect(packets.reduce((sum, packet) => sum + 16 + packet.bytes.length, 0)).toBeLessThanOrEqual(bytes.length);
      if (packets.length === 0) expect(summary.problems.length).toBeGreaterThan(0);
    }),
  );
});
