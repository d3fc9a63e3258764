import { once } from "node:events";
import { createServer } from "node:http2";
import type { Server, Socket } from "node:net";
import { expect, test } from "vitest";
import { client, failure, listen, until } from "./client-kit.ts";
import { freePort, nodeProgram } from "./peers.ts";
import { goaway, HEADERS, rawServer, respond200 } from "./raw-http2.ts";

/** Answers requests, and never closes its side of the connection. */
function clinging(answer: (stream: number) => Buffer): Server {
  return rawServer((read, socket) => read.type === HEADERS && socket.write(answer(read.stream)), {
    allowHalfOpen: true,
  });
}

/** When the client's socket is gone for good, and not just half-closed. */
async function gone(server: Server): Promise<unknown> {
  const [socket] = (await once(server, "connection")) as [Socket];
  return new Promise((done) => {
    // Only a reset ends a socket that never sends FIN.
    socket.on("error", done).on("close", done);
    socket.on("end", () => {
      const poke = (): void => {
        if (!socket.destroyed) socket.write("x", () => setImmediate(poke));
      };
      poke();
    });
  });
}

test("close ends a connection whose peer does not close its side", async () => {
  const server = clinging((stream) => respond200(stream, true));
  const own = client(`http://127.0.0.1:${await listen(server)}`, { verifyTimeoutMs: 50 });
  await (await own.request()).text();
  await own.close();
  expect(own.counters.connections).toBe(0);
});

test("so does the idle time", async () => {
  const server = clinging((stream) => respond200(stream, true));
  const over = gone(server);
  const own = client(`http://127.0.0.1:${await listen(server)}`, { verifyTimeoutMs: 50, idleTimeoutMs: 30 });
  await (await own.request()).text();
  await over;
  expect(own.counters).toMatchObject({ lost: 0 });
});

test("and GOAWAY, once the last stream is done", async () => {
  const server = clinging((stream) => Buffer.concat([goaway(stream, 0), respond200(stream, true)]));
  const over = gone(server);
  const own = client(`http://127.0.0.1:${await listen(server)}`, { verifyTimeoutMs: 50 });
  await (await own.request()).text();
  await over;
  await until(() => own.counters.connections === 0);
  expect(own.counters.toldToGo).toBe(1);
});

test("close lets what is open finish, though it was only just begun", async () => {
  const port = await listen(createServer((_request, response) => response.end("ok")));
  const own = client(`http://127.0.0.1:${port}`);
  await (await own.request()).text();
  const last = own.request();
  const closed = own.close();
  expect(await (await last).text()).toBe("ok");
  expect(await failure(own.request())).toMatchObject({ code: "client-closed", processed: "no" });
  await closed;
});

test("a server that is lost while the client closes is found by the health check, and named", async () => {
  const server = rawServer(() => {});
  const own = client(`http://127.0.0.1:${await listen(server)}`, { readIdleTimeoutMs: 30, pingTimeoutMs: 30 });
  const waiting = failure(own.request({ method: "POST" }));
  await until(() => own.counters.connections === 1);
  const [socket] = (await once(server, "connection")) as [Socket];
  await once(socket, "data");
  await new Promise((next) => setImmediate(next));
  await Promise.all([own.close(), waiting]);
  expect(await waiting).toMatchObject({ code: "lost-ping", endedBy: "nobody" });
});

test("a body that nobody reads does not outlive the grace", async () => {
  const server = createServer((_request, response) => response.write("half"));
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  const response = await own.request();
  await own.close({ graceMs: 20 });
  expect(await failure(response.text())).toMatchObject({ code: "client-closed", endedBy: "client", processed: "yes" });
  await expect(own.close({ graceMs: "20" as unknown as number })).rejects.toThrow("graceMs must be a number");
});

test("a request that waits to be sent again ends, and close waits for that", async () => {
  const server = createServer();
  server.on("stream", (stream) => stream.on("error", () => {}).close(7));
  const hour = 3_600_000;
  const own = client(`http://127.0.0.1:${await listen(server)}`, {
    backOffMs: hour,
    maxBackOffMs: hour,
    dice: () => 0.9,
  });
  const ended: unknown[] = [];
  const all = Array.from({ length: 20 }, () => own.request().catch((error: unknown) => ended.push(error)));
  // The second retry is the first that waits.
  await until(() => own.counters.retries === 40);
  await own.close();
  expect(ended).toHaveLength(20);
  for (const error of ended) expect(error).toMatchObject({ code: "client-closed", endedBy: "client", processed: "no" });
  await Promise.all(all);
});

test.each([
  ["close", "client-closed"],
  ["abort", "aborted"],
])("back-off does not keep the process alive after %s", async (how, code) => {
  const program = nodeProgram("closed-client", [String(await freePort()), how]);
  expect(await program.ended, program.output()).toBe(0);
  expect(program.output().split("\n").sort()).toEqual(["", code, "done"].sort());
});
