/** Peers that do not play along: silent ones, slow ones, late ones, and ones that speak something else by now. */
import { once } from "node:events";
import { createServer as createHttp1, type Server } from "node:http";
import {
  connect as connectHttp2,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import { type DrainOptions, drain } from "../../src/guard/index.ts";
import { handleOf } from "../../src/guard/server/native-handle.ts";
import { watchServer } from "../../src/guard/server/watch-server.ts";
import { certificate, missing, nodeProgram } from "./peers.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const GET = frame(0x01, 0x05, 1, Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61]));
const GET_TLS = frame(0x01, 0x05, 1, Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01, 0x61]));
const TYPES: Readonly<Record<number, string>> = {
  0: "DATA",
  1: "HEADERS",
  3: "RST_STREAM",
  4: "SETTINGS",
  6: "PING",
  7: "GOAWAY",
  8: "WINDOW_UPDATE",
};

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function listen(server: Server | Http2Server | Http2SecureServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Notes the frames that arrive, GOAWAY with its last id and code; answers PING and SETTINGS. */
function note(socket: Socket): readonly string[] {
  const seen: string[] = [];
  let waiting = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
      const payload = waiting.subarray(9, 9 + waiting.readUIntBE(0, 3));
      const type = waiting.readUInt8(3);
      const answer = (waiting.readUInt8(4) & 1) === 0 && (type === 6 || type === 4);
      if (answer) socket.write(frame(type, 1, 0, type === 6 ? payload : Buffer.alloc(0)));
      const more = type === 7 ? ` ${payload.readUInt32BE(0)} ${payload.readUInt32BE(4)}` : "";
      seen.push((TYPES[type] ?? String(type)) + more);
      waiting = waiting.subarray(9 + payload.length);
    }
  });
  return seen;
}

