import { GOAWAY, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE } from "./names.ts";

/** The client connection preface (RFC 9113 §3.4). */
export const PREFACE: Uint8Array = Uint8Array.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (sign) => sign.charCodeAt(0));

const HEADER = 9;
/** The largest frame that needs no setting (RFC 9113 §4.2). */
const USUAL_FRAME = 16_384;
/** The types of RFC 9113. */
const LAST_TYPE = 9;

/** Whether bytes are the preface, or its beginning where there are fewer. */
export function isPrefaceStart(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, PREFACE.length);
  for (let i = 0; i < length; i++) if (bytes[i] !== PREFACE[i]) return false;
  return length > 0;
}

/** Whether bytes begin with SETTINGS, which is what either end sends first (RFC 9113 §3.4). */
export function isFirstSettings(bytes: Uint8Array): boolean {
  return isFrameHeader(bytes) && bytes[3] === SETTINGS && lengthOf(bytes) <= 6 * 64;
}

/**
 * Whether bytes in the middle of a connection are frames: one after the other, up to their end,
 * and one among them whose length is fixed by its type.
 */
export function isFrameRun(bytes: Uint8Array): boolean {
  let telling = false;
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const frame = bytes.subarray(at);
    if (!isFrameHeader(frame)) return false;
    const type = frame[3] ?? 0;
    if (type >= RST_STREAM && type !== 5) telling = true;
    at += HEADER + lengthOf(frame);
  }
  return telling && at === bytes.length;
}

/** Whether bytes begin like a frame: a known type, a usual length that fits the type, a stream where there must be one. */
export function isFrameHeader(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER) return false;
  const [, , , type = 0, flags = 0, top = 0, , , low = 0] = bytes;
  const length = lengthOf(bytes);
  const onStream = (top | (bytes[6] ?? 0) | (bytes[7] ?? 0) | low) !== 0;
  if (type > LAST_TYPE || length > USUAL_FRAME || (top & 0x80) !== 0) return false;
  switch (type) {
    case SETTINGS:
      return !onStream && length % 6 === 0 && flags <= 1 && (flags === 0 || length === 0);
    case PING:
      return !onStream && length === 8 && flags <= 1;
    case GOAWAY:
      return !onStream && length >= 8;
    case WINDOW_UPDATE:
      return length === 4;
    case RST_STREAM:
      return onStream && length === 4;
    case 2:
      return onStream && length === 5;
  }
  return onStream && (flags & ~0x2d) === 0;
}

const lengthOf = (header: Uint8Array): number => ((header[0] ?? 0) << 16) | ((header[1] ?? 0) << 8) | (header[2] ?? 0);
