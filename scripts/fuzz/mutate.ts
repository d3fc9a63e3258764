/** Ways to spoil a capture: each takes bytes and gives other bytes, with dice as the only source of chance. */

import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Dice } from "../lib/random.ts";
import { containerOf, type Layout, layoutOf, type RecordSpan, viewOf } from "./records.ts";

type Mutation = (bytes: Uint8Array, dice: Dice, other: Uint8Array) => Uint8Array;

/** Values at which length fields and counters tend to break. */
const BOUNDARIES = [
  0, 1, 2, 3, 4, 8, 11, 12, 13, 15, 16, 19, 20, 39, 40, 60, 64, 127, 128, 255, 256, 0x3fff, 0x4000, 0x7fff, 0x8000,
  0xffff, 0x10000, 0x40000, 0x40001, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
];
const LARGEST = 4 << 20;
/** Far enough into a packet to reach the TCP options behind tunnels. */
const HEADERS = 160;

const MUTATIONS: readonly Mutation[] = [
  flipBits,
  setBytes,
  truncate,
  removeRange,
  insertNoise,
  lieAboutLength,
  lieAboutLength,
  spoilHeaders,
  spoilHeaders,
  spoilHeaders,
  spoilTimes,
  splice,
  duplicateRecords,
  shuffleRecords,
  dropRecords,
  mixRecords,
  spoilFileHeader,
];

/** What hurts a reader of text, besides what hurts any reader. */
const LINE_MUTATIONS: readonly Mutation[] = [
  flipBits,
  truncate,
  removeRange,
  insertNoise,
  splice,
  shuffleLines,
  repeatLines,
  spoilNumbers,
  spoilNumbers,
  lengthenLine,
  nestDeeply,
];

/** Spoils `bytes` one to six times over; now and then the result is compressed, and that spoiled as well. */
export function mutate(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array {
  let result = bytes.slice();
  const times = 1 + Math.min(dice.below(6), dice.below(6));
  for (let i = 0; i < times; i++) {
    const mutation = pick(containerOf(result) === "other" ? LINE_MUTATIONS : MUTATIONS, dice);
    if (mutation !== undefined && result.length > 0) result = mutation(result, dice, other).slice(0, LARGEST);
  }
  return dice.below(8) === 0 ? compress(result, dice) : result;
}

function compress(bytes: Uint8Array, dice: Dice): Uint8Array {
  const pack = dice.below(2) === 0 ? gzipSync : zstdCompressSync;
  const packed = new Uint8Array(pack(bytes));
  switch (dice.below(5)) {
    case 0:
      return packed;
    case 1:
      return truncate(packed, dice);
    case 2:
      // Several members after each other are one stream (RFC 1952 §2.2); so are zstd frames (RFC 8878 §3).
      return concat(new Uint8Array(pack(bytes.subarray(0, 100))), new Uint8Array(pack(bytes.subarray(100))));
    case 3:
      // A bomb: a little that inflates to a lot.
      return new Uint8Array(pack(concat(bytes, new Uint8Array(8 << 20))));
    default:
      return flipBits(packed, dice);
  }
}

function flipBits(bytes: Uint8Array, dice: Dice): Uint8Array {
  for (let i = 1 + dice.below(16); i > 0; i--) {
    const at = dice.below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8));
  }
  return bytes;
}

function setBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  for (let i = 1 + dice.below(4); i > 0; i--) writeNumber(bytes, dice.below(bytes.length), dice);
  return bytes;
}

function truncate(bytes: Uint8Array, dice: Dice): Uint8Array {
  return bytes.slice(0, dice.below(bytes.length + 1));
}

function removeRange(bytes: Uint8Array, dice: Dice): Uint8Array {
  const from = dice.below(bytes.length);
  return concat(bytes.subarray(0, from), bytes.subarray(from + 1 + dice.below(64)));
}

