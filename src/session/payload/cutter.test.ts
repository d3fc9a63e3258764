import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { Cutter, type Piece } from "./cutter.ts";

/** Units of a marker 0xaa, a length of one byte, and the body. */
function cutter(pieces: Piece[], lost: number[] = []): Cutter {
  return new Cutter({
    headerLength: 2,
    bodyLength: (header) => (header[0] === 0xaa ? header[1] : undefined),
    wanted: (_, length) => Math.min(length, 8),
    plausible: (bytes) => bytes[0] === 0xaa,
    onPiece: (piece) => pieces.push(piece),
    onLost: (packet) => lost.push(packet),
  });
}

const unit = (length: number): Uint8Array =>
  Uint8Array.from({ length: length + 2 }, (_, i) => (i === 0 ? 0xaa : i === 1 ? length : i));
const bytesOf = (lengths: readonly number[]): Uint8Array =>
  Uint8Array.from(lengths.flatMap((length) => [...unit(length)]));

test("the same units come out however the stream is cut, with the packets of their first and last byte", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 9 })), (lengths, cuts) => {
      const stream = bytesOf(lengths);
      const pieces: Piece[] = [];
      const under = cutter(pieces);
      const owner: number[] = [];
      for (let at = 0, n = 0; at < stream.length; n++) {
        const bytes = stream.subarray(at, at + (cuts[n % Math.max(1, cuts.length)] ?? 5));
        for (let i = 0; i < bytes.length; i++) owner.push(n + 1);
        under.data({ bytes, packet: n + 1, time: n });
        at += bytes.length;
      }
      expect(pieces.map((piece) => piece.length)).toEqual(lengths);
      let at = 0;
      for (const piece of pieces) {
        expect([...piece.body]).toEqual([...unit(piece.length).subarray(2, 10)]);
        expect([piece.firstPacket, piece.packet]).toEqual([owner[at], owner[at + piece.length + 1]]);
        at += piece.length + 2;
      }
      expect(under.pending).toBe(false);
    }),
  );
});

test("a gap within a body costs that body only", () => {
  const pieces: Piece[] = [];
  const under = cutter(pieces);
  under.data({ bytes: unit(20).subarray(0, 6), packet: 1, time: 0 });
  under.gap({ length: 10, packet: 2, time: 0 });
  under.data({ bytes: unit(20).subarray(16), packet: 3, time: 0 });
  under.data({ bytes: unit(3), packet: 4, time: 0 });
  expect(pieces.map(({ length, whole, packet }) => [length, whole, packet])).toEqual([
    [20, false, 3],
    [3, true, 4],
  ]);
});

test("a gap in what is not wanted of a body costs nothing", () => {
  const pieces: Piece[] = [];
  const under = cutter(pieces);
  under.data({ bytes: unit(20).subarray(0, 12), packet: 1, time: 0 });
  under.gap({ length: 10, packet: 2, time: 0 });
  expect(pieces.map(({ length, whole }) => [length, whole])).toEqual([[20, true]]);
});

test("a gap that hides a header costs everything up to a chunk that begins with one", () => {
  const pieces: Piece[] = [];
  const lost: number[] = [];
  const under = cutter(pieces, lost);
  under.data({ bytes: unit(4).subarray(0, 3), packet: 1, time: 0 });
  under.gap({ length: 10, packet: 2, time: 0 });
  under.data({ bytes: Uint8Array.of(1, 2, 0xaa, 0), packet: 3, time: 0 });
  under.data({ bytes: unit(1), packet: 4, time: 0 });
  expect(lost).toEqual([2]);
  expect(pieces.map((piece) => piece.packet)).toEqual([4]);
});