describe("a client that is silent and never closes its side does not hold a drain", () => {
  test.each([
    ["idle, and reads", [], true, 0],
    ["idle, and does not read", [], false, 0],
    ["with a stream open", [GET], true, 1],
  ] as const)("%s", async (_name, request, reads, cut) => {
    const server = createServer(() => {});
    const drained = drain(server, { graceMs: 200, roundTripLimitMs: 50 });
    const session = once(server, "session");
    const began = request.length === 0 ? session : once(server, "stream");
    const socket = connectTcp({ port: await listen(server), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    if (reads) socket.resume();
    socket.write(Buffer.concat([PREFACE, frame(0x04, 0, 0), ...request]));
    await began;
    expect(await drained.start()).toMatchObject({ http2: 1, cut });
    socket.destroy();
  });
});

describe.skipIf(missing("openssl"))("frames of ours between the session's", () => {
  test.each(["h2", "h2c"] as const)(
    "%s: a client that reads nothing for a while does not end the process, and gets all of its response",
    async (kind) => {
      const server = kind === "h2" ? createSecureServer(certificate()) : createServer();
      const size = 30_000_000;
      const drained = drain(server as Http2Server, { graceMs: 20_000, roundTripLimitMs: 100 });
      const began = once(server, "stream");
      server.on("stream", (stream) => {
        stream.respond({ ":status": 200 });
        stream.end(Buffer.alloc(size));
      });
      const port = await listen(server);
      const window = Buffer.concat([
        frame(0x04, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(2 ** 31 - 1)])),
        frame(0x08, 0, 0, u32(2 ** 31 - 1 - 65_535)),
      ]);
      const tls = { host: "127.0.0.1", servername: "localhost", ALPNProtocols: ["h2"], ca: certificate().cert };
      const socket = kind === "h2" ? connectTls({ ...tls, port }) : connectTcp(port, "127.0.0.1");
      socket.write(Buffer.concat([PREFACE, window, kind === "h2" ? GET_TLS : GET]));
      await began;
      const [link] = watchServer(server as Http2Server).http2.values();
      // Its write waits for the client.
      const handle = link === undefined ? undefined : handleOf(link.socket);
      while (handle?.writeQueueSize === 0) await new Promise((done) => setImmediate(done));
      const report = drained.start();
      await new Promise<void>((done) => link?.inject?.(frame(0x77, 0, 0), () => done()));
      let length = 0;
      socket.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      await once(socket, "end");
      socket.end();
      expect(length).toBeGreaterThan(size);
      expect(await report).toMatchObject({ http2: 1, cut: 0 });
    },
  );

  test.each(["h2", "h2c"])(
    "%s: while clients stall, break off and are thrown away, no byte is mixed up",
    async (kind) => {
      const { keyFile, certFile } = certificate();
      const storm = nodeProgram("frame-storm", [kind, keyFile, certFile, "1", "15"]);
      const tally = JSON.parse((await storm.says(/storm (.*)/))[1] ?? "");
      expect(await storm.ended).toBe(0);
      expect(tally).toMatchObject({ mixed: 0, sessions: 15 });
      for (const name of ["written", "blocked", "whole", "broken"]) expect(tally[name]).toBeGreaterThan(0);
    },
    60_000,
  );

  test.each(["clear", "native", "bridge"] as const)(
    "%s: a push promised in the moment in which a drain begins does not cost the client its response",
    async (way) => {
      const server = (way === "clear" ? createServer() : createSecureServer(certificate())) as Http2Server;
      const drained = drain(server, { graceMs: 5000 });
      if (way === "bridge") watchServer(server).setTls(way);
      server.on("stream", (stream) => {
        stream.pushStream({ ":path": "/pushed" }, (_error, push) => {
          push.on("error", () => {});
          push.respond();
          push.end("pushed");
        });
        stream.respond();
        stream.end("asked for");
        void drained.start();
      });
      const scheme = way === "clear" ? "http" : "https";
      const session = connectHttp2(`${scheme}://localhost:${await listen(server)}`, { ca: certificate().cert });
      const told = once(session, "goaway");
      const texts: string[] = [];
      session.on("stream", (push) => push.setEncoding("utf8").on("data", (text) => texts.push(text)));
      const stream = session.request().setEncoding("utf8");
      stream.on("data", (text) => texts.push(text));
      await once(stream, "close");
      expect((await told).slice(0, 2)).toEqual([0, 2 ** 31 - 1]);
      expect(await drained.start()).toMatchObject({ http2: 1, cut: 0 });
      expect(texts.toSorted()).toEqual(["asked for", "pushed"]);
    },
  );

  test.each(["clear", "native", "bridge"] as const)(
    "%s: the GOAWAY waits for a push that was promised before, and no other is promised from then on",
    async (way) => {
      const server = (way === "clear" ? createServer() : createSecureServer(certificate())) as Http2Server;
      const drained = drain(server, { graceMs: 5000 });
      if (way === "bridge") watchServer(server).setTls(way);
      const began = once(server, "stream") as Promise<[ServerHttp2Stream]>;
      const scheme = way === "clear" ? "http" : "https";
      const client = connectHttp2(`${scheme}://localhost:${await listen(server)}`, { ca: certificate().cert });
      const goaways: number[] = [];
      client.on("goaway", (_code, last: number) => goaways.push(last));
      const texts: string[] = [];
      client.on("stream", (push) => push.setEncoding("utf8").on("data", (text) => texts.push(text)));
      const request = client.request().setEncoding("utf8");
      request.on("data", (text) => texts.push(text));
      const [stream] = await began;
      const push = await new Promise<ServerHttp2Stream>((done) =>
        stream.pushStream({ ":path": "/pushed" }, (_error, promised) => done(promised)),
      );
      const report = drained.start();
      while (stream.pushAllowed) await new Promise((done) => setImmediate(done));
      expect(stream.session?.closed).toBe(false);
      expect(() => stream.pushStream({ ":path": "/late" }, () => {})).toThrow(
        expect.objectContaining({ code: "ERR_HTTP2_PUSH_DISABLED" }),
      );
      // The client has answered whatever was sent to it until now.
      await new Promise((done) => stream.session?.ping(done));
      expect(goaways).toEqual([]);
      push.respond();
      push.end("pushed");
      while (goaways.length === 0) await once(client, "goaway");
      stream.respond();
      stream.end("asked for");
      await once(request, "close");
      expect(await report).toMatchObject({ http2: 1, cut: 0 });
      expect(goaways[0]).toBe(2 ** 31 - 1);
      expect(texts).toEqual(["pushed", "asked for"]);
    },
  );

  test.each([
    ["destroys the socket", (socket) => socket.destroy()],
    ["destroys it with an error", (socket) => socket.destroy(new Error("enough"))],
    ["ends the socket", (socket) => socket.end()],
    ["destroys the session", (_socket, session) => session.destroy()],
    ["closes the session", (_socket, session) => session.close()],
    [
      "destroys both",
      (socket, session) => {
        session.destroy();
        socket.destroy();
      },
    ],
  ] as const satisfies readonly (readonly [string, (socket: Socket, session: ServerHttp2Session) => unknown])[])(
    "over TLS, an application that %s in the turn that is ours hears its session close",
    async (_name, act) => {
      const server = createSecureServer(certificate());
      const opened = once(server, "session") as Promise<[ServerHttp2Session]>;
      const watch = watchServer(server);
      const port = await listen(server);
      const client = connectHttp2(`https://localhost:${port}`, { ca: certificate().cert });
      client.on("error", () => {});
      const [session] = await opened;
      const [link] = watch.http2.values();
      await once(client, "remoteSettings");
      const errors: unknown[] = [];
      session.on("error", (error) => errors.push(error));
      const closed = new Promise((resolve) => session.once("close", resolve));
      const done = new Promise<boolean>((resolve) => link?.inject?.(frame(0x77, 0, 0), resolve));
      // Behind the one in which the turn begins.
      setImmediate(() => link && act(link.socket, session));
      await done;
      await closed;
      expect(errors.filter((error) => !String(error).includes("enough"))).toEqual([]);
      expect(link?.socket.destroyed).toBe(true);
      client.destroy();
      server.close();
    },
  );

  test("a turn that fails gives its place back: fifty sessions whose ping throws keep no other from being told", async () => {
    const server = createSecureServer(certificate(), (_request, response) => response.end("ok"));
    const watch = watchServer(server);
    const port = await listen(server);
    const clients = Array.from({ length: 51 }, () =>
      connectHttp2(`https://localhost:${port}`, { ca: certificate().cert }),
    );
    await Promise.all(clients.map((client) => once(client, "remoteSettings")));
    const links = [...watch.http2.values()];
    const failing = links.slice(0, 50);
    for (const { session } of failing) {
      session.ping = () => {
        throw new Error("instrumented");
      };
    }
    const tell = ({ inject }: (typeof links)[number]): Promise<boolean> =>
      new Promise((done) => inject?.(frame(0x77, 0, 0), done));
    expect((await Promise.all(links.map(tell))).filter(Boolean)).toHaveLength(1);
    for (const { session } of failing) Reflect.deleteProperty(session, "ping");
    expect((await Promise.all(links.map(tell))).filter(Boolean)).toHaveLength(51);
    const answers = clients.map(async (client) => {
      const stream = client.request().setEncoding("utf8");
      return (await once(stream, "data"))[0];
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["ok"]));
    for (const client of clients) client.close();
    server.close();
  });

  test("where Node's native code is not known, a bridge stands between TLS and HTTP/2", async () => {
    const server = createSecureServer(certificate(), (request, response) =>
      response.end(request.socket.remoteAddress ?? ""),
    );
    const drained = drain(server, { graceMs: 5000 });
    watchServer(server).setTls("bridge");
    const port = await listen(server);
    const session = connectHttp2(`https://localhost:${port}`, { ca: certificate().cert });
    const goaways: number[] = [];
    session.on("goaway", (_code, last: number) => goaways.push(last));
    const stream = session.request().setEncoding("utf8");
    const [text] = (await once(stream, "data")) as [string];
    expect(text).toBe("127.0.0.1");
    expect(await drained.start()).toMatchObject({ http2: 1, cut: 0 });
    expect(goaways[0]).toBe(2 ** 31 - 1);
  });
});

