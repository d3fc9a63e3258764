/**
 * Frames written past many sessions while these work, stall, break and are thrown away: `frame-storm.ts h2|h2c <key file> <cert file>
 * <seed> <sessions>`. A mistake there ends the process, or mixes bytes. Says how many frames went out and how often they could not.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type ServerHttp2Session,
} from "node:http2";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { dice } from "../../../scripts/lib/random.ts";
import { type Http2Link, watchServer } from "../../../src/guard/server/watch-server.ts";

const [kind = "h2", keyFile = "", certFile = "", seed = "1", sessions = "150"] = process.argv.slice(2);
const { below } = dice(Number(seed));
const SESSIONS = Number(sessions);
/** A frame of a type that nobody knows is passed over (RFC 9113 §4.1). */
const UNKNOWN = Buffer.from(`000008${"7700"}00000000${"09".repeat(8)}`, "hex");
const body = Buffer.alloc(3_000_000, "abcdefghijklmnopqrstuvwxyz");

const server =
  kind === "h2" ? createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }) : createServer();
const watch = watchServer(server);
const links: Http2Link[] = [];
watch.onHttp2((link) => links.push(link));
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.respond({ ":status": 200 });
  stream.end(headers[":path"] === "/large" ? body : "small");
});
server.on("sessionError", () => {});
server.on("session", (session: ServerHttp2Session) => session.on("error", () => {}));

const tally = { written: 0, blocked: 0, whole: 0, broken: 0, mixed: 0, sessions: 0 };
const tick = (): Promise<void> => new Promise((done) => setTimeout(done, below(3)));

/** A connection through a relay that can stop reading, so that the server's writes have to wait, and can break it off. */
async function open(port: number): Promise<{ readonly session: ClientHttp2Session; readonly relay: Socket }> {
  const relay = connectTcp(port, "127.0.0.1");
  const inlet = createTcpServer((client) => {
    inlet.close();
    client.pipe(relay).pipe(client);
    for (const each of [client, relay]) {
      each.on("error", () => {});
      each.on("close", () => [client, relay].map((other) => other.destroy()));
    }
  }).listen(0, "127.0.0.1");
  await once(inlet, "listening");
  const version = below(3) === 0 ? "TLSv1.2" : "TLSv1.3";
  const session = connect(`${kind === "h2" ? "https" : "http"}://localhost:${(inlet.address() as AddressInfo).port}`, {
    rejectUnauthorized: false,
    maxVersion: version,
    minVersion: version,
    settings: { initialWindowSize: 2 ** 31 - 1 },
  });
  session.on("connect", () => session.setLocalWindowSize(2 ** 31 - 1));
  session.on("error", () => {});
  // Node's client now and then does not hear of an end while its own write waits.
  relay.once("close", () => setTimeout(() => session.destroy(), 100));
  tally.sessions += 1;
  return { session, relay };
}

async function ask(session: ClientHttp2Session, gone: Promise<unknown>): Promise<void> {
  if (session.destroyed || session.closed) return;
  const large = below(4) === 0;
  const expected = large ? body : Buffer.from("small");
  const stream = session.request({ ":path": large ? "/large" : "/small" });
  stream.on("error", () => {});
  let length = 0;
  let same = true;
  stream.on("data", (chunk: Buffer) => {
    same &&= chunk.equals(expected.subarray(length, length + chunk.length));
    length += chunk.length;
    if (below(20) !== 0) return;
    stream.pause();
    setTimeout(() => stream.resume(), below(10));
  });
  await Promise.race([new Promise((done) => stream.once("close", done)), gone]);
  if (!same) tally.mixed += 1;
  else if (length === expected.length) tally.whole += 1;
  else tally.broken += 1;
}

async function work(port: number): Promise<void> {
  while (tally.sessions < SESSIONS) {
    const { session, relay } = await open(port);
    const gone = new Promise((done) => session.once("close", done));
    for (let time = 0; time < 40 && !session.destroyed && !session.closed; time += 1) {
      // Nothing is read for a while.
      if (below(6) === 0) {
        relay.pause();
        setTimeout(() => relay.resume(), 5 + below(30));
      }
      await Promise.all(Array.from({ length: 1 + below(4) }, () => ask(session, gone)));
      if (below(100) === 0) relay.resetAndDestroy();
      if (below(100) === 0) relay.destroy();
    }
    session.close();
  }
}

async function inject(): Promise<void> {
  const link = links[below(links.length)];
  if (link?.inject === undefined) return tick();
  links.splice(links.indexOf(link), 1);
  const done = new Promise<boolean>((resolve) => link.inject?.(UNKNOWN, resolve));
  // In the very moment in which the session's turn is ours.
  const fate = below(400);
  if (fate === 0) setImmediate(() => link.session.destroy());
  if (fate === 1) setImmediate(() => setImmediate(() => link.socket.destroy()));
  if (fate === 2) setImmediate(() => link.session.close());
  if (fate === 3) link.socket.destroy();
  if (fate === 4) link.session.destroy();
  if (fate === 5) setImmediate(() => link.socket.end());
  if (fate === 6)
    setImmediate(() => {
      link.session.destroy();
      link.socket.destroy();
    });
  if (kind === "h2c") await tick();
  if (await done) tally.written += 1;
  else tally.blocked += 1;
  if (link.socket.writable) links.push(link);
}

server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as { port: number };
  let working = true;
  const clients = Promise.all(Array.from({ length: Math.min(20, SESSIONS) }, () => work(port))).then(() => {
    working = false;
  });
  const injectors = Array.from({ length: 8 }, async () => {
    while (working) await inject();
  });
  await clients;
  await Promise.all(injectors);
  console.log(`storm ${JSON.stringify(tally)}`);
  // Relays whose client never came are still listening.
  process.exit();
});
