import { ProblemTally } from "../net/problem.ts";
import { type Framer, LARGEST_PACKET } from "./framer.ts";
import type { PacketRows } from "./packet-rows.ts";

/** "snoop" and three zero bytes (RFC 1761 §2). */
const MAGIC: readonly number[] = [0x73, 0x6e, 0x6f, 0x6f, 0x70, 0, 0, 0];

/** Snoop's data link types (RFC 1761 §4) as pcap link types; 802.3 frames are read as Ethernet. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 6],
  [4, 1],
  [8, 10],
]);

/** Shomiti's extensions put link types from 26 on; every other value is not known. */
const UNKNOWN_LINK = 0xfffe;

const FILE_HEADER = 16;
const RECORD_HEADER = 24;

/** True when the bytes begin a snoop file. */
export function isSnoop(head: Uint8Array): boolean {
  return head.length >= FILE_HEADER && MAGIC.every((byte, i) => head[i] === byte);
}

/** Reads the capture format of Solaris snoop (RFC 1761): big-endian, microseconds, padded records. */
export class SnoopFramer implements Framer {
  readonly format = "snoop";
  readonly problems: ProblemTally = new ProblemTally();
  readonly about: Record<string, string> = {};
  readonly names: Map<string, string> = new Map();
  readonly secrets: Uint8Array[] = [];
  stopped = false;
  wanted: number = FILE_HEADER;
  #linkType = -1;
  #epochSeconds = -1;
  #epochMicros = 0;

  frame(rows: PacketRows, from: number, end: number, base: number): number {
    let at = from;
    if (this.stopped) return at;
    if (this.#linkType < 0) {
      if (end - at < FILE_HEADER) return at;
      this.#linkType = LINK_TYPES.get(rows.view.getUint32(at + 12, false)) ?? UNKNOWN_LINK;
      at += FILE_HEADER;
    }
    while (rows.count < rows.capacity) {
      const next = this.#record(rows, at, end, base);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  finish(leftover: number, at: number): void {
    if (leftover === 0 || this.stopped) return;
    this.problems.add(
      "cut-short",
      `the file ends in the middle of a record at byte ${at}; everything before it was read`,
    );
  }

  #record(rows: PacketRows, at: number, end: number, base: number): number {
    const { view } = rows;
    if (at + RECORD_HEADER > end) {
      this.wanted = RECORD_HEADER;
      return at;
    }
    const captured = view.getUint32(at + 4, false);
    const length = view.getUint32(at + 8, false);
    if (length < RECORD_HEADER || captured > length - RECORD_HEADER || length > LARGEST_PACKET) {
      this.stopped = true;
      this.problems.add(
        "damaged",
        `the record at byte ${at + base} has lengths ${captured} and ${length}; nothing after it can be trusted`,
      );
      return at;
    }
    // The padding of the last record may be missing.
    if (at + RECORD_HEADER + captured > end || (at + length > end && length - captured > RECORD_HEADER + 3)) {
      this.wanted = length;
      return at;
    }
    this.#append(rows, at, captured);
    return Math.min(at + length, end);
  }

  #append(rows: PacketRows, at: number, captured: number): void {
    const { view } = rows;
    const seconds = view.getUint32(at + 16, false);
    const micros = view.getUint32(at + 20, false);
    if (this.#epochSeconds < 0) {
      this.#epochSeconds = seconds;
      this.#epochMicros = micros;
      rows.epoch = BigInt(seconds) * 1_000_000_000n + BigInt(micros) * 1000n;
    }
    const row = rows.count++;
    rows.offset[row] = at + RECORD_HEADER;
    rows.captured[row] = captured;
    rows.wireLength[row] = Math.min(view.getUint32(at, false), 0x7fffffff);
    rows.time[row] = (seconds - this.#epochSeconds) * 1e9 + (micros - this.#epochMicros) * 1000;
    rows.linkType[row] = this.#linkType;
  }
}