describe.skipIf(missing("openssl"))("TLS handshakes that end while the server drains", () => {
  test.each([
    ["two-phase", ["2147483647 0", "1 0"]],
    ["one-phase", ["0 0"]],
  ] as const)("%s: SETTINGS first, then GOAWAY, and the drain waits for it", async (tls, goaways) => {
    const server = createSecureServer(certificate(), (_request, response) => response.end("ok"));
    const drained = drain(server, { graceMs: 10_000, idleMs: 5000, tls });
    const port = await listen(server);
    const accepted = once(server, "connection");
    const socket = connectTcp(port, "127.0.0.1");
    await accepted;
    const report = drained.start();
    expect(drained.phase).toBe("draining");
    const ca = certificate().cert;
    const late = connectTls({ socket, servername: "localhost", ALPNProtocols: ["h2"], ca });
    const seen = note(late);
    await once(late, "secureConnect");
    late.write(Buffer.concat([PREFACE, frame(0x04, 0, 0), ...(tls === "two-phase" ? [GET_TLS] : [])]));
    await once(late, "end");
    late.end();
    expect(await report).toMatchObject({ http2: 1, cut: 0 });
    expect(seen[0]).toBe("SETTINGS");
    const told = seen.filter((each) => each.startsWith("GOAWAY")).map((each) => each.slice(7));
    expect(told.slice(0, goaways.length)).toEqual(goaways);
    expect(seen.includes("HEADERS")).toBe(tls === "two-phase");
  });

  test("one that is never begun is ended with the idle connections, one that is never finished with the grace", async () => {
    const server = createSecureServer(certificate());
    const drained = drain(server, { graceMs: 300, idleMs: 50 });
    const port = await listen(server);
    const mute = connectTcp(port, "127.0.0.1").on("error", () => {});
    const stuck = connectTcp(port, "127.0.0.1").on("error", () => {});
    const order: string[] = [];
    mute.resume().on("close", () => order.push("mute"));
    stuck.resume().on("close", () => order.push("stuck"));
    // The head of a TLS record, and no more.
    stuck.write(Buffer.from([0x16, 3, 1, 1, 0]));
    const { accepted } = watchServer(server);
    const read = (): number => [...accepted].filter((socket) => socket.bytesRead > 0).length;
    while (accepted.size < 2 || read() < 1) await new Promise((done) => setImmediate(done));
    expect(await drained.start()).toMatchObject({ http1: 0, http2: 0, cut: 0 });
    while (order.length < 2) await new Promise((done) => setImmediate(done));
    expect(order).toEqual(["mute", "stuck"]);
  });
});

