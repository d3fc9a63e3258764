import { readFrameBody } from "./frame-body.ts";
import { SETTINGS } from "./names.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The settings in an HTTP2-Settings header: the payload of a SETTINGS frame in base64url (RFC 7540 §3.2.1). */
export function readUpgradeSettings(value: string): readonly (readonly [number, number])[] {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const sign of value.slice(0, 1024).replace(/=+$/, "")) {
    const digit = ALPHABET.indexOf(sign);
    if (digit < 0) return [];
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  const body = readFrameBody({ type: SETTINGS, flags: 0, length: bytes.length }, Uint8Array.from(bytes));
  return body.kind === "settings" ? body.settings : [];
}
