import { ProblemTally } from "../net/problem.ts";
import { LINK_NONE } from "./batch.ts";
import { type Framer, LARGEST_PACKET } from "./framer.ts";
import type { PacketRows } from "./packet-rows.ts";
import { type PcapngInterface, readInterface } from "./pcapng-interface.ts";
import { readNames } from "./pcapng-names.ts";
import { PcapngNotes } from "./pcapng-notes.ts";
import type { Span } from "./pcapng-options.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const NAME_RESOLUTION = 4;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const JOURNAL_EXPORT = 9;
const DECRYPTION_SECRETS = 10;
const CUSTOM = 0x00000bad;
const CUSTOM_NOT_COPIED = 0x40000bad;

const MOST_INTERFACES = 65_536;

/**
 * Told of each block once it was read: it lies in `rows.bytes[at, end)`, and a packet in it is the last row.
 * Of a block that is passed over because of its size only the first 12 bytes are shown.
 */
export type BlockVisitor = (rows: PacketRows, at: number, end: number) => void;

/** Reads pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any number of interfaces. */
export class PcapngFramer implements Framer {
  readonly format = "pcapng";
  readonly problems: ProblemTally = new ProblemTally();
  readonly names: Map<string, string> = new Map();
  readonly #notes = new PcapngNotes(this.problems);
  readonly about: Record<string, string> = this.#notes.about;
  readonly secrets: Uint8Array[] = this.#notes.secrets;
  stopped = false;
  wanted = 12;
  #littleEndian = true;
  #inSection = false;
  #interfaces: PcapngInterface[] = [];
  #timed = false;
  #lastTime = 0;
  /** Bytes still to be passed over of a large block that is not read. */
  #skip = 0;
  readonly #onBlock: BlockVisitor | undefined;

  constructor(onBlock?: BlockVisitor) {
    this.#onBlock = onBlock;
  }

