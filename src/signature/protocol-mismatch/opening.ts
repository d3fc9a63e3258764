import type { Segment } from "../../session/segment.ts";
import { TLS_ALERT, TLS_HANDSHAKE, tlsRecords } from "../tls-records.ts";

/** What the first bytes of one side of a connection are. */
export type Opening =
  | "tls"
  | "tls-alert"
  | "http1-request"
  | "http1-response"
  | "http1-bad-request"
  | "http-to-tls-notice"
  | "http2-preface"
  | "http2-settings"
  | "proxy-header"
  | "other";

const REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT) [^\r\n]/;
/** Go's net/http says so in words (net/http server.go, "Client sent an HTTP request to an HTTPS server"). */
const NOTICE = /^HTTP\/1\.[01] 400 [^\r\n]*\r\n\r\nClient sent an HTTP request/;
/** PROXY protocol, haproxy.org doc/proxy-protocol.txt §2.1 and §2.2. */
const PROXY_1 = /^PROXY (?:TCP4|TCP6|UNKNOWN)/;
const PROXY_2 = "\r\n\r\n\0\r\nQUIT\n";
const SETTINGS = 4;

/** Reads the opening of a side from the captured beginning of its first segment with data. */
export function openingOf(segment: Segment): Opening {
  const [record] = tlsRecords(segment);
  if (record?.type === TLS_ALERT && record.length === 2) return "tls-alert";
  if (record?.type === TLS_HANDSHAKE) return "tls";
  const text = String.fromCharCode(...segment.head);
  if (text.startsWith("PRI * HTTP/2.0")) return "http2-preface";
  if (PROXY_1.test(text) || text.startsWith(PROXY_2)) return "proxy-header";
  if (REQUEST.test(text)) return "http1-request";
  if (NOTICE.test(text)) return "http-to-tls-notice";
  if (/^HTTP\/1\.[01] (?:400|405|501|505) /.test(text)) return "http1-bad-request";
  if (/^HTTP\/1\.[01] \d{3}/.test(text)) return "http1-response";
  return isSettings(segment.head) ? "http2-settings" : "other";
}

/** The server's connection preface is a SETTINGS frame on stream 0 (RFC 9113 §3.4, §6.5). */
function isSettings(head: Uint8Array): boolean {
  if (head.length < 9 || head[0] !== 0 || head[3] !== SETTINGS || head[4] !== 0) return false;
  const length = ((head[1] ?? 0) << 8) | (head[2] ?? 0);
  return length % 6 === 0 && head.subarray(5, 9).every((byte) => byte === 0);
}
