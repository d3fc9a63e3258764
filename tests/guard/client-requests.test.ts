import { getEventListeners } from "node:events";
import { createServer, type Http2Server } from "node:http2";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ClientOptions, connect, RequestError, type RequestOptions } from "../../src/guard/index.ts";
import { client, failure, listen } from "./client-kit.ts";

const answering = (): Http2Server => createServer((_request, response) => response.end("ok"));

describe("what can not be sent is the caller's to mend, and no connection is made for it", () => {
  test.each<[string, object, string]>([
    ["a header's name", { headers: { "bad name": "x" } }, '"bad name"'],
    ["a header's value", { headers: { "x-note": "a\r\nx-admin: yes" } }, "x-note"],
    ["one of a header's values", { headers: { "set-cookie": ["a", "b\n"] } }, "set-cookie"],
    ["a header beyond bytes", { headers: { "x-note": "\u20ac" } }, "encode"],
    ["the method", { method: "GE T" }, "method"],
    ["CONNECT", { method: "CONNECT" }, "CONNECT"],
    ["a path with a space", { path: "/a b" }, "percent-encode"],
    ["a path with a fragment", { path: "/a#b" }, "percent-encode"],
    ["a path that is no string", { path: ["/"] }, "begin with /"],
    ["a method that is no string", { method: 7 }, "method"],
    ["Headers", { headers: new Headers({ authorization: "secret" }) }, "Object.fromEntries"],
    ["a Map of headers", { headers: new Map([["authorization", "secret"]]) }, "Object.fromEntries"],
    ["pairs of headers", { headers: [["authorization", "secret"]] }, "Object.fromEntries"],
    ["flat headers", { headers: ["a", "b"] }, "Object.fromEntries"],
    ["null in a header", { headers: { "x-note": null } }, "x-note holds null"],
    ["an object in a header", { headers: { "x-note": ["a", {}] } }, "x-note holds a value of type object"],
    ["a header that begins with a space", { headers: { "x-note": " a" } }, "trim it"],
    ["a header that ends with one", { headers: { "x-note": "a\t" } }, "trim it"],
    ["the status as a header", { headers: { ":status": "200" } }, ":status"],
    ["the path as a header", { headers: { ":path": "/a" } }, "use method and path"],
    ["a protocol", { headers: { ":protocol": "websocket" } }, ":protocol"],
    ["a path that is none", { path: "" }, "begin with /"],
    ["the body", { method: "POST", body: 7 }, "number"],
    ["an object as body", { method: "POST", body: { a: 1 } }, "object"],
    ["the time as a string", { timeoutMs: "500" }, "a string"],
    ["no number for a time", { timeoutMs: Number.NaN }, "NaN"],
    ["the signal", { signal: {} }, "AbortSignal"],
  ])("%s", async (_name, request, says) => {
    const own = client("http://127.0.0.1:1");
    const error = await failure(own.request(request as RequestOptions));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: "bad-request", endedBy: "client", processed: "no", attempts: 0 });
    expect((error as Error).message).toContain(says);
    expect(own.counters.opened).toBe(0);
  });

  test.each<[string, RequestOptions]>([
    ["a header that HTTP/2 has not", { headers: { connection: "close" } }],
    ["headers larger than Node sends", { headers: { "x-large": "a".repeat(100_000) } }],
  ])("%s: found by Node, not retried, and the connection serves on", async (_name, request) => {
    const own = client(`http://127.0.0.1:${await listen(answering())}`);
    const error = await failure(own.request({ timeoutMs: 5000, ...request }));
    expect(error).toMatchObject({ name: "RequestError", code: "bad-request", processed: "no" });
    expect(await (await own.request()).text()).toBe("ok");
    expect(own.counters).toMatchObject({ opened: 1, retries: 0 });
  });

  test.each<[string, object]>([
    ["readIdleTimeoutMs", { readIdleTimeoutMs: "30000" }],
    ["maxSessions", { maxSessions: "4" }],
    ["verifyAfterMs", { verifyAfterMs: Number.NaN }],
  ])("the option %s has to be a number", (name, options) => {
    expect(() => connect("http://localhost", options as ClientOptions)).toThrow(name);
  });
});

