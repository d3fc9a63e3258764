import { describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { ACK, FIN, SYN } from "../../net/tcp-flags.ts";
import { type HeldBytes, type PayloadSegment, StreamAssembler } from "./stream-assembler.ts";

/** What came out: bytes with the packet each came from, -1 for bytes that are missing. */
class Out {
  readonly bytes: number[] = [];
  readonly packets: number[] = [];
  ends = 0;
  readonly budget: HeldBytes = { left: 1 << 26 };
  readonly assembler: StreamAssembler = new StreamAssembler(
    {
      data: ({ bytes, packet }) => {
        for (const byte of bytes) this.bytes.push(byte);
        for (let i = 0; i < bytes.length; i++) this.packets.push(packet);
      },
      gap: ({ length, packet }) => {
        for (let i = 0; i < length; i++) this.bytes.push(-1);
        for (let i = 0; i < length; i++) this.packets.push(packet);
      },
      end: () => this.ends++,
    },
    this.budget,
  );
}

const WHOLE = Uint8Array.from({ length: 256 }, (_, i) => i);
const segment = (
  packet: number,
  seq: number,
  from: number,
  to: number,
  more: Partial<PayloadSegment> = {},
): PayloadSegment => ({
  packet,
  time: packet,
  flags: ACK,
  seq: seq >>> 0,
  length: to - from,
  bytes: WHOLE.slice(from, to),
  ...more,
});
const START = 0xffff_ff80;
const at = (packet: number, from: number, to: number, more: Partial<PayloadSegment> = {}): PayloadSegment =>
  segment(packet, START + 1 + from, from, to, more);
const syn: PayloadSegment = segment(1, START, 0, 0, { flags: SYN });

describe("a stream", () => {
  test("comes out in order, each byte with its packet, across the wrap of numbers", () => {
    const out = new Out();
    for (const part of [syn, at(2, 0, 10), at(3, 20, 30), at(4, 5, 25), at(5, 30, 200)]) out.assembler.segment(part);
    expect(out.bytes).toEqual([...WHOLE.slice(0, 200)]);
    expect([
      out.packets[0],
      out.packets[9],
      out.packets[10],
      out.packets[24],
      out.packets[29],
      out.packets[30],
    ]).toEqual([2, 2, 4, 4, 3, 5]);
  });

  test("ends with its FIN, once, and not before what is missing", () => {
    const out = new Out();
    for (const part of [syn, at(2, 0, 10), at(3, 20, 30, { flags: ACK | FIN })]) out.assembler.segment(part);
    expect(out.ends).toBe(0);
    out.assembler.segment(at(4, 10, 20));
    expect(out.ends).toBe(1);
    out.assembler.finish();
    expect(out.ends).toBe(1);
  });

  test("has a gap where bytes were acknowledged that never came", () => {
    const out = new Out();
    for (const part of [syn, at(2, 0, 10), at(3, 20, 30)]) out.assembler.segment(part);
    for (let i = 0; i < 40; i++) out.assembler.acknowledged(START + 31);
    expect(out.bytes).toEqual([...WHOLE.slice(0, 10), ...new Array(10).fill(-1), ...WHOLE.slice(20, 30)]);
    expect(out.budget.left).toBe(1 << 26);
  });

  test("has a gap where a packet was cut by the snap length", () => {
    const out = new Out();
    for (const part of [syn, at(2, 0, 10, { bytes: WHOLE.slice(0, 4) }), at(3, 10, 12)]) out.assembler.segment(part);
    expect(out.bytes).toEqual([0, 1, 2, 3, -1, -1, -1, -1, -1, -1, 10, 11]);
  });

  test("may begin in the middle, but not with a keepalive probe", () => {
    const out = new Out();
    for (const part of [at(7, 99, 100), at(8, 100, 110)]) out.assembler.segment(part);
    expect(out.bytes).toEqual([...WHOLE.slice(100, 110)]);
    expect(out.assembler.fromStart).toBe(false);
  });

  test("passes over numbers of another connection on the same four-tuple", () => {
    const out = new Out();
    for (const part of [syn, at(2, 0, 10), segment(3, START + 0x4000_0000, 50, 60), at(4, 10, 20)]) {
      out.assembler.segment(part);
    }
    out.assembler.finish();
    expect(out.bytes).toEqual([...WHOLE.slice(0, 20)]);
  });
});

test("however a stream is cut, repeated and shuffled, its bytes come out once and in order", () => {
  const cuts = fc.array(fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 60 })), { maxLength: 30 });
  fc.assert(
    fc.property(cuts, fc.nat(0xffff_ffff), (parts, start) => {
      const out = new Out();
      out.assembler.segment({ ...syn, seq: start });
      const covered = new Set<number>();
      for (const [i, [from, length]] of parts.entries()) {
        const to = Math.min(256, from + length);
        for (let n = from; n < to; n++) covered.add(n);
        out.assembler.segment(segment(i + 2, start + 1 + from, from, to));
      }
      out.assembler.finish();
      const last = Math.max(-1, ...covered);
      const expected = Array.from({ length: last + 1 }, (_, n) => (covered.has(n) ? n : -1));
      expect(out.bytes).toEqual(expected);
      expect(out.ends).toBe(1);
      expect(out.budget.left).toBe(1 << 26);
    }),
  );
});

test("what waits behind a gap is bounded", () => {
  const out = new Out();
  out.assembler.segment(syn);
  let most = 0;
  const bytes = new Uint8Array(60_000);
  for (let i = 0; i < 200; i++) {
    out.assembler.segment({
      packet: i + 2,
      time: 0,
      flags: ACK,
      seq: (START + 100 + i * 60_100) >>> 0,
      length: 60_000,
      bytes,
    });
    most = Math.max(most, (1 << 26) - out.budget.left);
  }
  expect(most).toBeLessThan(1_200_000);
});
