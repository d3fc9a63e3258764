/** Encodes HTTP/2 frames (RFC 9113 §4.1, §6) and header blocks without a table (RFC 7541 §6.2.2), so that every block stands for itself. */

export const H2_DATA = 0;
export const H2_HEADERS = 1;
export const H2_RST_STREAM = 3;
export const H2_SETTINGS = 4;
export const H2_PING = 6;
export const H2_GOAWAY = 7;
export const H2_WINDOW_UPDATE = 8;
/** Flags: END_STREAM and ACK are the same bit; END_HEADERS. */
export const H2_END_STREAM = 0x1;
export const H2_ACK = 0x1;
export const H2_END_HEADERS = 0x4;
/** SETTINGS_MAX_FRAME_SIZE unless the peer says more. */
export const H2_MAX_FRAME = 16_384;

/** What a client begins with (RFC 9113 §3.4). */
export const H2_PREFACE: Uint8Array = ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface Http2Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

export function encodeFrame(frame: Http2Frame): Uint8Array {
  const payload = frame.payload ?? new Uint8Array(0);
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (payload.length << 8) | frame.type);
  view.setUint8(4, frame.flags ?? 0);
  view.setUint32(5, frame.stream ?? 0);
  bytes.set(payload, 9);
  return bytes;
}

/** Big-endian words of 32 bits. */
export function words32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return bytes;
}

export function encodeSettings(settings: ReadonlyArray<readonly [id: number, value: number]>): Uint8Array {
  const payload = new Uint8Array(6 * settings.length);
  const view = new DataView(payload.buffer);
  for (const [i, [id, value]] of settings.entries()) {
    view.setUint16(6 * i, id);
    view.setUint32(6 * i + 2, value);
  }
  return encodeFrame({ type: H2_SETTINGS, payload });
}

/** A body as DATA frames of at most 16 KiB. */
export function encodeData(stream: number, body: Uint8Array, endStream: boolean): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += H2_MAX_FRAME) {
    const last = at + H2_MAX_FRAME >= body.length;
    const flags = last && endStream ? H2_END_STREAM : 0;
    frames.push(encodeFrame({ type: H2_DATA, flags, stream, payload: body.subarray(at, at + H2_MAX_FRAME) }));
  }
  return concatenate(frames);
}

/** Header fields as literals without indexing, names and values as they are. */
export function encodeFields(fields: ReadonlyArray<readonly [name: string, value: string]>): Uint8Array {
  return concatenate(fields.flatMap(([name, value]) => [Uint8Array.of(0), encodeString(name), encodeString(value)]));
}

/** RFC 7541 §5.2 with an integer of a 7-bit prefix (§5.1). */
function encodeString(text: string): Uint8Array {
  const length: number[] = [];
  if (text.length < 127) length.push(text.length);
  else {
    length.push(127);
    let left = text.length - 127;
    for (; left > 127; left >>= 7) length.push((left & 127) | 128);
    length.push(left);
  }
  return concatenate([Uint8Array.from(length), ascii(text)]);
}

export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) & 255;
  return bytes;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
