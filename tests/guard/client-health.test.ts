import { once } from "node:events";
import { createServer } from "node:http2";
import { connect as connectTcp, createServer as createTcp, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { blockLoop, client, failure, listen, until } from "./client-kit.ts";
import { certificate, freePort, goProgram, missing, nodeProgram, run } from "./peers.ts";
import { DATA, frame, goaway, HEADERS, PING, rawServer, respond200, SETTINGS } from "./raw-http2.ts";

const turn = (): Promise<unknown> => new Promise((next) => setImmediate(next));

describe("an event loop that was blocked for longer than the peer's answer may take", () => {
  test("a verification finds the answer in the socket", async () => {
    const server = nodeProgram("holding-server", []);
    const port = (await server.says(/listening (\d+)/))[1];
    const own = client(`http://127.0.0.1:${port}`, { verifyAfterMs: 0, verifyTimeoutMs: 80 });
    await (await own.request()).text();
    const slow = own.request({ method: "POST", path: "/slow" });
    await until(() => own.counters.verified === 2);
    await turn();
    const next = own.request();
    // The PING is written within two turns.
    await turn();
    await turn();
    blockLoop(400);
    expect(await (await next).text()).toBe("ok");
    await (await own.request({ path: "/go" })).text();
    expect(await (await slow).text()).toBe("ok");
    expect(own.counters).toMatchObject({ opened: 1, lost: 0 });
    await server.stop();
  });

  test("a health check does as well, also where its PING was not written yet", async () => {
    const server = nodeProgram("holding-server", []);
    const port = (await server.says(/listening (\d+)/))[1];
    const own = client(`http://127.0.0.1:${port}`, { readIdleTimeoutMs: 20, pingTimeoutMs: 100, resolutionMs: 5 });
    const slow = own.request({ method: "POST", path: "/slow" });
    await until(() => own.counters.connections === 1);
    for (let time = 0; time < 12; time += 1) {
      blockLoop(150);
      for (let turns = 0; turns <= time % 4; turns += 1) await turn();
    }
    await (await own.request({ path: "/go" })).text();
    expect(await (await slow).text()).toBe("ok");
    expect(own.counters).toMatchObject({ opened: 1, lost: 0 });
    await server.stop();
  });

  test("a connection that was made meanwhile is not given up", async () => {
    const server = nodeProgram("holding-server", []);
    const port = (await server.says(/listening (\d+)/))[1];
    const own = client(`http://127.0.0.1:${port}`, { connectTimeoutMs: 100, maxAttempts: 1 });
    const response = own.request();
    await turn();
    blockLoop(300);
    expect(await (await response).text()).toBe("ok");
    await server.stop();
  });
});

test.skipIf(missing("go", "openssl"))(
  "a Go server under load, a loop that is blocked again and again: none lost, none twice",
  async () => {
    const { certFile, keyFile, cert } = certificate();
    const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile, "-goaway", "40"]);
    const own = client(`https://localhost:${(await server.says(/listening (\d+)/))[1]}`, {
      http2: { ca: cert },
      ...{ readIdleTimeoutMs: 10, pingTimeoutMs: 200, resolutionMs: 2, verifyAfterMs: 1, verifyTimeoutMs: 200 },
    });
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < 1500) {
        next += 1;
        if (next % 150 === 0) blockLoop(250);
        const headers = { "x-id": `n-${next}` };
        expect(await (await own.request({ method: "POST", headers, body: "pay" })).text()).toBe("ok\n");
      }
    };
    await Promise.all(Array.from({ length: 10 }, lane));
    const [all, twice] = (await (await own.request({ path: "/count" })).text()).split(" ").map(Number);
    expect({ all, twice, lost: own.counters.lost }).toEqual({ all: 1500, twice: 0, lost: 0 });
    await server.stop();
  },
);

