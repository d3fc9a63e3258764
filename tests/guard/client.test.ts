import { mkdirSync, writeFileSync } from "node:fs";
import { createServer as createHttp1 } from "node:http";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcp, type Socket } from "node:net";
import { join } from "node:path";
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
