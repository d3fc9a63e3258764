import type { ProblemTally } from "../net/problem.ts";
import type { FileWindow } from "./file-window.ts";
import type { PacketRows } from "./packet-rows.ts";

/**
 * Captures of Network Associates Sniffer for Windows and its ancestor NetXRay ("XCP", versions
 * 1.x and 2.00x). The frames lie in a ring between two offsets given in the header. The format was
 * never published; the layout is the one that Wireshark's users found by comparing files.
 */

const HEADER = 128;
const MAGIC: readonly number[] = [0x58, 0x43, 0x50, 0];
const UNKNOWN_LINK = 0xfffe;

/** Network types as pcap link types: Ethernet, token ring, FDDI, 802.11. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 6],
  [2, 10],
  [9, 105],
]);

/** Ticks a second by capture hardware (row) and time unit (column); 0 is not known. */
const TICKS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1e6, 1_193_000, 1_193_180]],
  [2, [1e9, 0, 31_250_000]],
  [3, [1e6, 0, 1_250_000]],
  [5, [1e6, 0, 1_250_000]],
  [6, [1e9, 0, 20_000_000]],
]);

/** True when the bytes begin a file of Sniffer for Windows. */
export function isNetxray(head: Uint8Array): boolean {
  if (head.length < 12 || !MAGIC.every((byte, i) => head[i] === byte)) return false;
  return /^00[12]\.\d\d\d$/.test(String.fromCharCode(...head.subarray(4, 11)));
}

/** Reads every frame of the ring into `rows`. */
export function readNetxray(window: FileWindow, rows: PacketRows, problems: ProblemTally): void {
  const head = window.peek(0, HEADER);
  if (!isNetxray(head) || head.length < HEADER) {
    problems.add("damaged", "the Sniffer header is not whole");
    return;
  }
  const header = new DataView(head.buffer);
  const layout = layoutOf(header, problems);
  const end = header.getUint32(28, true);
  const start = header.getUint32(24, true);
  let at = start;
  let wrapped = end >= start;
  while (at !== end) {
    const next = readFrame(window, rows, layout, at);
    if (next > 0) {
      at = next;
    } else if (!wrapped && at + layout.headerLength > window.size) {
      wrapped = true;
      at = HEADER;
    } else {
      problems.add("cut-short", `the frame at byte ${at} does not lie within the file`);
      break;
    }
    if (wrapped && at > end) break;
  }
  window.handOut();
}

interface Layout {
  readonly headerLength: number;
  readonly linkType: number;
  readonly nanosPerTick: number;
  readonly startTicks: number;
  readonly startSeconds: number;
}

function layoutOf(header: DataView, problems: ProblemTally): Layout {
  const second = header.getUint8(6) === 0x32;
  const hardware = second ? header.getUint8(84) : 0;
  const unit = second ? header.getUint8(48) : 0;
  const ticks = TICKS.get(hardware)?.[unit] ?? 0;
  if (ticks === 0) {
    problems.add(
      "unknown-time-unit",
      `time unit ${unit} of capture hardware ${hardware} is not known; microseconds assumed`,
    );
  }
  return {
    headerLength: second ? 40 : 28,
    linkType: LINK_TYPES.get(header.getUint16(44, true)) ?? UNKNOWN_LINK,
    nanosPerTick: 1e9 / (ticks === 0 ? 1e6 : ticks),
    startTicks: header.getUint32(56, true) * 4_294_967_296 + header.getUint32(52, true),
    startSeconds: header.getUint32(12, true),
  };
}

/** Returns the position of the next frame, or 0 when this one does not lie within the file. */
function readFrame(window: FileWindow, rows: PacketRows, layout: Layout, at: number): number {
  if (rows.count >= rows.capacity) window.handOut();
  let head = window.need(at, layout.headerLength);
  if (head < 0) return 0;
  const captured = rows.view.getUint16(head + 10, true);
  head = window.need(at, layout.headerLength + captured);
  if (head < 0) return 0;
  const { view } = rows;
  const ticks = view.getUint32(head + 4, true) * 4_294_967_296 + view.getUint32(head, true);
  const nanos = Math.round((ticks - layout.startTicks) * layout.nanosPerTick);
  const start = BigInt(layout.startSeconds) * 1_000_000_000n;
  if (rows.firstNumber + rows.count === 1) rows.epoch = start + BigInt(nanos);
  const row = rows.count++;
  rows.offset[row] = head + layout.headerLength;
  rows.captured[row] = captured;
  rows.wireLength[row] = view.getUint16(head + 8, true);
  rows.time[row] = Number(start - rows.epoch) + nanos;
  rows.linkType[row] = layout.linkType;
  return at + layout.headerLength + captured;
}
