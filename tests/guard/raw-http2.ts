/** An HTTP/2 server made of frames (RFC 9113 §4.1), for what no decent server does. */
import { createServer, type Server, type Socket } from "node:net";

export const DATA = 0x0;
export const HEADERS = 0x1;
export const SETTINGS = 0x4;
export const PING = 0x6;
const GOAWAY = 0x7;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * at);
  return bytes;
}

/** Status 200, the eighth entry of HPACK's static table. */
export const respond200 = (stream: number, end: boolean): Buffer =>
  frame(HEADERS, end ? 0x5 : 0x4, stream, Buffer.from([0x88]));
export const goaway = (lastStream: number, code: number): Buffer => frame(GOAWAY, 0, 0, words(lastStream, code));
export const settings = (values: Readonly<Record<number, number>> = {}): Buffer =>
  frame(
    SETTINGS,
    0,
    0,
    Buffer.concat(
      Object.entries(values).map(([id, value]) => Buffer.concat([Buffer.from([0, Number(id)]), words(value)])),
    ),
  );
export const windowUpdate = (bytes: number): Buffer => frame(0x8, 0, 0, words(bytes));

/** Acknowledges SETTINGS, as long as it should; all else is up to `onFrame`. */
export function rawServer(
  onFrame: (frame: Frame, socket: Socket) => void,
  options: { readonly first?: Buffer; readonly allowHalfOpen?: boolean; readonly acknowledges?: () => boolean } = {},
): Server {
  return createServer({ allowHalfOpen: options.allowHalfOpen ?? false }, (socket) => {
    let waiting = Buffer.alloc(0);
    let prefaceLeft = 24;
    socket.on("error", () => {});
    socket.write(options.first ?? settings());
    socket.on("data", (bytes: Buffer) => {
      const skipped = Math.min(prefaceLeft, bytes.length);
      prefaceLeft -= skipped;
      waiting = Buffer.concat([waiting, bytes.subarray(skipped)]);
      while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
        const end = 9 + waiting.readUIntBE(0, 3);
        const { 3: type = 0, 4: flags = 0 } = waiting;
        const read = { type, flags, stream: waiting.readUInt32BE(5), payload: waiting.subarray(9, end) };
        waiting = waiting.subarray(end);
        if (type === SETTINGS && flags === 0 && options.acknowledges?.() !== false) socket.write(frame(SETTINGS, 1, 0));
        onFrame(read, socket);
      }
    });
  });
}
