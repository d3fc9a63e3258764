import type { ProblemTally } from "../net/problem.ts";
import { LINK_NONE } from "./batch.ts";
import type { FileWindow } from "./file-window.ts";
import { LARGEST_PACKET } from "./framer.ts";
import type { PacketRows } from "./packet-rows.ts";

/**
 * Microsoft Network Monitor captures, versions 1.x ("RTSS") and 2.x ("GMBU"). A table at the end of
 * the file lists where each frame lies (learn.microsoft.com, Network Monitor 3.4 help, "Capture
 * file format"). All fields are little-endian. Times are relative to a local time of day without
 * a zone; it is read as UTC.
 */

const HEADER = 32;
const TABLE_PIECE = 16 * 1024;
const UNKNOWN_LINK = 0xfffe;

/** Media types as pcap link types; 6 is 802.11 behind a header of its own. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 6],
  [3, 10],
  [4, 100],
  [6, 105],
  [7, 101],
  [8, 101],
  [9, 101],
]);

/** True when the bytes begin a Network Monitor file. */
export function isNetmon(head: Uint8Array): boolean {
  if (head.length < HEADER) return false;
  const magic = String.fromCharCode(...head.subarray(0, 4));
  const major = head[5] ?? 0;
  return (magic === "RTSS" && major === 1) || (magic === "GMBU" && major === 2);
}

/** Reads every frame of the table into `rows`. */
export function readNetmon(window: FileWindow, rows: PacketRows, problems: ProblemTally): void {
  const head = window.peek(0, HEADER);
  if (!isNetmon(head)) {
    problems.add("damaged", "the Network Monitor header is not whole");
    return;
  }
  const header = new DataView(head.buffer);
  const first = header.getUint8(5) === 1;
  const minor = header.getUint8(4);
  const media = header.getUint16(6, true);
  const table = header.getUint32(24, true);
  const stated = table + header.getUint32(28, true);
  const tableEnd = Math.min(stated, window.size);
  if (stated > window.size) problems.add("cut-short", "the file ends before its frame table does");
  const layout = { first, hasMedia: !first && minor >= 1, media, start: startOf(header) };
  for (let piece = table; piece + 4 <= tableEnd; piece += TABLE_PIECE) {
    const bytes = window.peek(piece, Math.min(TABLE_PIECE, tableEnd - piece));
    const offsets = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      if (!readFrame(window, rows, layout, offsets.getUint32(at, true))) {
        problems.add("damaged", `frame ${rows.firstNumber + rows.count} does not lie within the file`);
        window.handOut();
        return;
      }
    }
  }
  window.handOut();
}

interface Layout {
  readonly first: boolean;
  /** Each frame is followed by its own media type (from version 2.1). */
  readonly hasMedia: boolean;
  readonly media: number;
  readonly start: bigint;
}

function readFrame(window: FileWindow, rows: PacketRows, layout: Layout, at: number): boolean {
  const headerLength = layout.first ? 8 : 16;
  if (rows.count >= rows.capacity) window.handOut();
  let head = window.need(at, headerLength);
  if (head < 0) return false;
  const captured = layout.first ? rows.view.getUint16(head + 6, true) : rows.view.getUint32(head + 12, true);
  if (captured > LARGEST_PACKET) return false;
  const trailer = layout.hasMedia ? 2 : 0;
  head = window.need(at, headerLength + captured + trailer);
  if (head < 0) return false;
  const { view } = rows;
  const data = head + headerLength;
  const delta = layout.first ? view.getUint32(head, true) * 1e6 : ticksOf(view, head);
  if (rows.firstNumber + rows.count === 1) rows.epoch = layout.start + BigInt(delta);
  const media = layout.hasMedia ? view.getUint16(data + captured, true) : layout.media;
  const link = linkTypeOf(media);
  const skip = link === 105 && captured >= 3 ? Math.min(view.getUint16(data + 1, true), captured) : 0;
  const row = rows.count++;
  rows.offset[row] = data + skip;
  rows.captured[row] = captured - skip;
  const length = layout.first ? view.getUint16(head + 4, true) : view.getUint32(head + 8, true);
  rows.wireLength[row] = Math.max(0, Math.min(length, 0x7fffffff) - skip);
  rows.time[row] = Number(layout.start - rows.epoch) + delta;
  rows.linkType[row] = link;
  return true;
}

/** Microseconds, signed 64 bits, as nanoseconds. */
function ticksOf(view: DataView, at: number): number {
  return (view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true)) * 1000;
}

/** 0xE000 and up: a pcap link type. 0xFFE0 and up: events and notes of the monitor, no packets. */
function linkTypeOf(media: number): number {
  if (media >= 0xffe0) return LINK_NONE;
  if ((media & 0xf000) === 0xe000) return media & 0x0fff;
  return LINK_TYPES.get(media) ?? UNKNOWN_LINK;
}

/** The SYSTEMTIME in the header, as nanoseconds since 1970. */
function startOf(header: DataView): bigint {
  const field = (n: number): number => header.getUint16(8 + 2 * n, true);
  const time = Date.UTC(field(0), field(1) - 1, field(3), field(4), field(5), field(6), field(7));
  return Number.isFinite(time) ? BigInt(time) * 1_000_000n : 0n;
}
