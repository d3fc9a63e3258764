import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer as createHttp1 } from "node:http";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcp, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { type Client, connect, RequestError } from "../../src/guard/index.ts";
import { client, failure, listen } from "./client-kit.ts";
import { certificate, folder, freePort, goProgram, missing, nodeProgram, noNamespace, run } from "./peers.ts";

/** Many requests side by side, all of which must be answered; each bears an id. */
async function load(own: Client, requests: number, meanwhile?: (done: number) => void): Promise<readonly unknown[]> {
  let next = 0;
  let done = 0;
  const errors: unknown[] = [];
  const one = async (): Promise<void> => {
    while (next < requests) {
      next += 1;
      try {
        const response = await own.request({
          method: "POST",
          path: "/work",
          headers: { "x-id": `n-${next}` },
          body: "bytes",
        });
        await response.bytes();
        if (response.status !== 200) throw new Error(`status ${response.status}`);
      } catch (error) {
        errors.push(String(error));
      }
      done += 1;
      meanwhile?.(done);
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  return errors;
}

/** Counts requests by their id. */
async function countingServer(): Promise<{ readonly port: number; readonly seen: Map<string, number> }> {
  const seen = new Map<string, number>();
  const server = createHttp1((request, response) => {
    const id = String(request.headers["x-id"]);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    request.resume().on("end", () => response.end("ok"));
  });
  server.keepAliveTimeout = 60_000;
  return { port: await listen(server), seen };
}

describe("real servers that close on purpose", () => {
  test.skipIf(missing("nginx"))("nginx: keepalive_requests and a reload under load", async () => {
    const backend = await countingServer();
    const port = await freePort();
    const home = join(folder, "nginx");
    mkdirSync(home);
    const conf = join(home, "nginx.conf");
    writeFileSync(
      conf,
      `daemon off; worker_processes 1; pid ${home}/pid; error_log stderr warn;
      events { worker_connections 512; }
      http {
        access_log off; keepalive_requests 100;
        client_body_temp_path ${home}/b; proxy_temp_path ${home}/p; fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
        upstream app { server 127.0.0.1:${backend.port}; keepalive 16; }
        server { listen 127.0.0.1:${port} http2;
          location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }
      }`,
    );
    const nginx = run("nginx", ["-p", home, "-c", conf]);
    const own = client(`http://127.0.0.1:${port}`, { backOffMs: 20, maxAttempts: 20 });
    const errors = await load(own, 2000, (done) => done === 1000 && nginx.child.kill("SIGHUP"));
    expect(errors).toEqual([]);
    expect([...backend.seen.values()].filter((count) => count > 1)).toEqual([]);
    expect(own.counters.toldToGo).toBeGreaterThanOrEqual(10);
    await nginx.stop("SIGQUIT");
  });

  test.skipIf(missing("haproxy"))("haproxy: a soft stop, with a new process on the same port", async () => {
    const backend = await countingServer();
    const port = await freePort();
    const conf = join(folder, "haproxy.cfg");
    writeFileSync(
      conf,
      `global
  hard-stop-after 20s
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend in
  bind 127.0.0.1:${port} proto h2
  default_backend app
backend app
  server one 127.0.0.1:${backend.port}
`,
    );
    const old = run("haproxy", ["-db", "-f", conf]);
    const own = client(`http://127.0.0.1:${port}`, { backOffMs: 20, maxAttempts: 20 });
    await (await own.request({ headers: { "x-id": "first" } })).text();
    let replacement: ReturnType<typeof run> | undefined;
    const errors = await load(own, 2000, (done) => {
      if (done === 700) replacement = run("haproxy", ["-db", "-f", conf, "-sf", String(old.child.pid)]);
    });
    expect(errors).toEqual([]);
    expect([...backend.seen.values()].filter((count) => count > 1)).toEqual([]);
    await old.ended;
    expect(await (await own.request({ headers: { "x-id": "last" } })).text()).toBe("ok");
    await replacement?.stop();
  });

  test.skipIf(missing("nghttpx"))("nghttpx: a graceful shutdown finishes what it has", async () => {
    const backend = await countingServer();
    const port = await freePort();
    const start = (): ReturnType<typeof run> =>
      run("nghttpx", ["--conf=/dev/null", `-f127.0.0.1,${port};no-tls`, `-b127.0.0.1,${backend.port}`, "--workers=1"]);
    const old = start();
    await old.says(/Listening on/);
    const own = client(`http://127.0.0.1:${port}`, { backOffMs: 20, maxAttempts: 20 });
    let replacement: ReturnType<typeof run> | undefined;
    const errors = await load(own, 2000, (done) => {
      if (done !== 700) return;
      old.child.kill("SIGQUIT");
      void old.ended.then(() => {
        replacement = start();
      });
    });
    expect(errors).toEqual([]);
    expect([...backend.seen.values()].filter((count) => count > 1)).toEqual([]);
    expect(own.counters.toldToGo).toBeGreaterThanOrEqual(1);
    await replacement?.stop();
  });

  test.skipIf(missing("go", "openssl"))(
    "Go: Connection: close on every 50th response, as Kubernetes' filter does",
    async () => {
      const { certFile, keyFile, cert } = certificate();
      const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile, "-goaway", "50"]);
      const port = (await server.says(/listening (\d+)/))[1];
      const own = client(`https://localhost:${port}`, { http2: { ca: cert } });
      expect(await load(own, 3000)).toEqual([]);
      const [all, twice, connections] = (await (await own.request({ path: "/count" })).text()).split(" ").map(Number);
      expect({ all, twice }).toEqual({ all: 3000, twice: 0 });
      expect(connections).toBeGreaterThan(10);
      await server.stop();
    },
  );
});

