import type { Segment } from "../session/segment.ts";
import {
  fillsSegment,
  TLS_ALERT,
  TLS_APPLICATION_DATA,
  TLS_CHANGE_CIPHER_SPEC,
  TLS_HANDSHAKE,
  type TlsRecord,
  tlsOverheads,
  tlsRecords,
} from "./tls-records.ts";

/**
 * What the first bytes of a segment are for. `request`, `response`, `encrypted`, `frames` and
 * `opaque` carry an exchange; `control` needs no answer beyond its own kind (HTTP/2 WINDOW_UPDATE,
 * SETTINGS, PING, RST_STREAM); `goaway` announces an end; `farewell` is said on leaving (TLS alert,
 * HTTP 408, QUIT); `handshake` is TLS before there is data.
 */
export type PayloadKind =
  | "request"
  | "response"
  | "encrypted"
  | "frames"
  | "control"
  | "goaway"
  | "farewell"
  | "handshake"
  | "opaque";

export interface Payload {
  readonly kind: PayloadKind;
  /** An HTTP/2 PING or GOAWAY without debug data, seen in the clear or by the size of its record. */
  readonly pingSized: boolean;
  /** Found by the size of an encrypted record only (PING and GOAWAY, WINDOW_UPDATE and RST_STREAM are alike). */
  readonly inferred: boolean;
  /** HTTP/1 start line as far as it was captured. */
  readonly line?: string;
  /** HTTP/1 status code of a response. */
  readonly status?: number;
}

/** Bytes of an HTTP/2 SETTINGS ACK; of a WINDOW_UPDATE or RST_STREAM; of a PING or bare GOAWAY (RFC 9113 §4.1, §6). */
const CONTROL_SIZES = [9, 13, 17];
const PING_SIZE = 17;
const ALERT_SIZE = 2;
const RECORD_HEADER = 5;

/** A reader for the segments of one connection: it knows the connection's TLS version. Never throws. */
export function payloadReader(segments: readonly Segment[]): (segment: Segment) => Payload {
  const overheads = tlsOverheads(segments);
  return (segment) =>
    isCut(segment)
      ? readLength(segment.length, overheads)
      : (readTls(segment, overheads) ??
        readHttp1(segment) ??
        readHttp2(segment) ??
        plain(isLeaveTaking(segment) ? "farewell" : "opaque"));
}

/** Too little of the payload was captured to hold the header of a record or a frame. */
const isCut = ({ head, length }: Segment): boolean => head.length < Math.min(length, RECORD_HEADER);

/**
 * Next to nothing of the payload was captured: its length must do. What has the size of a goodbye or of housekeeping,
 * encrypted or not, is taken for that, so that nothing is made of it.
 */
function readLength(length: number, overheads: readonly number[]): Payload {
  const holds = (size: number): boolean => overheads.some((overhead) => length === RECORD_HEADER + size + overhead);
  const pingSized = length === PING_SIZE || holds(PING_SIZE);
  if (holds(ALERT_SIZE)) return { kind: "farewell", pingSized: false, inferred: true };
  const control = CONTROL_SIZES.some((size) => length === size || holds(size));
  return { kind: control ? "control" : "opaque", pingSized, inferred: true };
}

const plain = (kind: PayloadKind): Payload => ({ kind, pingSized: false, inferred: false });

function readTls(segment: Segment, overheads: readonly number[]): Payload | undefined {
  const records = tlsRecords(segment);
  const first = records[0];
  if (first === undefined) return undefined;
  if (first.type === TLS_CHANGE_CIPHER_SPEC || first.type === TLS_HANDSHAKE) return plain("handshake");
  if (first.type === TLS_ALERT) return plain("farewell");
  const holds = (record: TlsRecord, size: number): boolean =>
    record.type === TLS_APPLICATION_DATA && overheads.some((overhead) => record.length === size + overhead);
  const small = (record: TlsRecord): boolean =>
    record.type === TLS_ALERT || holds(record, ALERT_SIZE) || CONTROL_SIZES.some((size) => holds(record, size));
  if (!fillsSegment(records, segment) || !records.every(small)) return { ...plain("encrypted"), inferred: true };
  const leaving = records.some((record) => record.type === TLS_ALERT || holds(record, ALERT_SIZE));
  const pingSized = records.length === 1 && holds(first, PING_SIZE);
  return { kind: leaving ? "farewell" : "control", pingSized, inferred: true };
}

