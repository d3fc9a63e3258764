import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { integer, join, readBytesAs } from "../../tests/helpers/packets.ts";
import { LINK_NONE } from "./batch.ts";

/** Builds blocks of one byte order. */
function blocks(little: boolean) {
  const u16 = (n: number): Uint8Array => integer(n, 2, little);
  const u32 = (n: number): Uint8Array => integer(n, 4, little);
  const pad = (bytes: Uint8Array): Uint8Array => join(bytes, new Uint8Array(-bytes.length & 3));
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const padded = pad(body);
    return join(u32(type), u32(padded.length + 12), padded, u32(padded.length + 12));
  };
  const option = (code: number, value: Uint8Array): Uint8Array => join(u16(code), u16(value.length), pad(value));
  const stamp = (ticks: bigint): Uint8Array => join(u32(Number(ticks >> 32n)), u32(Number(ticks & 0xffffffffn)));
  return {
    block,
    option,
    u16,
    u32,
    section: (...options: Uint8Array[]) =>
      block(0x0a0d0d0a, join(u32(0x1a2b3c4d), u16(1), u16(0), integer(-1, 8, little), ...options)),
    interface: (linkType: number, snapLength = 0, ...options: Uint8Array[]) =>
      block(1, join(u16(linkType), u16(0), u32(snapLength), ...options)),
    enhanced: (id: number, ticks: bigint, bytes: Uint8Array, wire = bytes.length, ...options: Uint8Array[]) =>
      block(6, join(u32(id), stamp(ticks), u32(bytes.length), u32(wire), pad(bytes), ...options)),
    old: (id: number, ticks: bigint, bytes: Uint8Array) =>
      block(2, join(u16(id), u16(0), stamp(ticks), u32(bytes.length), u32(bytes.length), bytes)),
    simple: (bytes: Uint8Array, wire = bytes.length) => block(3, join(u32(wire), bytes)),
  };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const DATA = Uint8Array.of(1, 2, 3, 4, 5);
const MICROS = 1_700_000_000_000_001n;

describe.each([
  ["little-endian", true],
  ["big-endian", false],
])("%s", (_name, little) => {
  const ng = blocks(little);

  test("reads enhanced, old and simple packets", () => {
    const file = join(
      ng.section(),
      ng.interface(113),
      ng.enhanced(0, MICROS, DATA, 99),
      ng.old(0, MICROS + 2n, DATA),
      ng.simple(DATA),
    );
    const { packets, kinds } = readBytesAs("pcapng", file);
    expect(packets).toEqual([
      { number: 1, time: MICROS * 1000n, linkType: 113, wireLength: 99, bytes: DATA },
      { number: 2, time: (MICROS + 2n) * 1000n, linkType: 113, wireLength: 5, bytes: DATA },
      { number: 3, time: (MICROS + 2n) * 1000n, linkType: 113, wireLength: 5, bytes: DATA },
    ]);
    expect(kinds).toEqual(["no-time"]);
  });

  test("a simple packet is snapped at the interface's length", () => {
    const file = join(ng.section(), ng.interface(1, 3), ng.simple(DATA.subarray(0, 3), 1000));
    expect(readBytesAs("pcapng", file).packets).toMatchObject([{ wireLength: 1000, bytes: DATA.subarray(0, 3) }]);
  });

  test("interfaces have clocks of their own: decimal, binary, and shifted", () => {
    const resolution = (byte: number): Uint8Array => ng.option(9, Uint8Array.of(byte));
    const file = join(
      ng.section(),
      ng.interface(1, 0, resolution(9)),
      ng.interface(1, 0, resolution(3), ng.option(14, integer(-10, 8, little))),
      ng.interface(1, 0, resolution(0x80 | 20)),
      ng.interface(1, 0, resolution(12), ng.option(14, integer(1_700_000_000, 8, little))),
      ng.enhanced(0, 1_700_000_000_123_456_789n, DATA),
      ng.enhanced(1, 1_700_000_010_124n, DATA),
      ng.enhanced(2, (1_700_000_000n << 20n) + (1n << 19n), DATA),
      ng.enhanced(3, 123_456_999_999n, DATA),
    );
    expect(readBytesAs("pcapng", file).packets.map((packet) => packet.time)).toEqual([
      1_700_000_000_123_456_789n,
      1_700_000_000_124_000_000n,
      1_700_000_000_500_000_000n,
      1_700_000_000_123_456_999n,
    ]);
  });

  test("keeps what the file says of itself", () => {
    const file = join(
      ng.section(ng.option(3, text("Linux 6.18")), ng.option(4, text("dumpcap")), ng.option(0, new Uint8Array(0))),
      ng.interface(1, 0, ng.option(2, text("eth0")), ng.option(3, text("uplink"))),
      ng.block(4, join(ng.u16(1), ng.u16(9), [192, 0, 2, 1], text("web\0"), [0], [0, 0, 0], ng.u32(0))),
      ng.block(10, join(ng.u32(0x544c534b), ng.u32(6), text("SECRET"))),
      ng.block(5, join(ng.u32(0), ng.u32(0), ng.u32(0), ng.option(5, integer(7, 8, little)))),
    );
    const { summary } = readBytesAs("pcapng", file);
    expect(summary.about).toEqual({ os: "Linux 6.18", application: "dumpcap", interface: "eth0, uplink" });
    expect([...summary.names]).toEqual([["192.0.2.1", "web"]]);
    expect(summary.secrets).toEqual([text("SECRET")]);
    expect(JSON.stringify(summary.problems)).not.toContain("SECRET");
    expect(summary.problems).toMatchObject([{ kind: "capture-dropped", count: 7 }]);
  });

  test("custom blocks take a number but hold no packet; unknown blocks take none", () => {
    const file = join(
      ng.section(),
      ng.interface(1),
      ng.block(0xbad, ng.u32(1234)),
      ng.block(0x77, ng.u32(0)),
      ng.block(0x77, ng.u32(0)),
      ng.enhanced(0, MICROS, DATA),
    );
    const { packets, summary } = readBytesAs("pcapng", file);
    expect(packets.map(({ number, linkType }) => [number, linkType])).toEqual([
      [1, LINK_NONE],
      [2, 1],
    ]);
    expect(summary.problems.map(({ kind, count }) => [kind, count])).toEqual([
      ["unsupported-block", 1],
      ["unsupported-block", 2],
    ]);
  });

  test.each([
    ["a packet of an unknown interface", ng.enhanced(3, MICROS, DATA), "damaged"],
    ["a packet longer than its block", ng.enhanced(0, MICROS, DATA).fill(0xff, 20, 24), "damaged"],
    ["a block whose two lengths differ", ng.enhanced(0, MICROS, DATA).fill(0x11, 36), "damaged"],
    ["a block shorter than a block", join(ng.u32(6), ng.u32(8), ng.u32(8)), "damaged"],
    ["an enhanced packet block without its fields", ng.block(6, ng.u32(0)), "damaged"],
    ["another version", ng.section().fill(9, 12, 14), "unsupported-version"],
    ["a section header without byte order", ng.section().fill(9, 8, 12), "damaged"],
  ])("%s stops the reading", (_what, block, kind) => {
    const file = join(ng.section(), ng.interface(1), ng.enhanced(0, MICROS, DATA), block, ng.enhanced(0, MICROS, DATA));
    const { packets, kinds } = readBytesAs("pcapng", file);
    expect(packets.length).toBe(1);
    expect(kinds).toEqual([kind]);
  });

  test("a file cut at any byte gives the packets before the cut", () => {
    const parts = [ng.section(), ng.interface(1), ng.enhanced(0, MICROS, DATA), ng.enhanced(0, MICROS, DATA)];
    const whole = join(...parts);
    const ends = parts.map((_, i) => join(...parts.slice(0, i + 1)).length);
    for (let length = 1; length < whole.length; length++) {
      const { packets, kinds } = readBytesAs("pcapng", whole.slice(0, length));
      expect(packets.length).toBe(Math.max(0, ends.filter((end) => end <= length).length - 2));
      expect(kinds).toEqual(ends.includes(length) ? [] : ["cut-short"]);
    }
  });

  test("any bytes behind a section and an interface give a value or a problem", () => {
    const known = fc.constantFrom(1, 2, 3, 4, 5, 6, 9, 10, 0xbad, 0x0a0d0d0a);
    const odd = fc.tuple(known, fc.uint8Array({ maxLength: 60 })).map(([type, body]) => ng.block(type, body));
    const any = fc.array(fc.oneof(odd, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 70 }), (parts, piece) => {
        const file = join(ng.section(), ng.interface(1), ...parts);
        const { packets, summary } = readBytesAs("pcapng", file, piece, 64);
        expect(summary.packets).toBe(packets.length);
        expect(readBytesAs("pcapng", file).packets).toEqual(packets);
      }),
    );
  });
});

