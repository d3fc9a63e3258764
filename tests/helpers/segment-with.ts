import type { Segment } from "../../src/session/segment.ts";

/** A data segment with this payload, of which the first `captured` bytes were kept. */
export function segmentWith(bytes: readonly number[], from: Segment["from"] = "client", captured = 64): Segment {
  return {
    packet: 1,
    time: 0,
    from,
    flags: 0x18,
    seq: 1,
    ack: 1,
    length: bytes.length,
    window: 502,
    ttl: 64,
    ipId: 1,
    timestamp: undefined,
    optionBytes: 12,
    head: Uint8Array.from(bytes.slice(0, captured)),
    sourceMac: "",
    notes: [],
  };
}
