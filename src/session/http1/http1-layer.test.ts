import { describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { heard, type Said } from "../../../tests/helpers/recorded-conversation.ts";
import type { HttpMessage } from "./message.ts";

const text = (value: string): Uint8Array => Uint8Array.from(value, (sign) => sign.charCodeAt(0));
const client = (value: string): Said => ({ direction: 0, bytes: text(value) });
const server = (value: string): Said => ({ direction: 1, bytes: text(value) });
const messages = (said: readonly Said[]): HttpMessage[] =>
  heard(said).events.flatMap((event) => (event.kind === "http1-message" ? [event] : []));

const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("the end of a message (RFC 9112 §6.3)", () => {
  test.each([
    ["a length", GET, OK, "length", 2],
    ["HEAD", "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "none", 0],
    ["204", GET, "HTTP/1.1 204 No Content\r\n\r\n", "none", 0],
    ["304", GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "none", 0],
    [
      "chunks",
      GET,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
      "chunked",
      13,
    ],
    ["the close", GET, "HTTP/1.0 200 OK\r\n\r\neverything up to here", "until-close", 21],
  ])("%s", (_, request, response, framing, bodyBytes) => {
    const [, answer] = messages([client(request), server(response)]);
    expect(answer).toMatchObject({ framing, bodyBytes, complete: true });
  });

  test("an interim response is not the answer (RFC 9110 §15.2)", () => {
    const post = "POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    const found = messages([client(post), server("HTTP/1.1 100 Continue\r\n\r\n"), client("abc"), server(OK)]);
    expect(
      found.map(({ head, bodyBytes }) => [head.kind === "response" ? head.status : head.method, bodyBytes]),
    ).toEqual([
      [100, 0],
      ["POST", 3],
      [200, 2],
    ]);
  });
});

test("keep-alive headers, persistence and pipelining", () => {
  const found = messages([
    client(GET + GET),
    server("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=99\r\nContent-Length: 0\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
  ]);
  expect(found.map(({ persistent, unanswered }) => [persistent, unanswered])).toEqual([
    [true, 0],
    [true, 1],
    [true, 0],
    [false, 0],
  ]);
  expect(found[2]?.keepAlive).toEqual({ timeout: 5, max: 99 });
});

test("HTTP/1.0 stays open only when asked", () => {
  const [plain, asked] = messages([client("GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")]);
  expect([plain?.persistent, asked?.persistent]).toEqual([false, true]);
});

test("a message that ends before its length is not whole", () => {
  const [, answer] = messages([client(GET), server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]);
  expect(answer).toMatchObject({ complete: false, bodyBytes: 3 });
});

test("bytes missing from a body cost the body only", () => {
  const found = messages([
    client(GET + GET),
    server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"),
    { ...server("cdefghij"), lost: true },
    server(OK),
  ]);
  expect(found.slice(2).map(({ complete, bodyBytes }) => [complete, bodyBytes])).toEqual([
    [false, 10],
    [true, 2],
  ]);
});

test("what CONNECT opens is looked into", () => {
  const ask = "CONNECT api:443 HTTP/1.1\r\n\r\n";
  const { events, summary } = heard([client(ask), server("HTTP/1.1 200 OK\r\n\r\n"), client(GET), server(OK)]);
  expect(summary.protocols).toEqual(["http1", "http1"]);
  expect(events).toHaveLength(4);
});

test("the same messages come out however they are cut", () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const said = [client(GET + GET), server(chunked + OK)];
  const strip = (found: readonly HttpMessage[]): unknown[] =>
    found.map(({ direction, head, framing, bodyBytes, complete }) => ({
      direction,
      head,
      framing,
      bodyBytes,
      complete,
    }));
  const whole = strip(messages(said));
  expect(whole).toHaveLength(4);
  for (let size = 1; size < 80; size++) {
    const cut = said.flatMap(({ direction, bytes }) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
        direction,
        bytes: bytes.slice(i * size, (i + 1) * size),
      })),
    );
    expect(strip(messages(cut)), `pieces of ${size}`).toEqual(whole);
  }
});

test("any bytes give messages or none, and no exception", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .constantFrom(
        GET,
        OK,
        "HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "zz\r\n",
      )
      .map(text),
  );
  const part = fc.record({ direction: fc.constantFrom(0 as const, 1 as const), bytes: piece });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (said) => {
      expect(heard(said).summary.stream).toBe(0);
    }),
    { numRuns: 500 },
  );
});