test("sections may differ in byte order and forget each other's interfaces", () => {
  const one = blocks(true);
  const two = blocks(false);
  const file = join(
    one.section(),
    one.interface(1),
    one.enhanced(0, MICROS, DATA),
    two.section(),
    two.interface(276),
    two.enhanced(0, MICROS + 1n, DATA),
    two.enhanced(1, MICROS, DATA),
  );
  const { packets, summary } = readBytesAs("pcapng", file);
  expect(packets.map(({ time, linkType }) => [time, linkType])).toEqual([
    [MICROS * 1000n, 1],
    [(MICROS + 1n) * 1000n, 276],
  ]);
  expect(summary.linkTypes).toEqual([1, 276]);
  expect(summary.problems.map(({ kind }) => kind)).toEqual(["damaged"]);
});

test("a length that forgets the padding is read, padded or not", () => {
  const ng = blocks(true);
  const body = join(ng.u32(0), ng.u32(0), ng.u32(1), ng.u32(5), ng.u32(5), DATA);
  const stated = ng.u32(body.length + 12);
  const padded = join(ng.u32(6), stated, body, [0, 0, 0], stated);
  const bare = join(ng.u32(6), stated, body, stated);
  const file = join(ng.section(), ng.interface(1), padded, bare, padded, bare);
  const { packets, kinds } = readBytesAs("pcapng", file);
  expect(kinds).toEqual([]);
  expect(packets.map((packet) => packet.bytes)).toEqual([DATA, DATA, DATA, DATA]);
});

test("a huge unknown block is passed over without being held", () => {
  const ng = blocks(true);
  const length = 40 * 1024 * 1024;
  const huge = join(ng.u32(0x99), ng.u32(length));
  const hugeBlock = new Uint8Array(length);
  hugeBlock.set(huge);
  hugeBlock.set(ng.u32(length), length - 4);
  const head = join(ng.section(), ng.interface(1), ng.enhanced(0, MICROS, DATA));
  const tail = ng.enhanced(0, MICROS, DATA);
  const file = new Uint8Array(head.length + length + tail.length);
  file.set(head);
  file.set(hugeBlock, head.length);
  file.set(tail, head.length + length);
  const { packets, kinds } = readBytesAs("pcapng", file);
  expect(packets.length).toBe(2);
  expect(kinds).toEqual(["unsupported-block"]);
});
