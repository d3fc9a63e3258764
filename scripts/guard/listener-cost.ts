import { once } from "node:events";
import { connect, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { drain, goaway } from "../../src/guard/index.ts";
import { dice } from "../lib/random.ts";
import { medianInterval } from "./median-interval.ts";
import { shuffled } from "./shuffled.ts";

const TURNS = 400;
const EMITS = 20_000;
const WHATS = ["bare", "bare, again", "filter at 0.001", "filter and drain"] as const;

const random = dice(1);
let seen = 0;

function make(what: (typeof WHATS)[number]): Http2Server {
  const server = createServer();
  server.on("stream", () => {
    seen += 1;
  });
  if (what.startsWith("filter")) goaway({ chance: 0.001, exempt: { userAgent: "bench" } }).attach(server);
  if (what === "filter and drain") drain(server);
  return server;
}

/** The event of a request, which stays open. */
async function eventOf(server: Http2Server): Promise<[ServerHttp2Stream, object, number, readonly string[]]> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.unref();
  const heard = once(server, "stream");
  client.request({ "user-agent": "bench", accept: "*/*" }, { endStream: true });
  return (await heard) as [ServerHttp2Stream, object, number, readonly string[]];
}

/**
 * What is run for a request more than on a bare server, by itself, in ns: rows of server, all listeners, how much more than the bare server's, and its
 * interval of 95 %. For HTTP/2 that is the filter's listener for `stream`, and nothing of the drain's until it begins. A stream of a real request is
 * announced to real servers over and over, as Node announces it, in short turns and an order drawn anew, till nothing but the listeners is
 * left to differ. In such a loop all is in the processor's caches.
 */
export async function listenerCost(): Promise<readonly (readonly string[])[]> {
  const servers = await Promise.all(
    WHATS.map(async (what) => {
      const server = make(what);
      return { what, server, event: await eventOf(server), ns: [] as number[] };
    }),
  );
  for (let turn = -20; turn < TURNS; turn += 1) {
    for (const { server, event, ns } of shuffled(servers, random)) {
      const from = process.hrtime.bigint();
      for (let count = 0; count < EMITS; count += 1) server.emit("stream", ...event);
      if (turn >= 0) ns.push(Number(process.hrtime.bigint() - from) / EMITS);
    }
  }
  for (const { server, event } of servers) {
    event[0].session?.destroy();
    server.close();
  }
  if (seen !== servers.length * (TURNS + 20) * EMITS + servers.length) throw new Error(`${seen} were announced`);
  const [bare] = servers;
  return servers.map(({ what, ns }) => {
    const more = medianInterval(
      ns.map((each, turn) => each - (bare?.ns[turn] ?? 0)),
      random,
    );
    const interval = `${more.low.toFixed(0)} to ${more.high.toFixed(0)}`;
    const own = medianInterval(ns, random).median.toFixed(0);
    return [what, own, ...(what === "bare" ? ["", ""] : [more.median.toFixed(0), interval])];
  });
}
