import { ByteReader } from "../byte-reader.ts";
import { malformed } from "../malformed.ts";
import type { FrameBody } from "./frame.ts";
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADERS,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from "./names.ts";

/** Settings of one frame that are kept. */
const MOST_SETTINGS = 64;
const MOST_DEBUG_DATA = 1024;
/** The highest bit of stream identifiers and increments is reserved (RFC 9113 §4.1). */
const WITHOUT_RESERVED = 0x7fff_ffff;

/**
 * Reads the payload of a frame (RFC 9113 §6). `length` is the payload's length; of DATA its first
 * byte is enough, of an unknown type nothing is needed. Offsets count from the start of the payload.
 */
export function readFrameBody(
  { type, flags, length }: { readonly type: number; readonly flags: number; readonly length: number },
  payload: Uint8Array,
): FrameBody {
  const reader = new ByteReader(payload);
  const body = bodyOf(type, flags, length, reader);
  return reader.trouble ?? body;
}

function bodyOf(type: number, flags: number, length: number, reader: ByteReader): FrameBody {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  switch (type) {
    case DATA: {
      const padding = has(PADDED) ? reader.number(1, "pad length") : 0;
      if (padding >= length && has(PADDED)) reader.fail("padding shorter than the frame");
      return { kind: "data", endStream: has(END_STREAM), padding };
    }
    case HEADERS: {
      const padding = has(PADDED) ? reader.number(1, "pad length") : 0;
      if (has(WITH_PRIORITY)) reader.take(5, "priority");
      const block = withoutPadding(reader, padding);
      return { kind: "headers", endStream: has(END_STREAM), endHeaders: has(END_HEADERS), block };
    }
    case PRIORITY: {
      if (length !== 5) return malformed(0, "a length of 5");
      const word = reader.number(4, "stream dependency");
      const exclusive = word > WITHOUT_RESERVED;
      return { kind: "priority", dependsOn: word % 2 ** 31, weight: reader.number(1, "weight") + 1, exclusive };
    }
    case RST_STREAM:
      if (length !== 4) return malformed(0, "a length of 4");
      return { kind: "rst-stream", errorCode: reader.number(4, "error code") };
    case SETTINGS:
      return settingsOf(has(ACK), length, reader);
    case PUSH_PROMISE: {
      const padding = has(PADDED) ? reader.number(1, "pad length") : 0;
      const promised = reader.number(4, "promised stream") % 2 ** 31;
      const block = withoutPadding(reader, padding);
      return { kind: "push-promise", promised, endHeaders: has(END_HEADERS), block };
    }
    case PING: {
      if (length !== 8) return malformed(0, "a length of 8");
      const opaque = Array.from(reader.take(8, "opaque data"), (byte) => byte.toString(16).padStart(2, "0")).join("");
      return { kind: "ping", ack: has(ACK), opaque };
    }
    case GOAWAY: {
      const lastStreamId = reader.number(4, "last stream") % 2 ** 31;
      const errorCode = reader.number(4, "error code");
      const debugData = reader.take(Math.min(reader.left, MOST_DEBUG_DATA), "debug data").slice();
      return { kind: "goaway", lastStreamId, errorCode, debugData };
    }
    case WINDOW_UPDATE:
      if (length !== 4) return malformed(0, "a length of 4");
      return { kind: "window-update", increment: reader.number(4, "increment") % 2 ** 31 };
    case CONTINUATION:
      return { kind: "continuation", endHeaders: has(END_HEADERS), block: reader.take(reader.left, "block") };
  }
  return { kind: "unknown" };
}

function settingsOf(ack: boolean, length: number, reader: ByteReader): FrameBody {
  if (length % 6 !== 0) return malformed(0, "a length that is a multiple of 6");
  if (ack && length > 0) return malformed(0, "no settings in an acknowledgment");
  const settings: (readonly [number, number])[] = [];
  while (reader.left >= 6 && settings.length < MOST_SETTINGS) {
    settings.push([reader.number(2, "identifier"), reader.number(4, "value")]);
  }
  return { kind: "settings", ack, settings };
}

function withoutPadding(reader: ByteReader, padding: number): Uint8Array {
  if (padding > reader.left) {
    reader.fail("padding shorter than the frame");
    return new Uint8Array(0);
  }
  return reader.take(reader.left - padding, "block");
}
