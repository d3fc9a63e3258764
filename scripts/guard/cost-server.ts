/**
 * Servers for scripts/guard/cost.ts and memory.ts, all in one process: `cost-server.ts [key file] [cert file] [order]`. Says its ports, in the order of
 * `KINDS` and in each of `WHATS`; without a key in the clear only. They are made in the given order of `WHATS`, as numbers with commas between: who is
 * made first lies elsewhere in memory. At each line on standard input it says what CPU time it has used, in µs, and
 * how many requests each server has answered.
 */
import { readFileSync } from "node:fs";
import { createSecureServer, createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { drain, goaway } from "../../src/guard/index.ts";

/** `control`: the bare server once more. */
const WHATS = ["bare", "control", "filter", "all"] as const;
const KINDS = ["h2c", "h2"] as const;

const [keyFile, certFile, order] = process.argv.slice(2);
const counts: number[] = [];

function start(kind: "h2c" | "h2", what: (typeof WHATS)[number]): Promise<number> {
  const own = counts.push(0) - 1;
  const answer = (_request: Http2ServerRequest, response: Http2ServerResponse): void => {
    counts[own] = (counts[own] ?? 0) + 1;
    response.writeHead(200, { "content-type": "text/plain" });
    response.end("hello, world\n");
  };
  const server =
    kind === "h2" && keyFile !== undefined && certFile !== undefined
      ? createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer)
      : createServer(answer);
  // h2load does not come back after GOAWAY, so that it is exempt: the dice fall for each of its requests all the same.
  if (what === "filter" || what === "all") goaway({ chance: 0.001, exempt: { userAgent: "h2load" } }).attach(server);
  if (what === "all") drain(server);
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port));
  });
}

const kinds = certFile === undefined ? KINDS.slice(0, 1) : KINDS;
const turns = order === undefined ? [...WHATS.keys()] : order.split(",").map(Number);
const ports: number[] = [];
for (const [number, kind] of kinds.entries())
  for (const turn of turns) ports[number * WHATS.length + turn] = await start(kind, WHATS[turn] ?? "bare");
console.log(`listening ${ports.join(" ")}`);
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(`used ${user + system} ${counts.join(" ")}`);
});
