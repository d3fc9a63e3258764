import type { Segment } from "../session/segment.ts";

/** A TLS record as its header shows it (RFC 8446 §5.1, RFC 5246 §6.2.1). */
export interface TlsRecord {
  /** 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data, 24 heartbeat. */
  readonly type: number;
  /** Bytes after the five of the header. */
  readonly length: number;
  /** Where the header stands in the segment's payload. */
  readonly at: number;
}

export const TLS_CHANGE_CIPHER_SPEC = 0x14;
export const TLS_ALERT = 0x15;
export const TLS_HANDSHAKE = 0x16;
export const TLS_APPLICATION_DATA = 0x17;
const TLS_HEARTBEAT = 0x18;

const HEADER = 5;
/** RFC 8446 §5.2 allows 2^14 + 256, RFC 5246 §6.2.3 2^14 + 2048. */
const LONGEST_RECORD = 0x4800;

/**
 * The records whose headers stand in the captured beginning of a segment, the first at its first
 * byte. Empty when the segment does not begin with a record (it may continue one).
 */
export function tlsRecords(segment: Segment): readonly TlsRecord[] {
  const { head } = segment;
  const records: TlsRecord[] = [];
  for (let at = 0; at + HEADER <= head.length && at < segment.length; ) {
    const type = head[at] ?? 0;
    const length = ((head[at + 3] ?? 0) << 8) | (head[at + 4] ?? 0);
    if (type < TLS_CHANGE_CIPHER_SPEC || type > TLS_HEARTBEAT) break;
    if (head[at + 1] !== 3 || (head[at + 2] ?? 0) > 4 || length > LONGEST_RECORD) break;
    records.push({ type, length, at });
    at += HEADER + length;
  }
  return records;
}

/** Whether the records fill the segment to its last byte. */
export function fillsSegment(records: readonly TlsRecord[], segment: Segment): boolean {
  const last = records.at(-1);
  return last !== undefined && last.at + HEADER + last.length === segment.length;
}

/** TLS 1.3 adds a tag of 16 bytes and one type byte (RFC 8446 §5.2). */
const OVERHEADS_13 = [17];
/** TLS 1.2: AES-GCM a nonce of 8 and a tag of 16 (RFC 5288 §3), ChaCha20-Poly1305 a tag of 16 (RFC 7905 §2). */
const OVERHEADS_12 = [24, 16];

/** Plain bytes of a TLS 1.2 Finished message (RFC 5246 §7.4.9). */
const FINISHED_12 = 16;

/**
 * What encryption may add to the plain text of a record on this connection. TLS 1.2 shows itself by a
 * second flight of the client that is still a handshake record, TLS 1.3 by one that is not; under
 * 1.2 the record after a change_cipher_spec is the Finished, whose length gives the cipher's
 * overhead away. A connection whose beginning was not captured may be of either version.
 */
export function tlsOverheads(segments: readonly Segment[]): readonly number[] {
  const version = versionOf(segments);
  if (version === "1.3") return OVERHEADS_13;
  if (version === undefined) return [...OVERHEADS_13, ...OVERHEADS_12];
  for (const segment of segments) {
    const records = tlsRecords(segment);
    const finished = records[records.findIndex((r) => r.type === TLS_CHANGE_CIPHER_SPEC) + 1];
    if (records.length < 2 || finished?.type !== TLS_HANDSHAKE || finished.at === 0) continue;
    const overhead = finished.length - FINISHED_12;
    if (OVERHEADS_12.includes(overhead)) return [overhead];
  }
  return OVERHEADS_12;
}

function versionOf(segments: readonly Segment[]): "1.2" | "1.3" | undefined {
  let hello = false;
  for (const segment of segments) {
    if (segment.from !== "client" || segment.length === 0) continue;
    const first = tlsRecords(segment)[0];
    if (!hello) {
      if (first?.type !== TLS_HANDSHAKE) return undefined;
      hello = true;
      continue;
    }
    if (first?.type === TLS_HANDSHAKE) return "1.2";
    // The compatibility change_cipher_spec of 1.3, or its Finished, already in disguise (RFC 8446 §D.4).
    if (first?.type === TLS_CHANGE_CIPHER_SPEC || first?.type === TLS_APPLICATION_DATA) return "1.3";
  }
  return undefined;
}
