import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http2";
import { connect as connectTcp, createServer as createTcp, type Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { client, failure, listen, until } from "./client-kit.ts";
import { certificate, freePort, goProgram, missing, run } from "./peers.ts";
import { goaway, rawServer, settings } from "./raw-http2.ts";

const answering = (): Promise<number> => listen(createServer((_request, response) => response.end("ok")));

describe("a connection that can't be made", () => {
  test("since createConnection throws: failed attempts with back-off, and it works again once that does", async () => {
    const port = await answering();
    let broken = true;
    let calls = 0;
    const createConnection = (): Socket => {
      calls += 1;
      if (broken) throw new Error("no certificate file");
      return connectTcp(port, "127.0.0.1");
    };
    const own = client(`http://127.0.0.1:${port}`, { http2: { createConnection }, backOffMs: 1, maxAttempts: 3 });
    const error = await failure(own.request());
    expect(error).toMatchObject({ code: "connect-failed", endedBy: "client", processed: "no", attempts: 3 });
    expect((error as Error).message).toContain("no certificate file");
    expect(calls).toBe(3);
    broken = false;
    expect(await (await own.request()).text()).toBe("ok");
  });

  test("since it throws when the client comes back", async () => {
    const port = await answering();
    const sockets: Socket[] = [];
    const createConnection = (): Socket => {
      if (sockets.length > 0) throw new Error("no certificate file");
      const socket = connectTcp(port, "127.0.0.1");
      sockets.push(socket);
      return socket;
    };
    const own = client(`http://127.0.0.1:${port}`, { http2: { createConnection }, backOffMs: 1 });
    expect(await (await own.request()).text()).toBe("ok");
    sockets[0]?.destroy();
    await until(() => own.counters.connections === 0);
    for (let time = 0; time < 2; time += 1) {
      expect(await failure(own.request())).toMatchObject({ code: "connect-failed", endedBy: "client", attempts: 4 });
    }
  });

  test("is not always the peer's doing", async () => {
    const quiet = client(`http://127.0.0.1:${await listen(createTcp())}`, { connectTimeoutMs: 40, maxAttempts: 1 });
    expect(await failure(quiet.request())).toMatchObject({ code: "connect-failed", endedBy: "nobody" });
    const refused = client(`http://127.0.0.1:${await freePort()}`, { maxAttempts: 1 });
    expect(await failure(refused.request())).toMatchObject({ code: "connect-failed", endedBy: "peer" });
    const nameless = client("http://nameless.invalid", { maxAttempts: 1 });
    expect(await failure(nameless.request())).toMatchObject({ code: "connect-failed", endedBy: "client" });
  });

  test("leaves nothing of itself behind when nobody answers its SYN or its TLS handshake", async () => {
    const full = await fullServer();
    const silent = await listen(createTcp((socket) => socket.resume()));
    for (const url of [`http://127.0.0.1:${full}`, `https://127.0.0.1:${silent}`]) {
      const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => /^TCP|^TLS/.test(kind)).length;
      const before = sockets();
      const own = client(url, { connectTimeoutMs: 40, maxAttempts: 2, backOffMs: 1 });
      const error = await failure(own.request());
      expect(error, url).toMatchObject({ code: "connect-failed", endedBy: "nobody", attempts: 2 });
      expect(own.counters).toMatchObject({ opened: 2, connections: 0 });
      await until(() => sockets() <= before);
      const waiting = failure(own.request());
      await until(() => own.counters.opened === 3);
      await own.close();
      expect(await waiting, url).toMatchObject({ code: "client-closed" });
      await until(() => sockets() <= before);
    }
  });

  test.skipIf(missing("go", "openssl"))("for want of trust in its certificate: this side's", async () => {
    const { certFile, keyFile } = certificate();
    const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile]);
    const own = client(`https://localhost:${(await server.says(/listening (\d+)/))[1]}`, { maxAttempts: 1 });
    expect(await failure(own.request())).toMatchObject({ code: "connect-failed", endedBy: "client", processed: "no" });
    await server.stop();
  });

  test("leaves requests alone that wait for room on another", async () => {
    let connections = 0;
    const server = createServer({ settings: { maxConcurrentStreams: 1 } });
    server.prependListener("connection", (socket) => {
      connections += 1;
      if (connections > 1) socket.destroy();
    });
    const held: (() => void)[] = [];
    server.on("request", (_request, response) => held.push(() => response.end("ok")));
    const own = client(`http://127.0.0.1:${await listen(server)}`, { maxSessions: 2, maxAttempts: 1, backOffMs: 1 });
    const all = Promise.all([1, 2, 3].map(async () => (await own.request()).text()));
    all.catch(() => {});
    // The second connection was refused, more than once.
    await until(() => own.counters.opened >= 4);
    for (let answered = 0; answered < 3; answered += 1) {
      await until(() => held.length > answered);
      held[answered]?.();
    }
    expect(await all).toEqual(["ok", "ok", "ok"]);
  });
});

