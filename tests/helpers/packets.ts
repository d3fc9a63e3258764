import type { CaptureFormat, CaptureSummary, PacketBatch } from "../../src/capture/batch.ts";
import { CaptureReader } from "../../src/capture/capture-reader.ts";

/** A packet as an object, for tests only. */
export interface TestPacket {
  readonly number: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly linkType: number;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
}

/** Copies the packets out of a batch. */
export function packetsOf(batch: PacketBatch): TestPacket[] {
  const packets: TestPacket[] = [];
  for (let i = 0; i < batch.count; i++) {
    const at = batch.offset[i] ?? 0;
    packets.push({
      number: batch.firstNumber + i,
      time: batch.epoch + BigInt(batch.time[i] ?? 0),
      linkType: batch.linkType[i] ?? -1,
      wireLength: batch.wireLength[i] ?? -1,
      bytes: batch.bytes.slice(at, at + (batch.captured[i] ?? 0)),
    });
  }
  return packets;
}

export interface Reading {
  readonly packets: readonly TestPacket[];
  readonly summary: CaptureSummary;
  readonly kinds: readonly string[];
}

/** Reads bytes as a capture format, given in pieces of `piece` bytes to a buffer of `chunk` bytes. */
export function readBytesAs(format: CaptureFormat, bytes: Uint8Array, piece = 65_536, chunk = 4096): Reading {
  const packets: TestPacket[] = [];
  const reader = new CaptureReader(format, (batch) => packets.push(...packetsOf(batch)), chunk);
  for (let at = 0; at < bytes.length; at += piece) reader.give(bytes.subarray(at, at + piece));
  const summary = reader.finish({ compression: "none", fileBytes: bytes.length });
  return { packets, summary, kinds: summary.problems.map((problem) => problem.kind) };
}

/** Puts pieces of bytes together: numbers are single bytes. */
export function join(...parts: ReadonlyArray<Uint8Array | readonly number[] | number>): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
}

/** `value` in `width` bytes. */
export function integer(value: number | bigint, width: 1 | 2 | 4 | 8, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), littleEndian);
  return littleEndian ? bytes.slice(0, width) : bytes.slice(8 - width);
}
