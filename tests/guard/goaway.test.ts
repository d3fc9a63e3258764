import { once } from "node:events";
import { createSecureServer, createServer, type Http2Server } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { connect, drain, goaway } from "../../src/guard/index.ts";
import { guardWarning } from "./guard-warning.ts";
import { certificate, goProgram, missing, run } from "./peers.ts";

const servers: Http2Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: unknown): Promise<number> {
  const own = server as Http2Server;
  servers.push(own);
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  return (own.address() as { port: number }).port;
}

/** Dice that fall on "go" when told to. */
function loaded(fall: () => boolean): () => number {
  return () => (fall() ? 0 : 1 - Number.EPSILON);
}

describe("an HTTP/2 client is told to go elsewhere, finishes, and comes back", () => {
  test.skipIf(missing("nghttp"))("core API: nghttp gets GOAWAY NO_ERROR and its response", async () => {
    const server = createServer();
    const filter = goaway({ chance: 0.02, dice: loaded(() => true) });
    filter.attach(server);
    server.on("stream", (stream) => {
      setTimeout(() => {
        stream.respond({ ":status": 200 });
        stream.end("whole");
      }, 20);
    });
    const nghttp = run("nghttp", ["-v", `http://127.0.0.1:${await listen(server)}/`]);
    expect(await nghttp.ended).toBe(0);
    expect(nghttp.output()).toContain("whole");
    expect(nghttp.output()).toMatch(/recv GOAWAY frame[\s\S]*?last_stream_id=2147483647, error_code=NO_ERROR/);
    expect(filter.counters).toEqual({ requests: 1, sent: 1, exempted: 0 });
  });

  test.skipIf(missing("curl", "openssl"))(
    "compatibility API over TLS: curl is told once a connection, and opens new ones",
    async () => {
      const server = createSecureServer({ ...certificate(), allowHTTP1: true }, (_request, response) =>
        response.end("ok"),
      );
      const filter = goaway({ chance: 0.02, dice: loaded(() => true) });
      filter.attach(server);
      let connections = 0;
      server.on("secureConnection", () => {
        connections += 1;
      });
      const url = `https://localhost:${await listen(server)}/`;
      const curl = run("curl", ["-sS", "--fail", "--cacert", certificate().certFile, url, url, url]);
      expect(await curl.ended).toBe(0);
      expect(curl.output()).toBe("okokok");
      // A request that is sent before the first GOAWAY is read is served on the old connection.
      expect(connections).toBeGreaterThan(1);
      expect(filter.counters).toEqual({ requests: 3, sent: connections, exempted: 0 });
      const before = connections;
      // HTTP/1 is left alone: one connection, nothing counted.
      const old = run("curl", ["-sS", "--http1.1", "--cacert", certificate().certFile, url, url]);
      expect(await old.ended).toBe(0);
      expect({ connections, requests: filter.counters.requests }).toEqual({ connections: before + 1, requests: 3 });
    },
  );

  test.skipIf(missing("go", "openssl")).each(["one-phase", "two-phase"] as const)(
    "%s over TLS: Go's client under load sees no error",
    async (tls) => {
      const server = createSecureServer(certificate(), (request, response) =>
        request.resume().on("end", () => response.end("ok")),
      );
      if (tls === "one-phase") drain(server, { tls });
      let count = 0;
      const filter = goaway({ chance: 0.02, dice: loaded(() => ++count % 100 === 0) });
      filter.attach(server);
      const address = `127.0.0.1:${await listen(server)}`;
      const client = run(goProgram("client"), ["-addr", address, "-n", "5000", "-c", "20", "-post"]);
      const result = JSON.parse((await client.says(/result (.*)/))[1] ?? "");
      expect(result).toMatchObject({ ok: 5000, failed: 0, http2: 5000 });
      expect(result.dials).toBeGreaterThan(10);
      expect(filter.counters.sent).toBeGreaterThan(10);
    },
  );

  test("a client that never closes its side does not hold a socket for good", async () => {
    const timers = new Set<{ readonly at: number; readonly then: () => void }>();
    let now = 0;
    const clock = {
      now: () => now,
      after: (ms: number, then: () => void) => {
        const timer = { at: now + ms, then };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    };
    const server = createServer((_request, response) => response.end("ok"));
    goaway({ chance: 0.02, dice: loaded(() => true), clock }).attach(server);
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const port = await listen(server);
    const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true }).resume();
    const frames = ["000000" + "0400" + "00000000", "000006" + "0105" + "00000001" + "828684410161"];
    socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`);
    socket.write(Buffer.from(frames.join(""), "hex"));
    const [own] = await accepted;
    const closed = once(own, "close");
    // It answers no PING either, so that the limit for the round trip comes first.
    while (timers.size === 0) await new Promise((done) => setImmediate(done));
    for (const { at, then } of timers) {
      now = at;
      then();
    }
    await once(socket, "end");
    while (timers.size === 0) await new Promise((done) => setImmediate(done));
    expect(own.destroyed).toBe(false);
    const [last] = timers;
    expect(last?.at).toBe(now + 30_000);
    now += 30_000;
    last?.then();
    await closed;
    socket.destroy();
  });

  test("an exemption that throws exempts: no request fails, and the process goes on", async () => {
    const server = createServer((_request, response) => response.end("ok"));
    const exempt = (): boolean => {
      throw new Error("no such header");
    };
    const filter = goaway({ chance: 0.02, dice: loaded(() => true), exempt });
    filter.attach(server);
    const warned = guardWarning();
    const client = connect(`http://127.0.0.1:${await listen(server)}`);
    for (let time = 0; time < 2; time += 1) expect(await (await client.request()).text()).toBe("ok");
    expect(filter.counters).toEqual({ requests: 2, sent: 0, exempted: 2 });
    expect(await warned).toMatchObject({
      message: "an exemption of the goaway filter threw: Error: no such header",
    });
    await client.close();
  });

  test("this client sends nothing twice and needs no retry in the clear", async () => {
    let served = 0;
    const server = createServer((request, response) => {
      served += 1;
      request.resume().on("end", () => response.end("ok"));
    });
    let count = 0;
    const filter = goaway({ chance: 0.02, dice: loaded(() => ++count % 50 === 0) });
    filter.attach(server);
    const client = connect(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1 });
    const one = async (): Promise<void> => {
      for (let time = 0; time < 50; time += 1) {
        const response = await client.request({ method: "POST", body: "bytes" });
        expect(await response.text()).toBe("ok");
      }
    };
    await Promise.all(Array.from({ length: 40 }, one));
    expect(served).toBe(2000);
    expect(client.counters).toMatchObject({ requests: 2000, retries: 0 });
    expect(client.counters.opened).toBeGreaterThan(10);
    await client.close();
  });

  test("a gRPC client (grpc-js) under the filter sees no error", async () => {
    const server = createServer();
    let count = 0;
    const filter = goaway({ chance: 0.02, dice: loaded(() => ++count % 20 === 0) });
    filter.attach(server);
    server.on("stream", (stream) => {
      stream.resume();
      stream.on("end", () => {
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 0x6f, 0x6b]));
      });
    });
    const client = new grpc.Client(`127.0.0.1:${await listen(server)}`, grpc.credentials.createInsecure());
    const call = (): Promise<string> =>
      new Promise((done, fail) => {
        client.makeUnaryRequest(
          "/test.Echo/Say",
          (text: string) => Buffer.from(text),
          (bytes) => bytes.toString(),
          "hello",
          (error, answer) => (error === null ? done(answer ?? "") : fail(error)),
        );
      });
    const one = async (): Promise<void> => {
      for (let time = 0; time < 50; time += 1) expect(await call()).toBe("ok");
    };
    await Promise.all(Array.from({ length: 10 }, one));
    expect(filter.counters.requests).toBe(500);
    expect(filter.counters.sent).toBeGreaterThan(5);
    client.close();
  });
});

