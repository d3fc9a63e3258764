import type { ProblemTally } from "../net/problem.ts";
import {
  commentBytes,
  END_OF_OPTIONS,
  encodeApplication,
  encodeComment,
  encodeOption,
  encodePacket,
  encodeSection,
  joined,
  type PacketFields,
  packetBlockLength,
  padded,
} from "./annotate-blocks.ts";
import type { BlockBuffer } from "./block-buffer.ts";
import { type Framer, LARGEST_PACKET } from "./framer.ts";
import type { NoteCursor } from "./packet-note.ts";
import type { PacketRows } from "./packet-rows.ts";
import type { PcapngClock } from "./pcapng-clock.ts";
import { PcapngFramer } from "./pcapng-framer.ts";
import { readInterface } from "./pcapng-interface.ts";
import { visitOptions } from "./pcapng-options.ts";

/**
 * Copies a pcapng file while it is read, with notes added as comments. What is read is copied byte for
 * byte, in runs; only these blocks are written anew:
 *
 * - the first section header, for the section's comment; every section header that states a length, since
 *   lengths change;
 * - a packet with a note. An Enhanced Packet Block keeps its fields and options behind the new comments. Simple
 *   and (obsolete) Packet Blocks, which have no room for comments or should not be written any more, become
 *   Enhanced Packet Blocks, and a comment says so. A simple packet in front of every one with a time stays as it is,
 *   without its note: there is no time to give it;
 * - decryption secrets are left out unless they are to be kept.
 *
 * The copy ends where the reading ends: what lies behind damage is not copied. Custom blocks marked as not to be
 * copied (draft-ietf-opsawg-pcapng §4.9) are copied all the same, since each takes a packet number in Wireshark.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;

/** `epb_dropcount`: packets lost between this one and the one before (draft §4.3). */
const EPB_DROPCOUNT = 4;

export interface PcapngAnnotation {
  /** For the first section's header; may be empty. */
  readonly comment: string;
  readonly application: string;
  readonly keepSecrets: boolean;
}

/** Digits reserved in the section's comment for the number of secrets left out, which is known only at the end. */
const COUNT_WIDTH = 8;

const SECRETS_LEFT_OUT = "Blocks of decryption secrets left out of this copy: ";

/** A framer that writes what it reads. */
export class PcapngAnnotator implements Framer {
  readonly format = "pcapng";
  /** Comments written. */
  comments = 0;
  secretsLeftOut = 0;
  /** Where in the copy `secretsText` belongs, once everything was read. */
  secretsAt: number | undefined;
  readonly #inner: PcapngFramer = new PcapngFramer((rows, at, end) => this.#block(rows, at, end));
  readonly #out: BlockBuffer;
  readonly #notes: NoteCursor;
  readonly #annotation: PcapngAnnotation;
  readonly problems: ProblemTally = this.#inner.problems;
  readonly about: Record<string, string> = this.#inner.about;
  readonly names: Map<string, string> = this.#inner.names;
  readonly secrets: Uint8Array[] = this.#inner.secrets;
  #first = true;
  #timed = false;
  /** The clock of the section's first interface, to which simple packets belong. */
  #clock: PcapngClock | undefined;
  /** Bytes of the chunk before this have been dealt with. */
  #done = 0;
  /** Position in the file up to which everything is left out. */
  #leaveOutTo = 0;
  #base = 0;

  constructor(out: BlockBuffer, notes: NoteCursor, annotation: PcapngAnnotation) {
    this.#out = out;
    this.#notes = notes;
    this.#annotation = annotation;
  }

  get stopped(): boolean {
    return this.#inner.stopped;
  }

  get wanted(): number {
    return this.#inner.wanted;
  }

  frame(rows: PacketRows, from: number, end: number, base: number): number {
    this.#done = from;
    this.#base = base;
    const at = this.#inner.frame(rows, from, end, base);
    this.#copyTo(rows, at);
    return at;
  }

