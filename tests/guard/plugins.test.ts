import { once } from "node:events";
import { createServer as createHttp1 } from "node:http";
import { createServer, type Http2Server } from "node:http2";
import * as grpc from "@grpc/grpc-js";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { expect, test } from "vitest";
import {
  connect,
  connectGuard,
  type FastifyGuarded,
  fastifyGuard,
  grpcServerDrain,
  grpcServerOptions,
  honoGuard,
} from "../../src/guard/index.ts";

const ALWAYS = { chance: 0.02, dice: () => 0 };

const portOf = (server: { address: () => unknown }): number => (server.address() as { port: number }).port;

/** Asks twice at once and drains in between; both must be answered. */
async function drainWithRequestsOpen(
  url: string,
  start: () => Promise<unknown>,
  arrived: () => Promise<unknown>,
): Promise<unknown> {
  const client = connect(url, { maxAttempts: 1 });
  const open = [client.request({ path: "/slow" }), client.request({ path: "/slow" })];
  await arrived();
  const report = start();
  for (const response of await Promise.all(open)) expect(await response.text()).toBe("slow");
  const done = await report;
  await client.close();
  return done;
}

test("Fastify over HTTP/2: filter, readiness, and a stop that answers what is open", async () => {
  const app = fastify({ http2: true });
  let arrive: () => void = () => {};
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  await app.register(fastifyGuard, { goaway: ALWAYS, drain: { graceMs: 5000 } });
  app.get("/slow", async () => {
    arrive();
    await new Promise((done) => setTimeout(done, 50));
    return "slow";
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { guard } = app as unknown as { guard: FastifyGuarded };
  const url = `http://127.0.0.1:${portOf(app.server)}`;
  const client = connect(url);
  const ready = await client.request({ path: "/readyz" });
  expect([ready.status, await ready.text()]).toEqual([200, "ok\n"]);
  await client.close();
  expect(guard.filter?.counters.sent).toBe(1);
  const report = await drainWithRequestsOpen(
    url,
    () => guard.stop(),
    () => arrived,
  );
  expect(report).toMatchObject({ cut: 0 });
  expect(guard.drain.phase).toBe("drained");
});

test("Express: readiness turns 503 when the drain begins, and Connection: close is said", async () => {
  const app = express();
  const server = createHttp1(app);
  const guard = connectGuard(server, { drain: { graceMs: 5000, idleMs: 20, notReadyMs: 100 }, readyPath: "/ready" });
  app.use(guard.handler);
  app.get("/", (_request, response) => void response.send("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  expect(await (await fetch(url)).text()).toBe("hello");
  const report = guard.drain.start();
  const probe = await fetch(`${url}/ready?verbose`);
  expect([probe.status, await probe.text()]).toEqual([503, "draining\n"]);
  expect(await report).toMatchObject({ cut: 0 });
});

test("Hono on node-server over HTTP/2", async () => {
  const app = new Hono();
  let arrive: () => void = () => {};
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1", createServer });
  const guard = honoGuard(server, { goaway: ALWAYS, drain: { graceMs: 5000 } });
  app.get("/readyz", (c) => guard.ready(c));
  app.get("/slow", async (c) => {
    arrive();
    await new Promise((done) => setTimeout(done, 50));
    return c.text("slow");
  });
  if (!server.listening) await once(server as Http2Server, "listening");
  const url = `http://127.0.0.1:${portOf(server)}`;
  const client = connect(url);
  expect(await (await client.request({ path: "/readyz" })).text()).toBe("ok\n");
  await client.close();
  expect(guard.filter?.counters.sent).toBe(1);
  expect(
    await drainWithRequestsOpen(
      url,
      () => guard.drain.start(),
      () => arrived,
    ),
  ).toMatchObject({ cut: 0 });
});

const ECHO: grpc.ServiceDefinition = {
  Say: {
    path: "/test.Echo/Say",
    requestStream: false,
    responseStream: false,
    requestSerialize: (text: string) => Buffer.from(text),
    requestDeserialize: (bytes: Buffer) => bytes.toString(),
    responseSerialize: (text: string) => Buffer.from(text),
    responseDeserialize: (bytes: Buffer) => bytes.toString(),
  },
};

interface Echo {
  readonly server: grpc.Server;
  readonly port: number;
  readonly peers: ReadonlySet<string>;
  /** Resolves with the first call. */
  readonly called: Promise<void>;
}

async function grpcServer(options: grpc.ServerOptions, delayMs: number): Promise<Echo> {
  const server = new grpc.Server(options);
  const peers = new Set<string>();
  let arrive: () => void = () => {};
  const called = new Promise<void>((done) => {
    arrive = done;
  });
  server.addService(ECHO, {
    Say: (call: grpc.ServerUnaryCall<string, string>, answer: grpc.sendUnaryData<string>) => {
      peers.add(call.getPeer());
      arrive();
      setTimeout(() => answer(null, call.request), delayMs);
    },
  });
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? done(bound) : fail(error),
    );
  });
  return { server, port, peers, called };
}

function say(client: grpc.Client, text: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = ECHO.Say as grpc.MethodDefinition<string, string>;
  return new Promise((done, fail) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, text, (error, answer) =>
      error === null ? done(answer ?? "") : fail(error),
    );
  });
}

test("grpc-js: connections end by age, and no call fails", async () => {
  const { server, port, peers } = await grpcServer(grpcServerOptions({ maxAgeMs: 100, ageGraceMs: 5000 }), 1);
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  // Until the third connection in a row has served calls.
  while (peers.size < 3) expect(await say(client, "hello")).toBe("hello");
  client.close();
  expect(await grpcServerDrain(server, { graceMs: 5000 })).toEqual({ cut: false });
});

test("grpc-js: a drain lets an open call finish, and cuts what outlives the grace", async () => {
  const kind = await grpcServer(grpcServerOptions(), 100);
  const client = new grpc.Client(`127.0.0.1:${kind.port}`, grpc.credentials.createInsecure());
  const call = say(client, "last");
  await kind.called;
  const drained = grpcServerDrain(kind.server, { graceMs: 5000 });
  expect(await call).toBe("last");
  client.close();
  expect(await drained).toEqual({ cut: false });

  const stuck = await grpcServer(grpcServerOptions(), 3_600_000);
  const other = new grpc.Client(`127.0.0.1:${stuck.port}`, grpc.credentials.createInsecure());
  const hanging = say(other, "never").catch((error: grpc.ServiceError) => error.code);
  await stuck.called;
  expect(await grpcServerDrain(stuck.server, { graceMs: 50 })).toEqual({ cut: true });
  expect(await hanging).toBe(grpc.status.CANCELLED);
  other.close();
});
