/** RFC 9113 §6.8: GOAWAY on stream 0, without debug data. */
export function goawayFrame(lastStreamId: number, code: number): Buffer {
  const frame = Buffer.alloc(17);
  // length 8, type 0x07, no flags, stream 0
  frame.writeUIntBE(8, 0, 3);
  frame.writeUInt8(0x07, 3);
  frame.writeUInt32BE(lastStreamId, 9);
  frame.writeUInt32BE(code, 13);
  return frame;
}

/** NO_ERROR, with the last stream id there can be: it refuses nothing. */
export const GOAWAY_ANNOUNCEMENT: Buffer = goawayFrame(2 ** 31 - 1, 0x00);
