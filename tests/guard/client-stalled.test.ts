import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { expect, test } from "vitest";
import { client, failure, listen, until } from "./client-kit.ts";
import { certificate, goProgram, missing, run } from "./peers.ts";
import { HEADERS, rawServer, respond200, settings, windowUpdate } from "./raw-http2.ts";

const BODY = Buffer.alloc(20_000_000);

/** Gives all the window there is, so that the client writes all of a body. Answers its first request, and reads nothing after the headers of the second. */
function stalling(): Server {
  const window = 2 ** 31 - 1;
  const first = Buffer.concat([settings({ 4: window }), windowUpdate(window - 65_535)]);
  return rawServer(
    (read, socket) => {
      if (read.type !== HEADERS) return;
      if (read.stream === 1) socket.write(respond200(1, true));
      else socket.pause();
    },
    { first },
  );
}

test("a request's time holds against a peer that has stopped reading", async () => {
  const own = client(`http://127.0.0.1:${await listen(stalling())}`, { readIdleTimeoutMs: 0 });
  // Its time includes connecting: a first request has done that.
  await (await own.request()).text();
  // Without the health check nothing but its own time ends it.
  const error = await failure(own.request({ method: "POST", body: BODY, timeoutMs: 100 }));
  expect(error).toMatchObject({ code: "timed-out", endedBy: "client", processed: "maybe" });
  await own.close({ graceMs: 0 });
});

test("and so does its signal; the stream is let go of", async () => {
  const server = stalling();
  const connected = once(server, "connection") as Promise<[Socket]>;
  const own = client(`http://127.0.0.1:${await listen(server)}`, { readIdleTimeoutMs: 0, verifyTimeoutMs: 50 });
  await (await own.request()).text();
  const stop = new AbortController();
  const error = failure(own.request({ method: "POST", body: BODY, signal: stop.signal }));
  const [socket] = await connected;
  await until(() => socket.isPaused());
  stop.abort(new Error("no longer wanted"));
  expect(await error).toMatchObject({ code: "aborted", cause: { message: "no longer wanted" } });
  // Nothing is open any more: closing does not wait for it.
  await own.close();
  expect(own.counters.connections).toBe(0);
});

test("a response that is not wanted is let go of as well, while its request waits for window", async () => {
  const server = rawServer((read, socket) => read.type === HEADERS && socket.write(respond200(read.stream, false)));
  const own = client(`http://127.0.0.1:${await listen(server)}`, { readIdleTimeoutMs: 0, verifyTimeoutMs: 50 });
  const response = await own.request({ method: "POST", body: BODY });
  response.body.destroy();
  await own.close();
  expect(own.counters.connections).toBe(0);
});

test.skipIf(missing("go", "openssl"))("a Go server that does not read the body", async () => {
  const { certFile, keyFile, cert } = certificate();
  const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile]);
  const own = client(`https://localhost:${(await server.says(/listening (\d+)/))[1]}`, { http2: { ca: cert } });
  await (await own.request()).text();
  const large = failure(own.request({ method: "POST", path: "/unread", body: BODY, timeoutMs: 300 }));
  // More than Node holds for one connection: others on it are served all the same.
  expect(await (await own.request()).text()).toBe("ok\n");
  const error = await large;
  expect(error).toMatchObject({ code: "timed-out", endedBy: "client", processed: "maybe" });
  // It was told so, and the connection serves on.
  await server.says(/unread: cancelled/);
  expect(await (await own.request()).text()).toBe("ok\n");
  expect(own.counters.opened).toBe(1);
  await server.stop();
});