describe("a connection that does not answer while streams are open on it", () => {
  /** Passes bytes on; what comes back on its first connection can be held. */
  async function holdingRelay(port: number): Promise<{ port: number; hold: () => void; release: () => void }> {
    const upstreams: Socket[] = [];
    const relay = createTcp((socket) => {
      const upstream = connectTcp(port, "127.0.0.1");
      upstreams.push(upstream);
      for (const each of [socket, upstream]) each.on("error", () => [socket, upstream].map((one) => one.destroy()));
      socket.on("close", () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    return {
      port: await listen(relay),
      hold: () => upstreams[0]?.pause(),
      release: () => upstreams[0]?.resume(),
    };
  }

  test("gets no further request, and those open are not cut", async () => {
    const server = nodeProgram("holding-server", []);
    const relay = await holdingRelay(Number((await server.says(/listening (\d+)/))[1]));
    const own = client(`http://127.0.0.1:${relay.port}`, { verifyAfterMs: 0, verifyTimeoutMs: 500 });
    await (await own.request()).text();
    const slow = own.request({ method: "POST", path: "/slow" });
    await until(() => own.counters.verified === 2);
    // Once its PING is answered it is sent; another request behind it shows that.
    await (await own.request()).text();
    relay.hold();
    expect(await (await own.request({ path: "/go" })).text()).toBe("ok");
    expect(own.counters).toMatchObject({ opened: 2, lost: 0, connections: 2 });
    relay.release();
    expect(await (await slow).text()).toBe("ok");
    await server.stop();
  });

  test("is given up by the health check, if it stays silent", async () => {
    const server = nodeProgram("holding-server", []);
    const relay = await holdingRelay(Number((await server.says(/listening (\d+)/))[1]));
    const options = { verifyAfterMs: 0, verifyTimeoutMs: 500, readIdleTimeoutMs: 500, pingTimeoutMs: 500 };
    const own = client(`http://127.0.0.1:${relay.port}`, options);
    await (await own.request()).text();
    const slow = failure(own.request({ method: "POST", path: "/slow" }));
    await until(() => own.counters.verified === 2);
    await (await own.request()).text();
    relay.hold();
    expect(await slow).toMatchObject({ code: "lost-ping", endedBy: "nobody", processed: "maybe" });
    await until(() => own.counters.connections === 0);
    expect(own.counters.lost).toBe(1);
    await server.stop();
  });
});

describe("PINGs", () => {
  test("where one only may be under way, those who ask share its answer", async () => {
    const port = await listen(createServer((_request, response) => response.end("ok")));
    const own = client(`http://127.0.0.1:${port}`, {
      http2: { maxOutstandingPings: 1 },
      verifyAfterMs: 0,
      readIdleTimeoutMs: 5,
      resolutionMs: 1,
    });
    for (let time = 0; time < 50; time += 1) expect(await (await own.request()).text()).toBe("ok");
    expect(own.counters).toMatchObject({ opened: 1, lost: 0 });
  });

  test("where none may be sent, nothing is taken for lost and nothing hangs", async () => {
    const port = await listen(createServer((_request, response) => response.end("ok")));
    const options = { http2: { maxOutstandingPings: 0 }, maxAttempts: 2, backOffMs: 1 };
    const quiet = client(`http://127.0.0.1:${port}`, { ...options, readIdleTimeoutMs: 5, pingTimeoutMs: 5 });
    await (await quiet.request()).text();
    const looks = performance.now() + 60;
    await until(() => performance.now() > looks);
    expect(quiet.counters).toMatchObject({ connections: 1, lost: 0 });
    const asking = client(`http://127.0.0.1:${port}`, { ...options, verifyAfterMs: 0 });
    expect(await failure(asking.request())).toMatchObject({ code: "verify-failed", processed: "no", attempts: 2 });
  });
});

describe("after GOAWAY, when Node sends no PING any more", () => {
  /** Says GOAWAY to the first request. Its answers to SETTINGS can be stopped then; the response waits till it is told to come. */
  function leavingServer(answers: boolean) {
    let open: { socket: Socket; stream: number } | undefined;
    let asked = 0;
    const server = rawServer(
      (read, socket) => {
        if (read.type === SETTINGS && read.flags === 0) asked += 1;
        if (read.type === PING && answers) socket.write(frame(PING, 1, 0, read.payload));
        if (read.type !== HEADERS) return;
        open = { socket, stream: read.stream };
        asked = 0;
        socket.write(goaway(read.stream, 0));
      },
      { acknowledges: () => answers || open === undefined },
    );
    const finish = (): void => {
      if (open === undefined) return;
      const { socket, stream } = open;
      socket.write(Buffer.concat([respond200(stream, false), frame(DATA, 1, stream, Buffer.from("ok"))]));
    };
    return { server, finish, asked: () => asked };
  }

  test("a slow response on a connection that answers is waited for", async () => {
    const { server, finish, asked } = leavingServer(true);
    const own = client(`http://127.0.0.1:${await listen(server)}`, {
      readIdleTimeoutMs: 20,
      pingTimeoutMs: 200,
      resolutionMs: 5,
    });
    const slow = own.request({ method: "POST" });
    slow.catch(() => {});
    // Three questions, all answered.
    await until(() => asked() >= 3 || own.counters.lost > 0);
    finish();
    expect(await (await slow).text()).toBe("ok");
    expect(own.counters.lost).toBe(0);
  });

  test.skipIf(missing("nghttpx"))("nghttpx that shuts down gracefully answers it", async () => {
    const held: (() => void)[] = [];
    const backend = createServer((_request, response) => held.push(() => response.end("ok")));
    const [port, behind] = [await freePort(), await listen(backend)];
    const nghttpx = run("nghttpx", [
      ...["--conf=/dev/null", `-f127.0.0.1,${port};no-tls`, `-b127.0.0.1,${behind};;proto=h2`, "--workers=1"],
    ]);
    await nghttpx.says(/Listening on/);
    const own = client(`http://127.0.0.1:${port}`, { readIdleTimeoutMs: 20, pingTimeoutMs: 300, resolutionMs: 5 });
    const slow = own.request({ method: "POST" });
    slow.catch(() => {});
    await until(() => held.length === 1);
    nghttpx.child.kill("SIGQUIT");
    // Longer than a connection without an answer would live.
    const enough = performance.now() + 1000;
    await until(() => performance.now() > enough);
    held[0]?.();
    expect(await (await slow).text()).toBe("ok");
    await nghttpx.ended;
  });

  test("a silent one is given up, and its socket closed", async () => {
    const { server } = leavingServer(false);
    const closed = once(server, "connection").then(([socket]) => once(socket as Socket, "close"));
    const own = client(`http://127.0.0.1:${await listen(server)}`, {
      readIdleTimeoutMs: 30,
      pingTimeoutMs: 30,
      maxAttempts: 1,
    });
    const slow = await failure(own.request({ method: "POST" }));
    expect(slow).toMatchObject({ code: "lost-ping", endedBy: "nobody", processed: "maybe" });
    await closed;
  });
});
