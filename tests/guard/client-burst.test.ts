import { createServer, type ServerHttp2Stream } from "node:http2";
import { expect, test } from "vitest";
import { client, listen, until } from "./client-kit.ts";
import { nodeProgram } from "./peers.ts";

test.each([
  [800, 16_000],
  [3000, 4000],
  [300, 200_000],
])("%d bodies of %d bytes at once: all arrive, and none is reset here", async (requests, size) => {
  const server = nodeProgram("echo-length-server", []);
  const own = client(`http://127.0.0.1:${(await server.says(/listening (\d+)/))[1]}`, { maxAttempts: 1 });
  await (await own.request()).text();
  const body = "a".repeat(size);
  const one = async (): Promise<string> => (await own.request({ method: "POST", body })).text();
  const answers = await Promise.all(Array.from({ length: requests }, one));
  expect(new Set(answers)).toEqual(new Set([String(size)]));
  expect(own.counters).toMatchObject({ retries: 0, lost: 0 });
  await server.stop();
});

test("a server without a stream limit gets 1000 streams on a connection, and the rest on the next", async () => {
  const held = new Map<unknown, ServerHttp2Stream[]>();
  const server = createServer();
  server.on("stream", (stream) => {
    const streams = held.get(stream.session) ?? [];
    held.set(stream.session, [...streams, stream]);
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`);
  const all = Promise.all(Array.from({ length: 1100 }, async () => (await own.request()).text()));
  const open = (): number => [...held.values()].flat().length;
  await until(() => open() === 1100);
  expect([...held.values()].map((streams) => streams.length)).toEqual([1000, 100]);
  for (const stream of [...held.values()].flat()) stream.respond({ ":status": 200 }, { endStream: true });
  await all;
});

test("a response with many header fields", async () => {
  const server = nodeProgram("echo-length-server", []);
  const own = client(`http://127.0.0.1:${(await server.says(/listening (\d+)/))[1]}`);
  const { headers } = await own.request({ path: "/headers?1500" });
  expect(headers["x-1499"]).toBe("a");
  await server.stop();
});