  finish(leftover: number, at: number): void {
    this.#inner.finish(leftover, at);
  }

  /** What to write at `secretsAt`, as long as what is there. */
  secretsText(): Uint8Array {
    return new TextEncoder().encode(String(this.secretsLeftOut).padEnd(COUNT_WIDTH).slice(0, COUNT_WIDTH));
  }

  #block(rows: PacketRows, at: number, end: number): void {
    const type = rows.view.getUint32(at, this.#out.littleEndian);
    switch (type) {
      case SECTION_HEADER:
        this.#section(rows, at, end);
        break;
      case INTERFACE_DESCRIPTION:
        this.#clock ??= readInterface(rows.view, {
          from: at + 8,
          end: end - 4,
          littleEndian: this.#out.littleEndian,
        })?.clock;
        break;
      case DECRYPTION_SECRETS:
        if (!this.#annotation.keepSecrets) this.#leaveOut(rows, at, end);
        break;
      case SIMPLE_PACKET:
        if (this.#timed && this.#isNoted(rows.firstNumber + rows.count - 1)) this.#packet(rows, type, at, end);
        break;
      case ENHANCED_PACKET:
      case OLD_PACKET:
        this.#timed = true;
        if (this.#isNoted(rows.firstNumber + rows.count - 1)) this.#packet(rows, type, at, end);
        break;
    }
  }

  /** Passes over notes on records that can't bear a comment. */
  #isNoted(packet: number): boolean {
    while (this.#notes.packet < packet) this.#notes.pass();
    return this.#notes.packet === packet;
  }

  /** Copies the chunk's bytes up to `end` that were not dealt with yet. */
  #copyTo(rows: PacketRows, end: number): void {
    const from = Math.max(this.#done, this.#leaveOutTo - this.#base);
    if (from < end) this.#out.copy(rows.bytes.subarray(from, end));
    this.#done = end;
  }

  /** Leaves a block out, also one so large that the rest of it will be passed over. */
  #leaveOut(rows: PacketRows, at: number, end: number): void {
    this.#copyTo(rows, at);
    const stated = rows.view.getUint32(at + 4, this.#out.littleEndian);
    const whole = stated > LARGEST_PACKET ? Math.ceil(stated / 4) * 4 : end - at;
    this.#leaveOutTo = this.#base + at + whole;
    this.#done = end;
    this.secretsLeftOut++;
  }

  #section(rows: PacketRows, at: number, end: number): void {
    const { view, bytes } = rows;
    const out = this.#out;
    this.#copyTo(rows, at);
    const littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    out.littleEndian = littleEndian;
    this.#clock = undefined;
    const options = end - 4 > at + 24 ? bytes.slice(at + 24, end - 4) : new Uint8Array(0);
    const whole = end - at >= 28;
    const open = whole && view.getBigInt64(at + 16, littleEndian) === -1n;
    const first = this.#first;
    this.#first = false;
    if (!first && (open || !whole)) return;
    const added = first ? this.#sectionOptions(options, littleEndian) : [];
    const secrets = first && !this.#annotation.keepSecrets ? out.position + 24 + lengthOf(added) : undefined;
    encodeSection(out, withOptions(added, options), bytes.slice(at + 12, at + 16));
    // The count is at the end of the last comment added, before its padding.
    if (secrets !== undefined) this.secretsAt = secrets - SECRETS_PADDING - COUNT_WIDTH;
    this.#done = end;
  }