describe("upgraded connections", () => {
  const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  const begin = async (
    options: DrainOptions,
  ): Promise<{ drained: ReturnType<typeof drain>; socket: Socket; closes: () => number }> => {
    const server = createHttp1((_request, response) => response.end("ok"));
    let closes = 0;
    server.on("close", () => {
      closes += 1;
    });
    server.on("upgrade", (_request, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    });
    const drained = drain(server, options);
    const socket = connectTcp(await listen(server), "127.0.0.1").on("error", () => {});
    socket.write(UPGRADE);
    await once(socket, "data");
    return { drained, socket, closes: () => closes };
  };

  test("go on until the grace is over, then are cut and counted; the server says close once", async () => {
    const { drained, socket, closes } = await begin({ graceMs: 200, idleMs: 20 });
    expect(await drained.start()).toMatchObject({ http1: 1, upgraded: 1, cut: 1 });
    if (!socket.destroyed) await once(socket, "close");
    await new Promise((done) => setImmediate(done));
    expect(closes()).toBe(1);
  });

  test("are handed to the application once, which can end them early", async () => {
    const handed: Socket[] = [];
    const onUpgraded = (socket: Socket): void => {
      handed.push(socket);
      socket.end("goodbye");
    };
    const { drained, socket } = await begin({ graceMs: 20_000, idleMs: 20, onUpgraded });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const report = drained.start();
    await once(socket, "end");
    expect(await report).toMatchObject({ http1: 1, upgraded: 1, cut: 0 });
    expect(text).toBe("goodbye");
    expect(handed).toHaveLength(1);
  });
});

test.each(["graceMs", "notReadyMs", "idleMs", "roundTripLimitMs"])("refuses %s in words", (name) => {
  const options = { [name]: "1000" } as unknown as DrainOptions;
  expect(() => drain(createServer(), options)).toThrow(
    expect.objectContaining({ name: "GuardFault", code: "not-a-number" }),
  );
});
