import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connect } from "../../src/guard/index.ts";

async function serving(onStream: (stream: ServerHttp2Stream) => void) {
  const server = createServer()
    .on("stream", onStream)
    .on("sessionError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("a POST that was accepted is not sent again when its session ends with GOAWAY REFUSED_STREAM", async () => {
  let posts = 0;
  const { server, url } = await serving((stream) => {
    posts++;
    stream.on("error", () => {});
    // REFUSED_STREAM as the session's code; the last stream is this one, so that it may have been processed (RFC 9113 §6.8).
    if (posts < 3) stream.session?.goaway(0x07, stream.id);
    else stream.respond({ ":status": 200 }, { endStream: true });
  });
  const client = connect(url);
  await expect(client.request({ method: "POST", body: "pay", timeoutMs: 2000 })).rejects.toMatchObject({
    processed: "maybe",
  });
  expect(posts).toBe(1);
  await client.close();
  server.close();
});

test("a body that nobody reads ends nobody when the connection drops", async () => {
  const { server, url } = await serving((stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.write("half");
    setTimeout(() => stream.session?.socket.destroy(), 20);
  });
  const client = connect(url);
  const response = await client.request();
  // Not `once`, which listens for errors: nobody does here.
  await new Promise((resolve) => response.body.on("close", resolve));
  await expect(response.text()).rejects.toThrow();
  await client.close();
  server.close();
});

test("a URL that is not HTTP is refused at once", () => {
  expect(() => connect("localhost:8080")).toThrow(expect.objectContaining({ code: "bad-url" }));
});