/** GOAWAY NO_ERROR that promises to finish every stream so far, and then closes all the same, as AWS application balancers do. */
async function unkindServer(every: number): Promise<{ readonly port: number; readonly seen: Map<string, number> }> {
  const seen = new Map<string, number>();
  const sockets = new Map<ServerHttp2Session, Socket>();
  const told = new Set<unknown>();
  let current: Socket | undefined;
  let count = 0;
  const server = createServer();
  server.prependListener("connection", (socket) => {
    current = socket;
  });
  server.on("session", (session) => {
    if (current !== undefined) sockets.set(session, current);
    session.on("error", () => {});
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    // Above the last id it promised: not processed.
    if (stream.session === undefined || told.has(stream.session)) return;
    const id = String(headers["x-id"]);
    seen.set(id, (seen.get(id) ?? 0) + 1);
    stream.resume();
    count += 1;
    if (count % every === 0) {
      const { session } = stream;
      told.add(session);
      const last = Buffer.alloc(17);
      last.writeUIntBE(8, 0, 3);
      last.writeUInt8(7, 3);
      last.writeUInt32BE(stream.id ?? 0, 9);
      const socket = sockets.get(session as ServerHttp2Session);
      socket?.write(last, () => socket.destroySoon());
      return;
    }
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end("ok");
    }, 2);
  });
  return { port: await listen(server), seen };
}

describe("GOAWAY on an active connection, and a close with streams open", () => {
  test("no error surfaces for requests that may be sent again", async () => {
    const { port, seen } = await unkindServer(97);
    const own = client(`http://127.0.0.1:${port}`, { retryIdempotent: true, maxAttempts: 10, backOffMs: 5 });
    const get = async (id: string): Promise<number> => {
      const response = await own.request({ headers: { "x-id": id } });
      await response.text();
      return response.status;
    };
    const one = async (_: unknown, lane: number): Promise<void> => {
      for (let time = 0; time < 100; time += 1) expect(await get(`${lane}-${time}`)).toBe(200);
    };
    await Promise.all(Array.from({ length: 10 }, one));
    expect(seen.size).toBe(1000);
    expect(own.counters.retries).toBeGreaterThan(5);
  });

  test("what may have been processed and is not idempotent is never sent twice, and its error says so", async () => {
    const { port, seen } = await unkindServer(97);
    const own = client(`http://127.0.0.1:${port}`, { retryIdempotent: true, maxAttempts: 10, backOffMs: 5 });
    const errors: unknown[] = [];
    let answered = 0;
    const one = async (_: unknown, lane: number): Promise<void> => {
      for (let time = 0; time < 100; time += 1) {
        try {
          await (await own.request({ method: "POST", headers: { "x-id": `${lane}-${time}` }, body: "pay" })).text();
          answered += 1;
        } catch (error) {
          errors.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: 10 }, one));
    expect(answered + errors.length).toBe(1000);
    expect(errors.length).toBeGreaterThan(5);
    expect([...seen.values()].filter((count) => count > 1)).toEqual([]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(RequestError);
      expect(error).toMatchObject({ endedBy: "peer", notRetried: "may-have-been-processed" });
      expect((error as RequestError).processed).not.toBe("no");
    }
  });
});

