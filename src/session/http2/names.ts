/** Names of numbers in HTTP/2 (RFC 9113 §6 and §7; RFC 7838, RFC 8441, RFC 9218, RFC 8336). */

export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

/** Flags; what a bit means depends on the frame. */
export const ACK = 0x1;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const WITH_PRIORITY = 0x20;

/** The error code of a request that was not processed (RFC 9113 §8.7). */
export const REFUSED_STREAM = 0x7;

export const HEADER_TABLE_SIZE = 0x1;
export const INITIAL_WINDOW_SIZE = 0x4;

const TYPES: readonly string[] = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
  "CONTINUATION",
  "ALTSVC",
  "BLOCKED",
  "ORIGIN",
];

/** Error codes by number (RFC 9113 §7). */
export const ERROR_CODES: readonly string[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

const SETTING_NAMES: Readonly<Record<number, string>> = {
  1: "HEADER_TABLE_SIZE",
  2: "ENABLE_PUSH",
  3: "MAX_CONCURRENT_STREAMS",
  4: "INITIAL_WINDOW_SIZE",
  5: "MAX_FRAME_SIZE",
  6: "MAX_HEADER_LIST_SIZE",
  8: "ENABLE_CONNECT_PROTOCOL",
  9: "NO_RFC7540_PRIORITIES",
};

export const frameTypeName = (type: number): string =>
  type === 0x10 ? "PRIORITY_UPDATE" : (TYPES[type] ?? `type 0x${type.toString(16)}`);
export const errorCodeName = (code: number): string => ERROR_CODES[code] ?? `error 0x${code.toString(16)}`;
export const settingName = (id: number): string => SETTING_NAMES[id] ?? `0x${id.toString(16)}`;

/** The flags that are set, by the names they have in this type of frame. */
export function flagNames(type: number, flags: number): string[] {
  const names: string[] = [];
  if ((flags & 0x1) !== 0) {
    if (type === DATA || type === HEADERS) names.push("END_STREAM");
    else if (type === SETTINGS || type === PING) names.push("ACK");
  }
  const withBlock = type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION;
  if ((flags & END_HEADERS) !== 0 && withBlock) names.push("END_HEADERS");
  if ((flags & PADDED) !== 0 && (type === DATA || type === HEADERS || type === PUSH_PROMISE)) names.push("PADDED");
  if ((flags & WITH_PRIORITY) !== 0 && type === HEADERS) names.push("PRIORITY");
  return names;
}