test("headers that may be given: of none but its own properties, of none, other authority", async () => {
  const server = createServer((request, response) => response.end(`${request.authority} ${request.headers["x-a"]}`));
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  const bare = Object.assign(Object.create(null), { ":authority": "shop.example", "x-a": 5, "x-b": undefined });
  expect(await (await own.request({ headers: bare })).text()).toBe("shop.example 5");
});

test("a request that is refused here leaves no timer behind", async () => {
  const clock = {
    now: () => performance.now(),
    after: (): never => {
      throw new Error("no timer was to be set");
    },
  };
  const own = connect("http://127.0.0.1:1", { clock });
  const bad = { method: 7, timeoutMs: 4000 } as unknown as RequestOptions;
  expect(await failure(own.request(bad))).toMatchObject({ code: "bad-request" });
});

describe("a URL that is more than a place, or none", () => {
  test.each([
    "http://host/api/v1",
    "http://host/?x=1",
    "http://host/#x",
    "http://name:secret@host",
    "ftp://host",
    "host:secret",
    "",
  ])("%s", (url) => {
    let error: unknown;
    try {
      connect(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: "GuardFault", code: "bad-url" });
    expect((error as Error).message).not.toContain("secret");
  });

  test("a place is one, as text and as URL, with or without its slash", () => {
    for (const url of ["http://host", "https://host:8443/", new URL("http://[::1]:80")]) connect(url);
  });
});

test("given up in the instant in which it got its connection, it is not sent", async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.end("ok");
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  await (await own.request()).text();
  const stop = new AbortController();
  const given = failure(own.request({ method: "POST", signal: stop.signal }));
  stop.abort();
  expect(await given).toMatchObject({ code: "aborted", endedBy: "client", processed: "no" });
  await (await own.request()).text();
  expect(requests).toBe(2);
});

test("a signal that many requests share keeps nothing of them", async () => {
  const own = client(`http://127.0.0.1:${await listen(answering())}`);
  const { signal } = new AbortController();
  for (let time = 0; time < 5; time += 1) await (await own.request({ signal })).text();
  await failure(own.request({ signal, headers: { connection: "close" } }));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("pushed streams, which nobody would read, are not asked for", async () => {
  const server = createServer();
  const allowed: boolean[] = [];
  server.on("stream", (stream) => {
    allowed.push(stream.pushAllowed);
    stream.respond({ ":status": 200 }, { endStream: true });
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  await (await own.request()).text();
  expect(allowed).toEqual([false]);
});

test("responses without a body need not be read", async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 2 } });
  server.on("stream", (stream) => stream.respond({ ":status": 204 }, { endStream: true }));
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxSessions: 1 });
  for (let time = 0; time < 10; time += 1) {
    const { status } = await own.request({ method: "DELETE", timeoutMs: 5000 });
    expect(status).toBe(204);
  }
});

describe("processed is said of all attempts together", () => {
  test("a second one that never left does not make the first one harmless", async () => {
    const server = createServer();
    let sessions = 0;
    server.on("session", (session) => session.on("error", () => {}));
    server.on("stream", (stream) => {
      sessions += 1;
      stream.on("error", () => {});
      // Taken, and gone: the next attempt finds nobody.
      server.close();
      stream.session?.destroy();
    });
    const own = client(`http://127.0.0.1:${await listen(server)}`, {
      retryIdempotent: true,
      maxAttempts: 3,
      backOffMs: 1,
    });
    const error = await failure(own.request({ method: "PUT", body: "x" }));
    expect(error).toMatchObject({ code: "connect-failed", attempts: 3, processed: "maybe" });
    expect(sessions).toBe(1);
  });
});

describe("a connection without stream ids left (RFC 9113 §5.1.1)", () => {
  afterEach(() => vi.restoreAllMocks());

  test("is left for a new one", async () => {
    const http2 = process.getBuiltinModule("node:http2");
    const connectHttp2 = vi.spyOn(http2, "connect");
    const own = client(`http://127.0.0.1:${await listen(answering())}`);
    await (await own.request()).text();
    connectHttp2.mock.results[0]?.value.setNextStreamID(2 ** 31 - 1);
    for (let time = 0; time < 3; time += 1) {
      expect(await (await own.request({ method: "POST", body: "x", timeoutMs: 5000 })).text()).toBe("ok");
    }
    expect(own.counters.opened).toBe(2);
  });
});
