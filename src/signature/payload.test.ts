import { expect, test } from "vitest";
import { segmentWith } from "../../tests/helpers/segment-with.ts";
import { payloadReader } from "./payload.ts";

const text = (line: string): number[] => [...Buffer.from(line)];
const record = (type: number, length: number): number[] => [
  type,
  3,
  3,
  length >> 8,
  length & 255,
  ...Array(length).fill(7),
];
const frame = (type: number, stream: number, length: number): number[] => [
  0,
  0,
  length,
  type,
  0,
  0,
  0,
  0,
  stream,
  ...Array(length).fill(7),
];

/** The opening of a TLS 1.3 connection, so that sizes have one meaning. */
const tls13 = [segmentWith(record(22, 200)), segmentWith([...record(20, 1), ...record(23, 53)])];

test.each([
  ["GET / HTTP/1.1", text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "request"],
  ["200", text("HTTP/1.1 200 OK\r\n\r\n"), "response"],
  ["408 is a goodbye", text("HTTP/1.1 408 Request Timeout\r\n\r\n"), "farewell"],
  ["QUIT is a goodbye", text("QUIT\r\n"), "farewell"],
  ["IMAP LOGOUT with its tag", text("a003 LOGOUT\r\n"), "farewell"],
  ["Redis QUIT", text("*1\r\n$4\r\nQUIT\r\n"), "farewell"],
  ["exit", text("exit\n"), "farewell"],
  ["a word that only begins so", text("QUITE\r\n"), "opaque"],
  ["a goodbye with more behind it", text("QUIT\r\nSTAT\r\n"), "opaque"],
  ["ClientHello", record(22, 200), "handshake"],
  ["alert in the clear", record(21, 2), "farewell"],
  ["close_notify of TLS 1.3", record(23, 19), "farewell"],
  ["PING or GOAWAY by size", record(23, 34), "control"],
  ["WINDOW_UPDATE and SETTINGS ACK by size", [...record(23, 30), ...record(23, 26)], "control"],
  ["GOAWAY and close_notify by size", [...record(23, 34), ...record(23, 19)], "farewell"],
  ["a short encrypted request", record(23, 32), "encrypted"],
  ["frames: HEADERS", frame(1, 1, 40), "frames"],
  ["frames: WINDOW_UPDATE then HEADERS", [...frame(8, 0, 4), ...frame(1, 3, 20)], "frames"],
  ["frames: PING", frame(6, 0, 8), "control"],
  ["frames: GOAWAY", frame(7, 0, 8), "goaway"],
  ["a PING on a stream is no frame", frame(6, 1, 8), "opaque"],
  ["anything else", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "opaque"],
])("%s", (_, bytes, kind) => {
  expect(payloadReader(tls13)(segmentWith(bytes)).kind).toBe(kind);
});

test("a PING is known by its size when encrypted, by its frame when not, and never by a larger record", () => {
  const read = payloadReader(tls13);
  expect(read(segmentWith(record(23, 34)))).toMatchObject({ pingSized: true, inferred: true });
  expect(read(segmentWith(frame(6, 0, 8)))).toMatchObject({ pingSized: true, inferred: false });
  expect(read(segmentWith(record(23, 41))).pingSized).toBe(false);
  // Without the beginning of the connection, 41 bytes may be a PING of TLS 1.2.
  expect(payloadReader([])(segmentWith(record(23, 41))).pingSized).toBe(true);
});

test("start lines are told without control characters", () => {
  expect(payloadReader([])(segmentWith(text("GET /\u0007 HTTP/1.1\r\n"))).line).toBe("GET /. HTTP/1.1");
  expect(payloadReader([])(segmentWith(text("HTTP/1.1 504 Gateway Time-out\r\n"))).status).toBe(504);
});

test.each([
  [24, "farewell"],
  [39, "control"],
  [9, "control"],
  [400, "opaque"],
])("of %i bytes of which none was captured only the length is known", (length, kind) => {
  const blind = { ...segmentWith(Array(length).fill(0)), head: new Uint8Array(0) };
  expect(payloadReader([])(blind)).toMatchObject({ kind, inferred: true });
});