test("with a chance of 0 requests are counted and nobody is told", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  const filter = goaway({ chance: 0, dice: () => 0 });
  filter.attach(server);
  const client = connect(`http://127.0.0.1:${await listen(server)}`);
  for (let time = 0; time < 3; time += 1) expect(await (await client.request()).text()).toBe("ok");
  expect(filter.counters).toEqual({ requests: 3, sent: 0, exempted: 0 });
  await client.close();
});

test.each([
  ["a chance in words", { chance: "0.001" }],
  ["a limit in words", { chance: 0.001, roundTripLimitMs: "5000" }],
  ["a bound in words", { chance: 0.001, maxChance: "0.02" }],
])("refuses %s", (_name, options) => {
  expect(() => goaway(options as unknown as { chance: number })).toThrow(
    expect.objectContaining({ name: "GuardFault", code: "not-a-number" }),
  );
});

test.each([
  ["refuses a server that has connections already", false],
  ["takes one whose connections a drain has watched", true],
] as const)("attach %s", async (_how, watched) => {
  const server = createServer();
  if (watched) drain(server);
  const accepted = once(server, "connection");
  const socket = connectTcp(await listen(server), "127.0.0.1");
  await accepted;
  const filter = goaway({ chance: 0.001 });
  const tooLate = expect.objectContaining({ name: "GuardFault", code: "too-late" });
  if (watched) expect(filter.attach(server)).toBe(server);
  else expect(() => filter.attach(server)).toThrow(tooLate);
  socket.destroy();
});

test("exempted clients stay", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  const filter = goaway({ chance: 0.02, dice: () => 0, exempt: [{ userAgent: "kube-" }, { path: "/healthz" }] });
  filter.attach(server);
  const client = connect(`http://127.0.0.1:${await listen(server)}`);
  for (const request of [{ headers: { "user-agent": "kube-scheduler" } }, { path: "/healthz" }, { path: "/healthz" }]) {
    expect(await (await client.request(request)).text()).toBe("ok");
  }
  expect(client.counters).toMatchObject({ opened: 1, toldToGo: 0 });
  expect(filter.counters).toEqual({ requests: 3, sent: 0, exempted: 3 });
  expect(await (await client.request()).text()).toBe("ok");
  expect(filter.counters.sent).toBe(1);
  await client.close();
});

test("a stream that is open for long is not ended by it, though others come and go", async () => {
  const server = createServer();
  let fall = false;
  goaway({ chance: 0.02, dice: loaded(() => fall) }).attach(server);
  const watches: import("node:http2").ServerHttp2Stream[] = [];
  server.on("stream", (stream, headers) => {
    stream.respond({ ":status": 200 });
    if (headers[":path"] === "/watch") {
      watches.push(stream);
      stream.write("1");
    } else stream.end("ok");
  });
  const client = connect(`http://127.0.0.1:${await listen(server)}`);
  const watch = await client.request({ path: "/watch" });
  fall = true;
  expect(await (await client.request()).text()).toBe("ok");
  fall = false;
  // Two connections, once the client has read the GOAWAY: the watch's, which is going away, and a new one.
  while (client.counters.connections < 2) expect(await (await client.request()).text()).toBe("ok");
  watches[0]?.end("2");
  expect(await watch.text()).toBe("12");
  await client.close();
});
