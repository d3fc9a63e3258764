import { printIPv4, printIPv6 } from "../net/address.ts";
import type { Span } from "./pcapng-options.ts";

const MOST_NAMES = 100_000;
const LONGEST_NAME = 255;

/**
 * Adds the records of a Name Resolution Block (draft-ietf-opsawg-pcapng §4.5) to `names`: address
 * to first name. The first name given for an address stays.
 */
export function readNames(bytes: Uint8Array, view: DataView, span: Span, names: Map<string, string>): void {
  let at = span.from;
  while (at + 4 <= span.end && names.size < MOST_NAMES) {
    const kind = view.getUint16(at, span.littleEndian);
    const length = view.getUint16(at + 2, span.littleEndian);
    if (kind === 0 || at + 4 + length > span.end) return;
    const addressLength = kind === 1 ? 4 : kind === 2 ? 16 : 0;
    if (addressLength > 0 && length > addressLength) {
      const address = kind === 1 ? printIPv4(view.getUint32(at + 4, false)) : printIPv6(bytes, at + 4);
      const name = firstName(bytes, at + 4 + addressLength, at + 4 + length);
      if (name !== "" && !names.has(address)) names.set(address, name);
    }
    at += 4 + ((length + 3) & ~3);
  }
}

function firstName(bytes: Uint8Array, from: number, end: number): string {
  const zero = bytes.indexOf(0, from);
  const close = Math.min(zero < 0 ? end : zero, end, from + LONGEST_NAME);
  return new TextDecoder().decode(bytes.subarray(from, close));
}
