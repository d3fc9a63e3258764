/**
 * How connections spread over servers after one of them was restarted, with and without the goaway filter:
 * `node scripts/guard/balance.ts [--write]`, where --write puts the table into docs/guard/goaway.md. Three real servers, a hundred real clients, and a balancer that gives each new connection to the
 * next server that is up, as network balancers do.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Http2Server } from "node:http2";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { type Client, connect, drain, goaway } from "../../src/guard/index.ts";
import { dice } from "../lib/random.ts";
import { table } from "../lib/table.ts";

const SERVERS = 3;
const CLIENTS = 100;
const REQUESTS = 1000;
const CHANCE = 0.001;

interface Node {
  readonly server: Http2Server;
  readonly port: number;
  readonly connections: () => number;
  readonly stop: () => Promise<unknown>;
}

async function start(chance: number, seed: number): Promise<Node> {
  const server = createServer((_request, response) => response.end("ok"));
  const drained = drain(server, { graceMs: 10_000 });
  goaway({ chance, dice: dice(seed).unit }).attach(server);
  let open = 0;
  server.on("session", (session) => {
    open += 1;
    session.once("close", () => {
      open -= 1;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as { port: number }).port, connections: () => open, stop: drained.start };
}

async function story(chance: number): Promise<readonly (readonly string[])[]> {
  const nodes = await Promise.all(Array.from({ length: SERVERS }, (_, index) => start(chance, index + 1)));
  const down = new Set<number>();
  let turn = 0;
  // The balancer: round robin over those that are up.
  const balanced = () => {
    for (;;) {
      const index = turn % SERVERS;
      turn += 1;
      const node = nodes[index];
      if (node !== undefined && !down.has(index)) return connectTcp(node.port, "127.0.0.1");
    }
  };
  const clients = Array.from({ length: CLIENTS }, () =>
    connect("http://balancer", { http2: { createConnection: balanced } }),
  );
  const rows: string[][] = [];
  const tell = (when: string): void => {
    const counts = nodes.map((node, index) => (down.has(index) ? "down" : String(node.connections())));
    rows.push([chance === 0 ? "without" : `with, ${chance}`, when, ...counts]);
  };
  let failed = await ask(clients, 10);
  tell("at the start");
  down.add(0);
  await nodes[0]?.stop();
  failed += await ask(clients, 10);
  tell("server 1 is down");
  nodes[0] = await start(chance, 11);
  down.delete(0);
  failed += await ask(clients, REQUESTS);
  tell(`${(CLIENTS * REQUESTS).toLocaleString("en")} requests after it is back`);
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(nodes.map((node) => node.stop()));
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return rows;
}

async function ask(clients: readonly Client[], times: number): Promise<number> {
  let failed = 0;
  const one = async (client: Client): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      try {
        await (await client.request()).bytes();
      } catch {
        failed += 1;
      }
    }
  };
  await Promise.all(clients.map(one));
  return failed;
}

const rows = [...(await story(0)), ...(await story(CHANCE))];
const head = ["filter", "when", "server 1", "server 2", "server 3"];
console.log(table(head, rows));
console.log(`${CLIENTS} clients with one connection each, Node ${process.versions.node}; no request failed`);
if (process.argv.includes("--write")) {
  const page = join(import.meta.dirname, "../../docs/guard/goaway.md");
  const lines = [head, ["---", "---", "---:", "---:", "---:"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.replace(/(<!-- balance -->\n)[\s\S]*(\n<!-- \/balance -->)/, `$1${lines}$2`));
}