  #sectionOptions(existing: Uint8Array, littleEndian: boolean): Uint8Array[] {
    const { comment, application, keepSecrets } = this.#annotation;
    const added: Uint8Array[] = [];
    if (comment !== "" && !hasComment(existing, comment, littleEndian))
      added.push(encodeComment(comment, littleEndian));
    // The program that captured keeps its place: an option of this kind may stand only once (draft §4.1).
    let named = false;
    const view = viewOf(existing);
    visitOptions(view, { from: 0, end: existing.length, littleEndian }, (code) => {
      if (code === 4) named = true;
    });
    if (!named && application !== "") added.push(encodeApplication(application, littleEndian));
    if (!keepSecrets) added.push(encodeComment(SECRETS_LEFT_OUT + "0".padEnd(COUNT_WIDTH), littleEndian));
    return added;
  }

  #packet(rows: PacketRows, type: number, at: number, end: number): void {
    const row = rows.count - 1;
    const data = rows.offset[row] as number;
    const captured = rows.captured[row] as number;
    const { littleEndian } = this.#out;
    const optionsAt = data + padded(captured);
    const existing =
      type !== SIMPLE_PACKET && optionsAt < end - 4 ? rows.bytes.slice(optionsAt, end - 4) : new Uint8Array(0);
    const texts = this.#notes.texts().filter((text) => !hasComment(existing, text, littleEndian));
    this.#notes.pass();
    if (texts.length === 0) return;
    const added = [...texts, ...(CONVERTED[type] ?? [])].map((text) => encodeComment(text, littleEndian));
    const drops = type === OLD_PACKET ? rows.view.getUint16(at + 10, littleEndian) : 0xffff;
    if (drops !== 0xffff) added.push(dropCount(drops, littleEndian));
    const options = withOptions(added, existing);
    if (packetBlockLength(captured, options.length) > LARGEST_PACKET) return;
    this.#copyTo(rows, at);
    encodePacket(this.#out, this.#fields(rows, type, at), rows.bytes.subarray(data, data + captured), options);
    this.#done = end;
    this.comments += texts.length;
  }

  #fields(rows: PacketRows, type: number, at: number): PacketFields {
    const { view } = rows;
    const { littleEndian } = this.#out;
    if (type === SIMPLE_PACKET) {
      const time = BigInt(Math.round(rows.time[rows.count - 1] as number));
      const { high, low } = this.#clock?.stamp(rows.epoch + time) ?? { high: 0, low: 0 };
      return { interface: 0, high, low, wireLength: view.getUint32(at + 8, littleEndian) };
    }
    return {
      interface: type === OLD_PACKET ? view.getUint16(at + 8, littleEndian) : view.getUint32(at + 8, littleEndian),
      high: view.getUint32(at + 12, littleEndian),
      low: view.getUint32(at + 16, littleEndian),
      wireLength: view.getUint32(at + 24, littleEndian),
    };
  }
}

/** What is said of a packet whose block was of another kind. */
const CONVERTED: Readonly<Record<number, readonly string[]>> = {
  [SIMPLE_PACKET]: [
    "halfopen: written as an Enhanced Packet Block, since the Simple Packet Block of the capture has no room for a " +
      "comment. It had no time either: this is that of the packet before it",
  ],
  [OLD_PACKET]: ["halfopen: written as an Enhanced Packet Block in place of the capture's obsolete Packet Block"],
};

const SECRETS_PADDING: number = padded(SECRETS_LEFT_OUT.length + COUNT_WIDTH) - SECRETS_LEFT_OUT.length - COUNT_WIDTH;

/** Options of a block: those added, then those that were there, as they were. */
function withOptions(added: readonly Uint8Array[], existing: Uint8Array): Uint8Array {
  if (existing.length === 0) return added.length === 0 ? existing : joined([...added, END_OF_OPTIONS]);
  return joined([...added, existing, new Uint8Array(padded(existing.length) - existing.length)]);
}

function hasComment(options: Uint8Array, text: string, littleEndian: boolean): boolean {
  const wanted = Buffer.from(commentBytes(text));
  let found = false;
  visitOptions(viewOf(options), { from: 0, end: options.length, littleEndian }, (code, at, length) => {
    if (code === 1 && wanted.equals(options.subarray(at, at + length))) found = true;
  });
  return found;
}

function dropCount(drops: number, littleEndian: boolean): Uint8Array {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, BigInt(drops), littleEndian);
  return encodeOption(EPB_DROPCOUNT, value, littleEndian);
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
