/** What tests of the client share: clients and servers that are closed after each test. */
import { once } from "node:events";
import type { Server } from "node:net";
import { afterEach } from "vitest";
import { type Client, type ClientOptions, connect } from "../../src/guard/index.ts";

const clients: Client[] = [];
const servers: { close: () => unknown }[] = [];
afterEach(async () => {
  // What a failed test left open is cut, so that it does not hold the next one.
  await Promise.all(clients.splice(0).map((client) => client.close({ graceMs: 0 })));
  for (const server of servers.splice(0)) server.close();
});

export function client(url: string, options: ClientOptions = {}): Client {
  const own = connect(url, options);
  clients.push(own);
  return own;
}

export async function listen(server: Pick<Server, "listen" | "address" | "close">): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server as Server, "listening");
  return (server.address() as { port: number }).port;
}

/** What it rejects with. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`did not fail: ${value}`);
    },
    (error: unknown) => error,
  );

/** Nothing of this process runs meanwhile. */
export function blockLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Resolves once the condition holds, which is looked at with every turn of the event loop; rejects if it does not come about. */
export async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`did not come about within 30 s: ${holds}`);
    await new Promise((next) => setImmediate(next));
  }
}