/** The port of a process that stands still, its accept queue full: the kernel drops further SYNs (`tcp_conn_request`). */
async function fullServer(): Promise<number> {
  const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = Number((await once(child.stdout, "data"))[0]);
  child.kill("SIGSTOP");
  // The queue holds one more than was asked for.
  for (let taken = 0; taken < 2; taken += 1) {
    const socket = connectTcp(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
  }
  return port;
}

const LISTEN =
  'const server = require("node:net").createServer(); server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));';

describe("a server that takes connections and sends them away", () => {
  test.each([
    ["with its SETTINGS", Buffer.concat([settings(), goaway(0, 0)])],
    ["with an error", Buffer.concat([settings(), goaway(0, 11)])],
  ])("GOAWAY %s is met with back-off and an end", async (_name, first) => {
    const waits: number[] = [];
    const clock = {
      now: () => performance.now(),
      after: (ms: number, then: () => void, holds?: boolean) => {
        if (holds === true) waits.push(Math.round(ms));
        const timer = setTimeout(then, holds === true ? 0 : ms);
        return () => clearTimeout(timer);
      },
    };
    const server = rawServer(() => {}, { first });
    const own = client(`http://127.0.0.1:${await listen(server)}`, { clock, dice: () => 0.5, maxAttempts: 5 });
    expect(await failure(own.request({ method: "POST", body: "pay" }))).toMatchObject({ processed: "no", attempts: 5 });
    expect(own.counters.opened).toBe(5);
    expect(waits.length).toBeGreaterThanOrEqual(4);
  });
});

test("what createConnection gives need not be a socket", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  const createConnection = (): Duplex => {
    const [mine, theirs] = duplexPair();
    server.emit("connection", theirs);
    return mine;
  };
  const own = client("http://inside.invalid", { http2: { createConnection }, verifyAfterMs: 0 });
  expect(await (await own.request()).text()).toBe("ok");
  expect(await (await own.request()).text()).toBe("ok");
});

test("a response ends back-off: the next failure is the first again", async () => {
  const waits: number[] = [];
  let now = 0;
  // Time stands still but for the waits, and these are over at once.
  const clock = {
    now: () => now,
    after: (ms: number, then: () => void, holds?: boolean) => {
      const wait = (): void => {
        waits.push(ms);
        now += ms;
        then();
      };
      const timer = holds === true ? setTimeout(wait, 0) : setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
  };
  let failing = true;
  const sockets: Socket[] = [];
  const port = await answering();
  const createConnection = (): Socket => {
    if (failing) throw new Error("no certificate file");
    const socket = connectTcp(port, "127.0.0.1");
    sockets.push(socket);
    return socket;
  };
  const own = client(`http://127.0.0.1:${port}`, {
    http2: { createConnection },
    clock,
    dice: () => 0.5,
    maxAttempts: 4,
  });
  const fail = async (): Promise<readonly number[]> => {
    waits.length = 0;
    await failure(own.request());
    return waits;
  };
  expect(await fail()).toEqual([50, 100, 200]);
  failing = false;
  expect(await (await own.request()).text()).toBe("ok");
  failing = true;
  sockets[0]?.destroy();
  await until(() => own.counters.connections === 0);
  expect(await fail()).toEqual([50, 100, 200]);
});
