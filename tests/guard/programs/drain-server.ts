/**
 * A server that drains at SIGTERM and then tells how it went: `drain-server.ts h2|h2c|h1 <key file> <cert file> [one-phase]`. It
 * counts every request by its `x-id` header, so that nobody can be served twice unseen.
 */
import { readFileSync } from "node:fs";
import { createServer as createHttp1 } from "node:http";
import { createSecureServer, createServer } from "node:http2";
import { drain } from "../../../src/guard/index.ts";

const [kind = "h2", keyFile = "", certFile = "", tls = "two-phase"] = process.argv.slice(2);
const secure = kind === "h2" ? { key: readFileSync(keyFile), cert: readFileSync(certFile) } : {};
const server = kind === "h1" ? createHttp1() : kind === "h2" ? createSecureServer(secure) : createServer();
const seen = new Map<string, number>();

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly resume: () => unknown;
}
interface Reply {
  readonly end: (text: string) => unknown;
}
server.on("request", (request: Request, response: Reply) => {
  const id = String(request.headers["x-id"]);
  seen.set(id, (seen.get(id) ?? 0) + 1);
  request.resume();
  setTimeout(() => response.end("ok\n"), 2);
});

const { start } = drain(server, {
  graceMs: 20_000,
  idleMs: 2000,
  tls: tls as "two-phase" | "one-phase",
  signals: ["SIGTERM"],
});
process.once("SIGTERM", async () => {
  const report = await start();
  const twice = [...seen.values()].filter((count) => count > 1).length;
  console.log(`report ${JSON.stringify({ ...report, served: seen.size, twice, node: process.versions.node })}`);
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${(server.address() as { port: number }).port}`));
