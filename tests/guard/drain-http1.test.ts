/** What HTTP/1 can do to a drain besides asking and waiting: several requests at once, `Expect`, and a process that is only starting. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createSecureServer, type Http2SecureServer } from "node:http2";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { drain } from "../../src/guard/index.ts";
import { guardWarning } from "./guard-warning.ts";
import { certificate, missing } from "./peers.ts";

async function listen(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function textOf(socket: Socket): () => string {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  return () => text;
}

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test.each(["before the drain", "after it began"])(
  "requests sent without waiting, %s, are all answered",
  async (when) => {
    const held: ServerResponse[] = [];
    const server = createServer((request, response) => {
      if (request.url === "/first") return void response.end("first ");
      if (held.push(response) < 3) return;
      if (when === "before the drain") report = drained.start();
      for (const [at, each] of held.entries()) each.end(`answer ${at} `);
    });
    const drained = drain(server, { graceMs: 10_000, idleMs: 10_000 });
    let report = Promise.resolve<unknown>(undefined);
    const socket = connectTcp(await listen(server), "127.0.0.1");
    const text = textOf(socket);
    socket.write(ask("/first"));
    while (!text().includes("first ")) await once(socket, "data");
    if (when === "after it began") report = drained.start();
    socket.write(ask("/0") + ask("/1") + ask("/2"));
    await once(socket, "end");
    expect(text().match(/answer \d/g)).toEqual(["answer 0", "answer 1", "answer 2"]);
    expect(text().match(/Connection: close/gi)).toHaveLength(1);
    expect(await report).toMatchObject({ http1: 1, cut: 0 });
  },
);

test("a request with Expect: 100-continue is a request: told to close, and waited for", async () => {
  const server = createServer();
  const begun = new Promise<ServerResponse>((done) => {
    server.on("checkContinue", (_request, response) => {
      response.writeContinue();
      done(response);
    });
  });
  const drained = drain(server, { graceMs: 600_000, idleMs: 20 });
  const port = await listen(server);
  const socket = connectTcp(port, "127.0.0.1");
  const idle = connectTcp(port, "127.0.0.1").resume();
  await once(idle, "connect");
  const text = textOf(socket);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
  const response = await begun;
  const report = drained.start();
  // The time for idle connections is over.
  await once(idle, "end");
  response.end("done");
  await once(socket, "end");
  expect(text()).toMatch(/100 Continue[\s\S]*Connection: close[\s\S]*done$/i);
  expect(await report).toMatchObject({ http1: 2, cut: 0 });
});

test.skipIf(missing("openssl"))(
  "HTTP/1, or a client that names no protocol, does not switch the compatibility API on",
  async () => {
    const server = createSecureServer({ ...certificate(), allowHTTP1: true });
    server.on("stream", (stream) => {
      stream.respond();
      stream.end(String(server.listenerCount("stream")));
    });
    drain(server);
    const port = await listen(server);
    const mute = connectTls({ port, host: "127.0.0.1", ca: certificate().cert, servername: "localhost" });
    await once(mute, "secureConnect");
    const session = connectHttp2(`https://localhost:${port}`, { ca: certificate().cert });
    const stream = session.request().setEncoding("utf8");
    expect((await once(stream, "data"))[0]).toBe("1");
    mute.destroy();
    session.destroy();
    server.close();
  },
);

test("a server that listens only after it was drained, serves nobody and says close", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  const drained = drain(server);
  expect(await drained.start()).toMatchObject({ http1: 0 });
  const closed = once(server, "close");
  const port = await listen(server);
  expect(port).toBeGreaterThan(0);
  await closed;
  expect(server.listening).toBe(false);
});

test("a server that has connections already is refused: they would be cut unseen", async () => {
  const server = createServer();
  const accepted = once(server, "connection");
  const socket = connectTcp(await listen(server), "127.0.0.1");
  await accepted;
  expect(() => drain(server)).toThrow(expect.objectContaining({ name: "GuardFault", code: "too-late" }));
  socket.destroy();
  server.close();
});

test("an onUpgraded that throws keeps neither the others from hearing nor the drain from ending", async () => {
  const server = createServer();
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  });
  const warned = guardWarning();
  let heard = 0;
  const onUpgraded = (socket: Socket): void => {
    heard += 1;
    socket.end();
    throw new Error("no such socket");
  };
  const drained = drain(server, { graceMs: 600_000, onUpgraded });
  const port = await listen(server);
  for (let count = 0; count < 2; count += 1) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    await once(socket, "data");
  }
  expect(await drained.start()).toMatchObject({ upgraded: 2, cut: 0 });
  expect(heard).toBe(2);
  expect(await warned).toMatchObject({ message: "onUpgraded threw: Error: no such socket" });
});

test("many servers wait for a signal with one listener, and none is left once they are drained", async () => {
  const servers = Array.from({ length: 20 }, () => drain(createServer(), { signals: ["SIGUSR2"] }));
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  await servers[0]?.start();
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  process.kill(process.pid, "SIGUSR2");
  while (servers.some(({ phase }) => phase !== "drained")) await new Promise((done) => setImmediate(done));
  expect(process.listenerCount("SIGUSR2")).toBe(0);
  const last = drain(createServer(), { signals: ["SIGUSR2"] });
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  await last.start();
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});
