/** Memory of an idle client connection: `node --expose-gc scripts/guard/memory.ts`. This library's beside Node's own `http2.connect`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { connect } from "../../src/guard/index.ts";
import { table } from "../lib/table.ts";

const CONNECTIONS = 1000;
const collect = globalThis.gc;
if (collect === undefined) throw new Error("run it with node --expose-gc");

const script = join(import.meta.dirname, "cost-server.ts");
const server = spawn(process.execPath, ["--no-warnings", script]);
const [line] = (await once(server.stdout, "data")) as [Buffer];
const url = `http://127.0.0.1:${line.toString().match(/\d+/)?.[0]}`;
const kept: unknown[] = [];

async function bare(): Promise<void> {
  const session = connectHttp2(url);
  await once(session, "remoteSettings");
  const stream = session.request();
  stream.resume();
  await once(stream, "close");
  kept.push(session);
}

async function guarded(): Promise<void> {
  const client = connect(url);
  await (await client.request()).bytes();
  kept.push(client);
}

async function used(): Promise<{ heap: number; rss: number }> {
  for (let time = 0; time < 3; time += 1) {
    collect?.();
    await new Promise((done) => setTimeout(done, 100));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

const rows: string[][] = [];
for (const [name, open] of [
  ["http2.connect", bare],
  ["connect of halfopen/guard", guarded],
] as const) {
  for (let count = 0; count < 50; count += 1) await open();
  const before = await used();
  for (let count = 0; count < CONNECTIONS; count += 1) await open();
  const after = await used();
  const each = (to: number, from: number): string => ((to - from) / CONNECTIONS / 1024).toFixed(1);
  rows.push([name, each(after.heap, before.heap), each(after.rss, before.rss)]);
}
console.log(table(["idle connection of", "heap KiB", "resident KiB"], rows));
console.log(`${CONNECTIONS} connections each, after one request, Node ${process.versions.node}`);
server.kill();
process.exit(0);
