/**
 * Run in a network namespace of its own: a server, a client with a request open on it, then every packet is dropped. Prints when the
 * client knew, counted from the last frame it read, and what it said.
 */
import { execFileSync } from "node:child_process";
import { createServer } from "node:http2";
import { connect, RequestError } from "../../../src/guard/index.ts";

const READ_IDLE = 1500;
const PING = 700;

const nft = (rule: string): void => {
  execFileSync("nft", [rule]);
};
execFileSync("ip", ["link", "set", "lo", "up"]);
nft("add table inet silence");
nft("add chain inet silence input { type filter hook input priority 0; policy accept; }");

const server = createServer();
server.on("stream", (stream, headers) => {
  if (headers[":path"] === "/hang") return;
  stream.respond({ ":status": 200 });
  stream.end("ok");
});
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address() as { port: number };
  const options = { readIdleTimeoutMs: READ_IDLE, pingTimeoutMs: PING, resolutionMs: 20, maxAttempts: 1 };
  const client = connect(`http://127.0.0.1:${port}`, options);
  // Answered PINGs first: the connection is quiet and well for longer than the two times together.
  await (await client.request()).text();
  const hanging = client.request({ method: "POST", path: "/hang", body: "x" });
  await new Promise((done) => setTimeout(done, (READ_IDLE + PING) * 1.5));
  const stillOpen = client.counters.connections === 1 && client.counters.lost === 0;
  await (await client.request()).text();
  const lastFrame = performance.now();
  nft(`add rule inet silence input tcp dport ${port} drop`);
  nft(`add rule inet silence input tcp sport ${port} drop`);
  const error = await hanging.catch((reason: unknown) => reason);
  const afterMs = performance.now() - lastFrame;
  if (!(error instanceof RequestError)) throw new Error(`not lost: ${error}`);
  const { code, endedBy, processed, message } = error;
  const verdict = { afterMs, notBefore: READ_IDLE + PING, stillOpen, code, endedBy, processed, message };
  console.log(`verdict ${JSON.stringify(verdict)}`);
  process.exit(0);
});