function insertNoise(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = dice.below(bytes.length);
  const noise = Uint8Array.from({ length: 1 + dice.below(64) }, () => dice.below(256));
  return concat(bytes.subarray(0, at), noise, bytes.subarray(at));
}

/** Length fields of a record, a block or one of its options. */
function lieAboutLength(bytes: Uint8Array, dice: Dice): Uint8Array {
  const layout = layoutOf(bytes);
  const record = pick(layout.records, dice);
  if (record === undefined) return setBytes(bytes, dice);
  const fields =
    layout.kind === "pcap"
      ? [record.start + 8, record.start + 12]
      : [record.start + 4, record.start + 20, record.start + 24, record.end - 4, record.body + 2];
  writeField(bytes, pick(fields, dice) ?? record.start, dice, layout);
  return bytes;
}

/** The link, network and transport headers of a few packets. */
function spoilHeaders(bytes: Uint8Array, dice: Dice): Uint8Array {
  const { records } = layoutOf(bytes);
  for (let i = 1 + dice.below(5); i > 0; i--) {
    const record = pick(records, dice);
    if (record === undefined) return flipBits(bytes, dice);
    const reach = Math.min(HEADERS, record.end - record.body);
    if (reach > 0) writeNumber(bytes, record.body + dice.below(reach), dice);
  }
  return bytes;
}

function spoilTimes(bytes: Uint8Array, dice: Dice): Uint8Array {
  const layout = layoutOf(bytes);
  const record = pick(layout.records, dice);
  if (record === undefined) return bytes;
  const time = layout.kind === "pcap" ? record.start : record.start + 12;
  writeField(bytes, time + 4 * dice.below(2), dice, layout);
  return bytes;
}