/** Longer ones carry an argument. */
const LONGEST_FAREWELL = 32;
/** SMTP, FTP, POP and others (RFC 5321 §4.1.1.10); IMAP with its tag (RFC 9051 §6.1.3); Redis as an array of one. */
const FAREWELL = /^(?:(?:QUIT|LOGOUT|BYE|EXIT)|[A-Z0-9.]{1,12} LOGOUT|\*1\r\n\$4\r\nQUIT)\r?\n?$/i;

/** One line in the clear by which a client takes its leave: what comes of it matters to nobody. */
function isLeaveTaking({ head, length }: Segment): boolean {
  return length <= LONGEST_FAREWELL && head.length === length && FAREWELL.test(String.fromCharCode(...head));
}

const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT) /;

/** RFC 9112 §3 and §4: a start line, as far as captured. */
function readHttp1(segment: Segment): Payload | undefined {
  const text = String.fromCharCode(...segment.head);
  const line = (text.split("\r\n")[0] ?? "").replace(/[^\x20-\x7e]/g, ".");
  if (METHOD.test(text)) return { ...plain("request"), line };
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status === undefined) return undefined;
  // RFC 9110 §15.5.9: a server sends 408 to a client that asked nothing in time, and closes.
  return { ...plain(status === "408" ? "farewell" : "response"), line, status: Number(status) };
}

const PREFACE = "PRI * HTTP/2.0";
const FRAME_HEADER = 9;
const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const;

/** RFC 9113 §3.4 and §6: frames in the clear, when their lengths agree with the segment's. */
function readHttp2(segment: Segment): Payload | undefined {
  const { head } = segment;
  if (String.fromCharCode(...head.subarray(0, PREFACE.length)) === PREFACE) return plain("control");
  const types: number[] = [];
  let at = 0;
  while (at + FRAME_HEADER <= head.length && at < segment.length) {
    const length = ((head[at] ?? 0) << 16) | ((head[at + 1] ?? 0) << 8) | (head[at + 2] ?? 0);
    const type = head[at + 3] ?? 0;
    const stream =
      ((head[at + 5] ?? 0) << 24) | ((head[at + 6] ?? 0) << 16) | ((head[at + 7] ?? 0) << 8) | (head[at + 8] ?? 0);
    if (!sane(type, length, stream)) return undefined;
    types.push(type);
    at += FRAME_HEADER + length;
  }
  if (types.length === 0 || (at !== segment.length && at < head.length)) return undefined;
  if (types.includes(GOAWAY)) return { ...plain("goaway"), pingSized: segment.length === PING_SIZE };
  const exchange = types.some((t) => t === DATA || t === HEADERS || t === CONTINUATION || t === PUSH_PROMISE);
  return { ...plain(exchange ? "frames" : "control"), pingSized: types.length === 1 && types[0] === PING };
}

function sane(type: number, length: number, stream: number): boolean {
  if (type > CONTINUATION || length > 0x4000 || stream < 0) return false;
  const connection = type === SETTINGS || type === PING || type === GOAWAY;
  if (type !== WINDOW_UPDATE && connection !== (stream === 0)) return false;
  if (type === PRIORITY) return length === 5;
  if (type === RST_STREAM || type === WINDOW_UPDATE) return length === 4;
  if (type === SETTINGS) return length % 6 === 0;
  if (type === PING) return length === 8;
  return type !== GOAWAY || length >= 8;
}
