/** A server for scripts/guard/cost.ts: `cost-server.ts bare|control|filter|all h2c|h2 [key file] [cert file]`. */
import { readFileSync } from "node:fs";
import { createSecureServer, createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { drain, goaway } from "../../src/guard/index.ts";

const [what = "bare", kind = "h2c", keyFile = "", certFile = ""] = process.argv.slice(2);
const answer = (_request: Http2ServerRequest, response: Http2ServerResponse): void => {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end("hello, world\n");
};
const server =
  kind === "h2"
    ? createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer)
    : createServer(answer);
// h2load does not come back after GOAWAY, so that it is exempt: the dice fall for each of its requests all the same.
if (what === "filter" || what === "all") goaway({ chance: 0.001, exempt: { userAgent: "h2load" } }).attach(server);
if (what === "all") drain(server);
server.listen(0, "127.0.0.1", () => console.log(`listening ${(server.address() as { port: number }).port}`));
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(`cpu ${user + system}`);
});
