/**
 * Decompresses header blocks (RFC 7541). One decoder for each direction of a connection: every block
 * changes the table that the next one refers to, so one that cannot be read leaves the rest unreadable.
 *
 * Bounds: the table holds at most 1 MiB as HPACK counts it, and of one block 256 fields and 64 KiB are kept.
 */
import { type Malformed, malformed } from "../malformed.ts";
import type { Field, FieldList } from "./frame.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_TABLE } from "./static-table.ts";

/** What an entry counts besides its strings (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;
const INITIAL_TABLE = 4096;
const LARGEST_TABLE: number = 1024 * 1024;
const MOST_FIELDS = 256;
const MOST_KEPT: number = 64 * 1024;

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

export class HpackDecoder {
  /** Oldest first, from `#start` on. */
  #table: Field[] = [];
  #start = 0;
  #size = 0;
  #capacity = INITIAL_TABLE;
  /** What the decoding end allowed (SETTINGS_HEADER_TABLE_SIZE). */
  #limit = INITIAL_TABLE;
  #broken = false;

  /** The end that decodes announced this table size. */
  allow(size: number): void {
    this.#limit = Math.max(INITIAL_TABLE, Math.min(size, LARGEST_TABLE));
  }

  /** Something was lost: nothing from here on can be decompressed. */
  giveUp(): void {
    this.#broken = true;
  }

  /** The fields of a whole header block. */
  decode(block: Uint8Array): FieldList | Malformed {
    if (this.#broken) return malformed(0, "all header blocks before this one");
    const cursor: Cursor = { bytes: block, at: 0 };
    const fields: Field[] = [];
    let omitted = 0;
    let kept = 0;
    while (cursor.at < block.length) {
      const field = this.#next(cursor);
      if (field === undefined) {
        this.#broken = true;
        return malformed(cursor.at, "an HPACK representation");
      }
      if (field === "resized") continue;
      kept += field.name.length + field.value.length;
      if (fields.length < MOST_FIELDS && kept <= MOST_KEPT) fields.push(field);
      else omitted++;
    }
    return { fields, omitted };
  }

  /** The next representation (RFC 7541 §6). */
  #next(cursor: Cursor): Field | "resized" | undefined {
    const first = cursor.bytes[cursor.at] ?? 0;
    if ((first & 0x80) !== 0) {
      const index = readInteger(cursor, 7);
      return index === undefined ? undefined : this.#entry(index);
    }
    if ((first & 0xe0) === 0x20) {
      const size = readInteger(cursor, 5);
      if (size === undefined || size > this.#limit) return undefined;
      this.#capacity = size;
      this.#evict();
      return "resized";
    }
    const indexed = (first & 0x40) !== 0;
    const field = this.#literal(cursor, indexed ? 6 : 4);
    if (indexed && field !== undefined) this.#add(field);
    return field;
  }

  #literal(cursor: Cursor, prefix: number): Field | undefined {
    const index = readInteger(cursor, prefix);
    if (index === undefined) return undefined;
    const name = index === 0 ? readString(cursor) : this.#entry(index)?.name;
    if (name === undefined) return undefined;
    const value = readString(cursor);
    return value === undefined ? undefined : { name, value };
  }

  #entry(index: number): Field | undefined {
    if (index <= STATIC_TABLE.length) return STATIC_TABLE[index - 1];
    const place = this.#table.length - (index - STATIC_TABLE.length);
    return place >= this.#start ? this.#table[place] : undefined;
  }

  #add(field: Field): void {
    this.#table.push(field);
    this.#size += sizeOf(field);
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#capacity) {
      const oldest = this.#table[this.#start];
      if (oldest === undefined) break;
      this.#start++;
      this.#size -= sizeOf(oldest);
    }
    if (this.#start <= 1024 || this.#start * 2 <= this.#table.length) return;
    this.#table = this.#table.slice(this.#start);
    this.#start = 0;
  }
}

const sizeOf = ({ name, value }: Field): number => name.length + value.length + ENTRY_OVERHEAD;

/** An integer behind the bits of its first byte (RFC 7541 §5.1); undefined when cut short or beyond 2^31. */
function readInteger(cursor: Cursor, prefix: number): number | undefined {
  const mask = (1 << prefix) - 1;
  const first = cursor.bytes[cursor.at];
  if (first === undefined) return undefined;
  cursor.at++;
  let value = first & mask;
  if (value < mask) return value;
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) return undefined;
    cursor.at++;
    value += (byte & 0x7f) * scale;
    if (value > 0x7fff_ffff) return undefined;
    if ((byte & 0x80) === 0) return value;
  }
  return undefined;
}

/** A string literal (RFC 7541 §5.2) as Latin-1. */
function readString(cursor: Cursor): string | undefined {
  const huffman = ((cursor.bytes[cursor.at] ?? 0) & 0x80) !== 0;
  const length = readInteger(cursor, 7);
  if (length === undefined || cursor.at + length > cursor.bytes.length) return undefined;
  const bytes = cursor.bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  if (huffman) return decodeHuffman(bytes);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
