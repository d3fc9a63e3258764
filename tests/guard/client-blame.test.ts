import { createServer } from "node:http2";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import type { ClientOptions } from "../../src/guard/index.ts";
import { client, failure, listen, until } from "./client-kit.ts";
import { DATA, frame, goaway, HEADERS, PING, rawServer, respond200 } from "./raw-http2.ts";

/** Begins a response and no more; PINGs on the first connection are answered as often as is said. */
async function halting(pongs: number, options: ClientOptions) {
  const sockets: Socket[] = [];
  let left = pongs;
  const server = rawServer((read, socket) => {
    if (!sockets.includes(socket)) sockets.push(socket);
    if (read.type === HEADERS) socket.write(respond200(read.stream, false));
    if (read.type !== PING || (read.flags & 1) === 1) return;
    if (socket === sockets[0] && left <= 0) return;
    left -= 1;
    socket.write(frame(PING, 1, 0, read.payload));
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1, ...options });
  return { own, reset: () => sockets[0]?.resetAndDestroy() };
}

test("a connection that its peer resets while this client closes: the peer's", async () => {
  const { own, reset } = await halting(0, {});
  const response = await own.request();
  const closed = own.close();
  reset();
  const error = await failure(response.text());
  expect(error).toMatchObject({ code: "connection-closed", endedBy: "peer", processed: "yes" });
  await closed;
});

test("a connection that did not answer in time, and is reset then: the peer's, and not lost", async () => {
  const { own, reset } = await halting(1, { verifyAfterMs: 0, verifyTimeoutMs: 50 });
  const response = await own.request();
  // Its PING finds no answer: this one goes to a second connection.
  const other = await own.request();
  reset();
  expect(await failure(response.text())).toMatchObject({ code: "connection-closed", endedBy: "peer" });
  await until(() => own.counters.connections === 1);
  expect(own.counters.lost).toBe(0);
  other.body.destroy();
});

test("GOAWAY that would have let it finish, and a client that cuts it: this client's", async () => {
  let told = false;
  const server = rawServer((read, socket) => {
    if (read.type !== HEADERS) return;
    told = socket.write(goaway(read.stream, 0));
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  const waiting = failure(own.request({ method: "POST" }));
  await until(() => told);
  // It has read the GOAWAY when it asks by SETTINGS, or has had time for that.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((next) => setImmediate(next));
  await own.close({ graceMs: 1 });
  expect(await waiting).toMatchObject({ code: "client-closed", endedBy: "client", processed: "maybe" });
});

test("a response that breaks a rule: nobody is blamed, and the message names both who may have reset it", async () => {
  const field = (name: string, value: string): Buffer =>
    Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
  const server = rawServer((read, socket) => {
    if (read.type !== HEADERS) return;
    const headers = Buffer.concat([Buffer.from([0x88]), field("content-length", "5")]);
    socket.write(
      Buffer.concat([frame(HEADERS, 4, read.stream, headers), frame(DATA, 1, read.stream, Buffer.from("ab"))]),
    );
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1 });
  const error = (await failure(own.request().then((response) => response.text()))) as Error;
  expect(error).toMatchObject({ code: "stream-reset", endedBy: "unknown" });
  expect(error.message).toContain("was reset with PROTOCOL_ERROR (by the server, or here,");
});

test("a stream that its server resets with a code that this side never says: the server's", async () => {
  const server = rawServer((read, socket) => {
    if (read.type !== HEADERS) return;
    socket.write(
      Buffer.concat([respond200(read.stream, false), frame(0x3, 0, read.stream, Buffer.from([0, 0, 0, 8]))]),
    );
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1 });
  const error = await failure(own.request().then((response) => response.text()));
  expect(error).toMatchObject({ code: "stream-reset", endedBy: "peer" });
});

test("an error without a code from createConnection: this client's", async () => {
  const createConnection = (): Socket => new Socket().destroy(new Error("no tunnel"));
  const own = client("http://127.0.0.1:1", { http2: { createConnection }, maxAttempts: 1 });
  const error = await failure(own.request());
  expect(error).toMatchObject({ code: "connect-failed", endedBy: "client", cause: { message: "no tunnel" } });
});

test("a peer that closes before its SETTINGS: the peer's", async () => {
  const server = createServer();
  server.prependListener("connection", (socket) => socket.end());
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1 });
  expect(await failure(own.request())).toMatchObject({ code: "connect-failed", endedBy: "peer" });
});