function splice(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array {
  return concat(bytes.subarray(0, dice.below(bytes.length)), other.subarray(dice.below(other.length)));
}

function duplicateRecords(bytes: Uint8Array, dice: Dice): Uint8Array {
  const { records } = layoutOf(bytes);
  const order = records.flatMap((record) => Array<RecordSpan>(dice.below(12) === 0 ? 2 : 1).fill(record));
  return reassemble(bytes, records, order);
}

function shuffleRecords(bytes: Uint8Array, dice: Dice): Uint8Array {
  const { records } = layoutOf(bytes);
  const order = [...records];
  for (let i = 1 + dice.below(20); i > 0 && order.length > 1; i--) {
    const from = dice.below(order.length - 1);
    const to = Math.min(order.length - 1, from + 1 + dice.below(4));
    [order[from], order[to]] = [order[to] as RecordSpan, order[from] as RecordSpan];
  }
  return reassemble(bytes, records, order);
}

function dropRecords(bytes: Uint8Array, dice: Dice): Uint8Array {
  const { records } = layoutOf(bytes);
  const share = dice.unit() * 0.5;
  return reassemble(
    bytes,
    records,
    records.filter(() => dice.unit() >= share),
  );
}

/** Records of another capture among this one's. */
function mixRecords(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array {
  const { records } = layoutOf(bytes);
  const foreign = layoutOf(other).records;
  const at = pick(records, dice)?.start ?? bytes.length;
  const first = dice.below(foreign.length + 1);
  const taken = foreign.slice(first, first + 1 + dice.below(20));
  const inserted = taken.map((record) => other.subarray(record.start, record.end));
  return concat(bytes.subarray(0, at), ...inserted, bytes.subarray(at));
}

/** Magic, version, snap length, link type; or the first blocks of a pcapng. */
function spoilFileHeader(bytes: Uint8Array, dice: Dice): Uint8Array {
  writeNumber(bytes, dice.below(Math.min(bytes.length, 64)), dice);
  return bytes;
}

/** The file with its records in another order; what stands before the first record stays. */
function reassemble(bytes: Uint8Array, records: readonly RecordSpan[], order: readonly RecordSpan[]): Uint8Array {
  const head = records[0]?.start ?? bytes.length;
  return concat(bytes.subarray(0, head), ...order.map((r) => bytes.subarray(r.start, r.end)));
}

function writeField(bytes: Uint8Array, at: number, dice: Dice, layout: Layout): void {
  if (at < 0 || at + 4 > bytes.length) return;
  const view = viewOf(bytes);
  const near = view.getUint32(at, layout.littleEndian) + dice.below(9) - 4;
  view.setUint32(at, dice.below(3) === 0 ? near : boundary(dice), layout.littleEndian);
}

/** A boundary value of one, two or four bytes, in either byte order. */
function writeNumber(bytes: Uint8Array, at: number, dice: Dice): void {
  const view = viewOf(bytes);
  const width = [1, 1, 2, 4][dice.below(4)] ?? 1;
  if (at + width > bytes.length || width === 1) {
    bytes[at] = dice.below(2) === 0 ? dice.below(256) : boundary(dice);
  } else if (width === 2) {
    view.setUint16(at, boundary(dice), dice.below(2) === 0);
  } else {
    view.setUint32(at, boundary(dice), dice.below(2) === 0);
  }
}

function boundary(dice: Dice): number {
  return pick(BOUNDARIES, dice) ?? 0;
}

function pick<T>(items: readonly T[], dice: Dice): T | undefined {
  return items[dice.below(items.length)];
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

const NEWLINE = 0x0a;

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  if (from < bytes.length) lines.push(bytes.subarray(from));
  return lines;
}

function shuffleLines(bytes: Uint8Array, dice: Dice): Uint8Array {
  const lines = linesOf(bytes);
  for (let i = 1 + dice.below(20); i > 0; i--) {
    const [a, b] = [dice.below(lines.length), dice.below(lines.length)];
    [lines[a], lines[b]] = [lines[b] as Uint8Array, lines[a] as Uint8Array];
  }
  return concat(...lines);
}

function repeatLines(bytes: Uint8Array, dice: Dice): Uint8Array {
  const lines = linesOf(bytes);
  const at = dice.below(lines.length);
  const some = lines.slice(at, at + 1 + dice.below(8));
  return concat(
    ...lines.slice(0, at),
    ...Array.from({ length: 1 + dice.below(200) }, () => some).flat(),
    ...lines.slice(at),
  );
}

/** Times, ports, counts and status codes: other digits, no digits, far too many. */
function spoilNumbers(bytes: Uint8Array, dice: Dice): Uint8Array {
  let result = bytes;
  for (let i = 1 + dice.below(12); i > 0; i--) {
    const start = dice.below(result.length);
    const from = result.findIndex((byte, at) => at >= start && byte >= 0x30 && byte <= 0x39);
    if (from < 0) return result;
    let to = from;
    while (to < result.length && (result[to] as number) >= 0x30 && (result[to] as number) <= 0x39) to++;
    const size = pick([0, 1, to - from, to - from, 5, 20, 400], dice) ?? 1;
    const digits = Uint8Array.from({ length: size }, () => 0x30 + dice.below(10));
    result = concat(result.subarray(0, from), digits, result.subarray(to));
  }
  return result;
}

function lengthenLine(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = dice.below(bytes.length);
  const filler = new Uint8Array(1 + dice.below(100_000)).fill(
    pick([0x20, 0x22, 0x28, 0x3a, 0x5b, 0x5c, 0x61, 0x7b], dice) ?? 0x20,
  );
  return concat(bytes.subarray(0, at), filler, bytes.subarray(at));
}

/** Brackets within brackets, as one line of JSON may have them. */
function nestDeeply(bytes: Uint8Array, dice: Dice): Uint8Array {
  const depth = 1 + dice.below(20_000);
  const nest = new TextEncoder().encode(`\n${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}\n`);
  const at = dice.below(bytes.length);
  return concat(bytes.subarray(0, at), nest, bytes.subarray(at));
}
