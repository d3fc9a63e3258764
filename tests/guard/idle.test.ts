import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Pool } from "undici";
import { expect, test } from "vitest";
import { idlePolicy } from "../../src/guard/index.ts";
import { missing, run } from "./peers.ts";

test("a server gets all it needs", () => {
  const server = idlePolicy({ before: [60_000] }).applyToServer(createServer());
  expect(server).toMatchObject({ keepAliveTimeout: 62_000, headersTimeout: 60_000, requestTimeout: 300_000 });
});

test("the data of a path.yaml and the id of a hop do as well", () => {
  const hops = [
    { id: "browser", role: "client" },
    { id: "alb", role: "proxy", settings: { idleTimeoutMs: 60_000, poolIdleTimeoutMs: 60_000 } },
    { id: "api", role: "proxy" },
    { id: "nat", role: "box", settings: { idleTimeoutMs: 350_000 } },
    { id: "bank", role: "server", settings: { idleTimeoutMs: 20_000 } },
  ] as const;
  const { plan } = idlePolicy({ hops, me: "api" });
  expect(plan).toMatchObject({
    server: { keepAliveTimeoutMs: 62_000 },
    client: { poolIdleTimeoutMs: 18_000 },
    tcpKeepaliveMs: 60_000,
  });
  expect(() => idlePolicy({ hops, me: "nobody" })).toThrow(expect.objectContaining({ code: "no-such-hop" }));
});

test("one side of the path only: the other is refused, not guessed", () => {
  expect(() => idlePolicy({ before: [60_000] }).agentOptions()).toThrow(expect.objectContaining({ code: "no-side" }));
  expect(() => idlePolicy({ after: [60_000] }).applyToServer(createServer())).toThrow(
    expect.objectContaining({ code: "no-side" }),
  );
});

/** A server that says nothing of its limit, and the connections it had. */
async function silentServer(): Promise<{
  readonly url: string;
  readonly closed: Promise<unknown>;
  readonly close: () => void;
}> {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    response.end("ok");
  });
  server.keepAliveTimeout = 0;
  let ended: (how: string) => void = () => {};
  const closed = new Promise<unknown>((done) => {
    ended = done;
  });
  server.on("connection", (socket: Socket) => socket.once("end", () => ended("by the client")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    closed,
    close: () => server.close(),
  };
}

test("http.Agent closes its idle connection first", async () => {
  const { url, closed, close } = await silentServer();
  const agent = new Agent(idlePolicy({ after: [1100], marginMs: 1000 }).agentOptions());
  const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
  response.resume();
  expect(await closed).toBe("by the client");
  agent.destroy();
  close();
});

test("undici's pool closes its idle connection first", async () => {
  const { url, closed, close } = await silentServer();
  const pool = new Pool(url, idlePolicy({ after: [1100], marginMs: 1000 }).undiciOptions());
  const { body } = await pool.request({ path: "/", method: "GET" });
  await body.text();
  expect(await closed).toBe("by the client");
  await pool.close();
  close();
});

test.skipIf(missing("ss"))("TCP keepalive is set on what the server accepts, with the plan's time", async () => {
  const server = createServer((_request, response) => response.end("ok"));
  idlePolicy({ before: [60_000, { role: "box", idleTimeoutMs: 40_000, id: "nat" }] }).applyToServer(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get(`http://127.0.0.1:${port}`, { agent }), "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  const ss = run("ss", ["-tno", "state", "established", "sport", "=", `:${port}`]);
  await ss.ended;
  // "timer:(keepalive,19sec,0)": armed, and below the 20 s asked for.
  expect(ss.output()).toMatch(/timer:\(keepalive,(1?\d|20)(\.\d+)?sec/);
  agent.destroy();
  server.close();
});
