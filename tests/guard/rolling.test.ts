import { once } from "node:events";
import { createServer } from "node:http2";
import { connect as connectTcp } from "node:net";
import { expect, test } from "vitest";
import { connect, drain } from "../../src/guard/index.ts";

test("forty restarts under load: no server refuses or cuts anything, no request needs a second attempt", async () => {
  const start = async () => {
    const server = createServer((request, response) => {
      request.resume();
      setTimeout(() => response.end("ok"), 2);
    });
    const { start: stop } = drain(server, { graceMs: 20_000 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as { port: number }).port, stop };
  };
  let current = await start();
  const createConnection = () => connectTcp(current.port, "127.0.0.1");
  const client = connect("http://localhost", { maxAttempts: 1, http2: { createConnection } });
  let over = false;
  let answered = 0;
  const lane = async (): Promise<void> => {
    while (!over) {
      expect(await (await client.request({ method: "POST", body: "x" })).text()).toBe("ok");
      answered += 1;
    }
  };
  const lanes = Promise.all(Array.from({ length: 50 }, lane));
  for (let restart = 0; restart < 40; restart += 1) {
    const enough = answered + 100;
    while (answered < enough) await new Promise((done) => setImmediate(done));
    const old = current;
    current = await start();
    expect(await old.stop()).toMatchObject({ cut: 0 });
  }
  over = true;
  await lanes;
  await client.close();
  await current.stop();
  expect(client.counters).toMatchObject({ retries: 0, requests: answered, toldToGo: 40 });
});
