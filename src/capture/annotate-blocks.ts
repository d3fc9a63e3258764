import { printable } from "../net/printable.ts";
import type { BlockBuffer } from "./block-buffer.ts";

/**
 * Encoders for the blocks of an annotated capture (draft-ietf-opsawg-pcapng §4), in the byte order of
 * the section that is being written.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;

/** A comment is cut here; an option's value can't be longer than 65535 bytes (draft §3.5). */
const LONGEST_COMMENT = 32_768;

const NOTHING: Uint8Array = new Uint8Array(0);

/** The option that ends a list of options: four zero bytes. */
export const END_OF_OPTIONS: Uint8Array = new Uint8Array(4);

/** An Interface Description Block (draft §4.2). */
export interface InterfaceFields {
  readonly linkType: number;
  readonly snapLength: number;
  /** `if_tsresol`: 6 for microseconds, 9 for nanoseconds. */
  readonly resolution: 6 | 9;
  readonly description?: string | undefined;
  /** `if_fcslen`, in bits. */
  readonly fcsBits?: number | undefined;
}

/** The fixed fields of an Enhanced Packet Block (draft §4.3). */
export interface PacketFields {
  interface: number;
  /** The time stamp's upper and lower 32 bits, in ticks of the interface. */
  high: number;
  low: number;
  wireLength: number;
}

/** One option: code, length, value, padding (draft §3.5). */
export function encodeOption(code: number, value: Uint8Array, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, littleEndian);
  view.setUint16(2, value.length, littleEndian);
  bytes.set(value, 4);
  return bytes;
}

/** `opt_comment`. Text from evidence is made safe to print; line breaks stay, and a very long comment is cut. */
export function encodeComment(text: string, littleEndian: boolean): Uint8Array {
  return encodeOption(OPT_COMMENT, commentBytes(text), littleEndian);
}

/** The bytes of a comment, as `encodeComment` writes them. */
export function commentBytes(text: string): Uint8Array {
  // Cut before it is escaped too: escaping makes a text at most nine times as long.
  const safe = text.slice(0, LONGEST_COMMENT).split("\n").map(printable).join("\n");
  const bytes = new TextEncoder().encode(safe);
  if (bytes.length <= LONGEST_COMMENT) return bytes;
  let end = LONGEST_COMMENT - 3;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return Uint8Array.from([...bytes.subarray(0, end), 0xe2, 0x80, 0xa6]);
}

/** `shb_userappl`: the program that wrote the section (draft §4.1). */
export function encodeApplication(name: string, littleEndian: boolean): Uint8Array {
  return encodeOption(SHB_USERAPPL, commentBytes(name), littleEndian);
}

/**
 * A Section Header Block. The section's length is given as unknown (-1), since it is not known yet.
 * `version` is the four bytes of major and minor version.
 */
export function encodeSection(out: BlockBuffer, options: Uint8Array, version?: Uint8Array): void {
  const { littleEndian } = out;
  const at = beginBlock(out, SECTION_HEADER, 16 + options.length);
  const { view, bytes } = out;
  view.setUint32(at, BYTE_ORDER_MAGIC, littleEndian);
  view.setUint16(at + 4, 1, littleEndian);
  view.setUint16(at + 6, 0, littleEndian);
  if (version !== undefined) bytes.set(version, at + 4);
  view.setBigInt64(at + 8, -1n, littleEndian);
  bytes.set(options, at + 16);
}

/** An Interface Description Block. */
export function encodeInterface(out: BlockBuffer, fields: InterfaceFields): void {
  const { littleEndian } = out;
  const options = joined([
    fields.description === undefined ? NOTHING : encodeOption(3, commentBytes(fields.description), littleEndian),
    encodeOption(9, Uint8Array.of(fields.resolution), littleEndian),
    fields.fcsBits === undefined ? NOTHING : encodeOption(13, Uint8Array.of(fields.fcsBits), littleEndian),
    END_OF_OPTIONS,
  ]);
  const at = beginBlock(out, INTERFACE_DESCRIPTION, 8 + options.length);
  out.view.setUint16(at, fields.linkType, littleEndian);
  out.view.setUint16(at + 2, 0, littleEndian);
  out.view.setUint32(at + 4, fields.snapLength, littleEndian);
  out.bytes.set(options, at + 8);
}

/** An Enhanced Packet Block. `options` are whole, their end included. Called for every packet: makes no object. */
export function encodePacket(
  out: BlockBuffer,
  fields: PacketFields,
  packet: Uint8Array,
  options: Uint8Array = NOTHING,
): void {
  const { littleEndian } = out;
  const data = padded(packet.length);
  const at = beginBlock(out, ENHANCED_PACKET, 20 + data + options.length);
  const { view, bytes } = out;
  view.setUint32(at, fields.interface, littleEndian);
  view.setUint32(at + 4, fields.high, littleEndian);
  view.setUint32(at + 8, fields.low, littleEndian);
  view.setUint32(at + 12, packet.length, littleEndian);
  view.setUint32(at + 16, fields.wireLength, littleEndian);
  bytes.set(packet, at + 20);
  bytes.fill(0, at + 20 + packet.length, at + 20 + data);
  if (options.length > 0) bytes.set(options, at + 20 + data);
}

/** Bytes that an Enhanced Packet Block takes. */
export function packetBlockLength(captured: number, options: number): number {
  return 32 + padded(captured) + options;
}

/** Rounds up to the 32 bits that everything in pcapng is padded to. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Puts pieces of bytes together. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Writes type and both lengths of a block (draft §3.1); says where its body goes. `body` is a multiple of 4. */
function beginBlock(out: BlockBuffer, type: number, body: number): number {
  const length = body + 12;
  const at = out.room(length);
  out.view.setUint32(at, type, out.littleEndian);
  out.view.setUint32(at + 4, length, out.littleEndian);
  out.view.setUint32(at + length - 4, length, out.littleEndian);
  return at + 8;
}