describe("a server that is gone", () => {
  test("killed: known at once, and said to be without GOAWAY", async () => {
    const server = nodeProgram("hanging-server", []);
    const port = (await server.says(/listening (\d+)/))[1];
    const own = client(`http://127.0.0.1:${port}`, { maxAttempts: 1 });
    const waiting = failure(own.request({ method: "POST", body: "x" }));
    await server.says(/request/);
    await server.stop("SIGKILL");
    expect(await waiting).toMatchObject({ code: "connection-closed", endedBy: "peer", processed: "maybe" });
    expect(await failure(own.request())).toMatchObject({ code: "connect-failed", processed: "no" });
  });

  test.skipIf(noNamespace())("silent: known after read-idle + ping, not before", async () => {
    const script = join(import.meta.dirname, "programs/client-in-silence.ts");
    const inside = run("unshare", ["-Urn", process.execPath, "--no-warnings", script]);
    const verdict = JSON.parse((await inside.says(/verdict (.*)/))[1] ?? "");
    expect(verdict).toMatchObject({ stillOpen: true, code: "lost-ping", endedBy: "nobody", processed: "maybe" });
    // Node's clock counts whole milliseconds in timers.
    expect(verdict.afterMs).toBeGreaterThanOrEqual(verdict.notBefore - 2);
    // Linux alone would have told it after tcp_retries2, more than 15 minutes; this test waits for one.
  });

  test("after long silence a connection is asked first, and a dead one gets no request", async () => {
    // Listens, speaks SETTINGS, then never says another word.
    const dead = createTcp((socket) => {
      socket.on("error", () => {});
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      socket.on("data", (bytes: Buffer) => received.push(bytes));
    });
    const received: Buffer[] = [];
    const port = await listen(dead);
    const own = connect(`http://127.0.0.1:${port}`, {
      verifyAfterMs: 0,
      verifyTimeoutMs: 100,
      maxAttempts: 1,
      readIdleTimeoutMs: 0,
    });
    const asked = failure(own.request({ method: "POST", path: "/secret", timeoutMs: 1000 }));
    expect(await asked).toMatchObject({ processed: "no" });
    expect(own.counters.verified).toBeGreaterThanOrEqual(1);
    expect(own.counters.lost).toBeGreaterThanOrEqual(1);
    expect(Buffer.concat(received).includes("/secret")).toBe(false);
    await own.close();
  });

  test("a live one is asked each time where that is wanted", async () => {
    const port = await listen(createServer((_request, response) => response.end("ok")));
    const own = client(`http://127.0.0.1:${port}`, { verifyAfterMs: 0 });
    for (let time = 0; time < 3; time += 1) expect(await (await own.request()).text()).toBe("ok");
    expect(own.counters).toMatchObject({ verified: 3, opened: 1, lost: 0 });
  });
});

describe("bodies", () => {
  /** Refuses the first streams it sees, so that they are surely not processed. */
  async function refusing(times: number): Promise<number> {
    let left = times;
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      if (left > 0) {
        left -= 1;
        stream.close(7);
        return;
      }
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        stream.respond({ ":status": 200 });
        stream.end(Buffer.concat(chunks));
      });
    });
    return listen(server);
  }

  test.each([
    ["bytes", Buffer.from("whole")],
    ["a function that makes the body", () => Readable.from(["who", "le"])],
  ])("%s are sent again", async (_name, body) => {
    const own = client(`http://127.0.0.1:${await refusing(2)}`, { backOffMs: 1 });
    const response = await own.request({ method: "POST", body });
    expect(await response.text()).toBe("whole");
    expect(response.attempts).toBe(3);
  });

  test("a stream that was read is not, and the error says what to do", async () => {
    const own = client(`http://127.0.0.1:${await refusing(1)}`);
    const error = await failure(own.request({ method: "POST", body: Readable.from(["whole"]) }));
    expect(error).toMatchObject({ code: "refused", processed: "no", notRetried: "body-not-replayable" });
    expect((error as Error).message).toContain("give bytes, or a function that makes the body");
  });

  test("a body that breaks off ends the request", async () => {
    const own = client(`http://127.0.0.1:${await refusing(0)}`);
    const body = async function* (): AsyncGenerator<string> {
      yield "some";
      throw new Error("disk gone");
    };
    const error = await failure(own.request({ method: "POST", body }));
    expect(error).toMatchObject({ code: "body-failed", endedBy: "client", cause: { message: "disk gone" } });
  });

  test("attempts have an end", async () => {
    const own = client(`http://127.0.0.1:${await refusing(100)}`, { maxAttempts: 3, backOffMs: 1 });
    const error = await failure(own.request());
    expect(error).toMatchObject({ code: "refused", attempts: 3, notRetried: "attempts-used-up", processed: "no" });
  });
});

