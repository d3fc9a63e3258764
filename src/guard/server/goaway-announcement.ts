/**
 * RFC 9113 §6.8: GOAWAY on stream 0, NO_ERROR, no debug data, with the last stream id there can be: it refuses nothing. Length 8,
 * type 0x07, no flags.
 */
export const GOAWAY_ANNOUNCEMENT: Buffer = Buffer.from("000008" + "0700" + "00000000" + "7fffffff" + "00000000", "hex");