  frame(rows: PacketRows, from: number, end: number, base: number): number {
    let at = from;
    while (!this.stopped) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, end - at);
        this.#skip -= passed;
        at += passed;
        if (this.#skip > 0) break;
      }
      if (rows.count >= rows.capacity || end - at < 12) break;
      const next = this.#block(rows, at, end, base);
      if (next === at) return at;
      this.#onBlock?.(rows, at, next);
      at = next;
    }
    if (end - at < 12) this.wanted = 12;
    return at;
  }

  finish(leftover: number, at: number): void {
    this.#notes.tellLost();
    if (this.stopped || (leftover === 0 && this.#skip === 0)) return;
    this.problems.add(
      "cut-short",
      `the file ends in the middle of a block at byte ${at}; everything before it was read`,
    );
  }

  /** Reads one block; returns its end, or `at` when more bytes are needed or reading stopped. */
  #block(rows: PacketRows, at: number, end: number, base: number): number {
    const { view } = rows;
    const type = view.getUint32(at, this.#littleEndian);
    if (type === SECTION_HEADER) {
      this.wanted = 28;
      if (end - at < 16 || !this.#section(view, at, at + base)) return at;
    }
    if (!this.#inSection) return this.#damaged(at, `no section header at byte ${at + base}`);
    const stated = view.getUint32(at + 4, this.#littleEndian);
    if (stated < 12) {
      return this.#damaged(at, `the block at byte ${at + base} claims a length of ${stated}`);
    }
    // Writers that forget the padding in the length still pad, as Wireshark expects.
    const length = (stated + 3) & ~3;
    if (stated > LARGEST_PACKET) return this.#pass(type, stated, at, base);
    if (at + length > end) {
      if (stated !== length && at + stated === end) return this.#body(rows, type, at, stated, base);
      this.wanted = length;
      return at;
    }
    if (stated !== length && view.getUint32(at + length - 4, this.#littleEndian) !== stated) {
      return this.#body(rows, type, at, stated, base);
    }
    return this.#body(rows, type, at, length, base, stated);
  }

  #body(rows: PacketRows, type: number, at: number, length: number, base: number, stated: number = length): number {
    const { view } = rows;
    const close = at + length - 4;
    if (view.getUint32(close, this.#littleEndian) !== stated) {
      return this.#damaged(at, `the two lengths of the block at byte ${at + base} differ`);
    }
    const from = at + 8;
    const span = { from, end: close, littleEndian: this.#littleEndian };
    switch (type) {
      case ENHANCED_PACKET:
      case OLD_PACKET:
        return this.#packet(rows, type, from, close, base) ? at + length : at;
      case SIMPLE_PACKET:
        return this.#simple(rows, from, close, base) ? at + length : at;
      case INTERFACE_DESCRIPTION:
        return this.#interface(view, span, base) ? at + length : at;
      case SECTION_HEADER:
        this.#notes.section(view, span);
        break;
      case NAME_RESOLUTION:
        readNames(rows.bytes, view, span, this.names);
        break;
      case INTERFACE_STATISTICS:
        this.#notes.statistics(view, span, this.#interfaces.length);
        break;
      case DECRYPTION_SECRETS:
        this.#notes.secret(rows, span);
        break;
      case CUSTOM:
      case CUSTOM_NOT_COPIED:
      case JOURNAL_EXPORT:
        this.#append(rows, from, 0, 0, this.#lastTime, LINK_NONE);
        this.problems.add("unsupported-block", `blocks of type 0x${type.toString(16)} hold no packet`);
        break;
      default:
        this.problems.add("unsupported-block", `blocks of type 0x${type.toString(16)} are not known`);
    }
    return at + length;
  }

  /** Starts a section: finds its byte order and checks its version. */
  #section(view: DataView, at: number, position: number): boolean {
    const little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC) {
      this.#damaged(at, `the section header at byte ${position} has no byte-order magic`);
      return false;
    }
    const major = view.getUint16(at + 12, little);
    const minor = view.getUint16(at + 14, little);
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      this.stopped = true;
      this.problems.add("unsupported-version", `pcapng version ${major}.${minor} is not known (1.0 is usual)`);
      return false;
    }
    this.#notes.tellLost();
    this.#littleEndian = little;
    this.#inSection = true;
    this.#interfaces = [];
    return true;
  }

  /** Enhanced and old packet blocks differ in the width of the interface's number. */
  #packet(rows: PacketRows, kind: number, from: number, close: number, base: number): boolean {
    const { view } = rows;
    if (close - from < 20) return this.#shortBlock(from, base);
    const little = this.#littleEndian;
    const number = kind === OLD_PACKET ? view.getUint16(from, little) : view.getUint32(from, little);
    const source = this.#interfaces[number];
    const caplen = view.getUint32(from + 12, little);
    if (source === undefined) return this.#noInterface(from, base);
    if (caplen > close - from - 20) return this.#tooLong(from, base, caplen);
    const time = this.#time(rows, source, view.getUint32(from + 4, little), view.getUint32(from + 8, little));
    this.#append(rows, from + 20, caplen, view.getUint32(from + 16, little), time, source.linkType);
    return true;
  }

  /** A simple packet has no time; it is given that of the packet before it. */
  #simple(rows: PacketRows, from: number, close: number, base: number): boolean {
    if (close - from < 4) return this.#shortBlock(from, base);
    const source = this.#interfaces[0];
    if (source === undefined) return this.#noInterface(from, base);
    const wirelen = rows.view.getUint32(from, this.#littleEndian);
    const snapped = source.snapLength > 0 ? Math.min(wirelen, source.snapLength) : wirelen;
    if (snapped > close - from - 4) return this.#tooLong(from, base, snapped);
    this.#append(rows, from + 4, snapped, wirelen, this.#lastTime, source.linkType);
    this.problems.add("no-time", "packets without a time of their own (simple packet blocks)");
    return true;
  }

  #time(rows: PacketRows, source: PcapngInterface, high: number, low: number): number {
    if (!this.#timed) {
      this.#timed = true;
      rows.epoch = source.clock.instant(high, low);
    }
    this.#lastTime = source.clock.since(rows.epoch, high, low);
    return this.#lastTime;
  }

  #append(rows: PacketRows, at: number, caplen: number, wirelen: number, time: number, link: number): void {
    const row = rows.count++;
    rows.offset[row] = at;
    rows.captured[row] = caplen;
    rows.wireLength[row] = Math.min(wirelen, 0x7fffffff);
    rows.time[row] = time;
    rows.linkType[row] = link;
  }

  #interface(view: DataView, span: Span, base: number): boolean {
    const found = readInterface(view, span);
    if (found === undefined) return this.#shortBlock(span.from, base);
    if (this.#interfaces.length >= MOST_INTERFACES) {
      return this.#stop("damaged", `more than ${MOST_INTERFACES} interfaces at byte ${span.from + base}`);
    }
    const number = this.#interfaces.push(found) - 1;
    this.#notes.interface(number, found);
    return true;
  }

  /** A block too large to hold is passed over unless it should be a packet or a section. */
  #pass(type: number, length: number, at: number, base: number): number {
    if (READ_BLOCKS.has(type)) {
      return this.#damaged(at, `the block at byte ${at + base} claims ${length} bytes`);
    }
    this.problems.add("unsupported-block", `blocks of type 0x${type.toString(16)} larger than 16 MiB`);
    this.#skip = Math.ceil(length / 4) * 4 - 12;
    return at + 12;
  }

  #shortBlock(from: number, base: number): boolean {
    return this.#stop("damaged", `the block at byte ${from - 8 + base} is too short for its kind`);
  }

  #noInterface(from: number, base: number): boolean {
    return this.#stop("damaged", `the packet block at byte ${from - 8 + base} names no known interface`);
  }

  #tooLong(from: number, base: number, caplen: number): boolean {
    return this.#stop(
      "damaged",
      `the packet block at byte ${from - 8 + base} claims ${caplen} bytes, more than the block holds`,
    );
  }

  #damaged(at: number, message: string): number {
    this.#stop("damaged", `${message}; nothing after it can be trusted`);
    return at;
  }

  #stop(kind: string, message: string): boolean {
    this.stopped = true;
    this.problems.add(kind, message);
    return false;
  }
}

const READ_BLOCKS: ReadonlySet<number> = new Set([
  SECTION_HEADER,
  INTERFACE_DESCRIPTION,
  OLD_PACKET,
  SIMPLE_PACKET,
  ENHANCED_PACKET,
]);