describe("a response that breaks off is never taken for a whole one", () => {
  test("the connection is closed", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const began = once(server, "stream") as Promise<[ServerHttp2Stream]>;
    const own = client(`http://127.0.0.1:${await listen(server)}`, { retryIdempotent: true });
    const response = await own.request();
    await once(response.body, "readable");
    const [stream] = await began;
    stream.session?.destroy();
    expect(await failure(response.text())).toMatchObject({ name: "RequestError", processed: "yes", endedBy: "peer" });
  });

  test.skipIf(missing("go", "openssl"))("the stream is reset", async () => {
    const { certFile, keyFile, cert } = certificate();
    const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile]);
    const own = client(`https://localhost:${(await server.says(/listening (\d+)/))[1]}`, { http2: { ca: cert } });
    const response = await own.request({ path: "/abort" });
    const error = await failure(response.text());
    // INTERNAL_ERROR, which this side may say as well, of header fields that it can't take.
    expect(error).toMatchObject({ code: "stream-reset", processed: "yes", endedBy: "unknown" });
    await server.stop();
  });

  test("one that its caller does not want is cancelled at the server", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const began = once(server, "stream") as Promise<[ServerHttp2Stream]>;
    const own = client(`http://127.0.0.1:${await listen(server)}`);
    const response = await own.request();
    const [stream] = await began;
    const aborted = new Promise((done) => stream.once("close", () => done(stream.rstCode)));
    response.body.destroy();
    expect(await aborted).toBe(8);
  });
});

describe("limits", () => {
  test("a server's stream limit makes more connections up to the bound, and requests wait for room", async () => {
    let open = 0;
    let most = 0;
    const server = createServer({ settings: { maxConcurrentStreams: 3 } }, (_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end("ok");
      }, 2);
    });
    const own = client(`http://127.0.0.1:${await listen(server)}`, { maxSessions: 2, maxAttempts: 1 });
    const texts = await Promise.all(Array.from({ length: 200 }, async () => (await own.request()).text()));
    expect(texts.every((text) => text === "ok")).toBe(true);
    expect(most).toBeLessThanOrEqual(6);
    expect(own.counters.opened).toBe(2);
  });

  test("the caller's signal and time", async () => {
    const server = createServer();
    server.on("stream", (stream) => stream.on("error", () => {}));
    const own = client(`http://127.0.0.1:${await listen(server)}`);
    expect(await failure(own.request({ timeoutMs: 30 }))).toMatchObject({
      code: "timed-out",
      endedBy: "client",
      processed: "maybe",
    });
    const stop = new AbortController();
    const waiting = failure(own.request({ signal: stop.signal }));
    stop.abort();
    expect(await waiting).toMatchObject({ code: "aborted", endedBy: "client" });
    // Before it was sent: surely not processed.
    const never = client(`http://127.0.0.1:${await freePort()}`, {
      dice: () => 0.99,
      backOffMs: 3_600_000,
      maxBackOffMs: 3_600_000,
    });
    const early = await failure(never.request({ timeoutMs: 30 }));
    expect(early).toMatchObject({ code: "timed-out", processed: "no" });
  });

  test("no more requests wait than the bound allows", async () => {
    const own = client(`http://127.0.0.1:${await freePort()}`, { maxWaiting: 2, maxAttempts: 1 });
    const all = await Promise.all([1, 2, 3].map(() => failure(own.request())));
    expect(all.map((error) => (error as RequestError).code)).toEqual([
      "connect-failed",
      "connect-failed",
      "too-many-waiting",
    ]);
  });

  test("an idle connection is closed by the client, before its server would", async () => {
    const server = createServer((_request, response) => response.end("ok"));
    const closed = once(server, "session").then(([session]) => once(session as ServerHttp2Session, "close"));
    const own = client(`http://127.0.0.1:${await listen(server)}`, { idleTimeoutMs: 50, readIdleTimeoutMs: 100 });
    await (await own.request()).text();
    await closed;
    expect(await (await own.request()).text()).toBe("ok");
    expect(own.counters.opened).toBe(2);
  });

  test("reconnecting backs off by the dice", async () => {
    const port = await freePort();
    const waits: number[] = [];
    const clock = {
      now: () => performance.now(),
      after: (ms: number, then: () => void, holds?: boolean) => {
        if (holds === true) waits.push(Math.round(ms));
        const timer = setTimeout(then, holds === true ? 0 : ms);
        return () => clearTimeout(timer);
      },
    };
    const own = client(`http://127.0.0.1:${port}`, { clock, dice: () => 0.5, maxAttempts: 5 });
    expect(await failure(own.request())).toMatchObject({ code: "connect-failed", attempts: 5, endedBy: "peer" });
    expect(waits).toEqual([50, 100, 200, 400]);
  });

  test.each([
    ["readIdleTimeoutMs", { readIdleTimeoutMs: -1 }],
    ["maxSessions", { maxSessions: 0 }],
    ["pingTimeoutMs", { pingTimeoutMs: Number.NaN }],
  ])("refuses a bad %s", (name, options) => {
    expect(() => connect("http://localhost", options)).toThrow(name);
  });
});
