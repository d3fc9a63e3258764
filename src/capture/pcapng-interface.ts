import { PcapngClock } from "./pcapng-clock.ts";
import { type Span, visitOptions } from "./pcapng-options.ts";

/** What an Interface Description Block says (draft-ietf-opsawg-pcapng §4.2). */
export interface PcapngInterface {
  readonly linkType: number;
  /** Longest capture of a packet; 0 means no limit. */
  readonly snapLength: number;
  readonly clock: PcapngClock;
  readonly name: string;
  readonly description: string;
  readonly os: string;
  readonly hardware: string;
}

/** Reads the block whose body is `[from, end)`; undefined when it is too short. */
export function readInterface(view: DataView, span: Span): PcapngInterface | undefined {
  const { from, end, littleEndian } = span;
  if (end - from < 8) return undefined;
  let resolution = 6;
  let offset = 0n;
  const texts = new Map<number, string>();
  visitOptions(view, { from: from + 8, end, littleEndian }, (code, at, length) => {
    if (code === 9 && length >= 1) resolution = view.getUint8(at);
    if (code === 14 && length >= 8) offset = view.getBigInt64(at, littleEndian);
    if (TEXT_OPTIONS.has(code)) texts.set(code, readText(view, at, length));
  });
  return {
    linkType: view.getUint16(from, littleEndian),
    snapLength: view.getUint32(from + 4, littleEndian),
    clock: new PcapngClock(resolution, offset),
    name: texts.get(2) ?? "",
    description: texts.get(3) ?? "",
    os: texts.get(12) ?? "",
    hardware: texts.get(15) ?? "",
  };
}

/** if_name, if_description, if_os, if_hardware. */
const TEXT_OPTIONS: ReadonlySet<number> = new Set([2, 3, 12, 15]);

/** Longest text kept of an option, in bytes. */
const LONGEST_TEXT = 1024;

/** Decodes UTF-8 text, without the zero bytes that some writers put at its end. */
export function readText(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, LONGEST_TEXT));
  const zero = bytes.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
}
