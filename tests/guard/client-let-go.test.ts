import { createServer } from "node:http2";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { RequestBody, Response } from "../../src/guard/index.ts";
import { client, failure, listen, until } from "./client-kit.ts";
import { frame, HEADERS, rawServer, settings } from "./raw-http2.ts";

describe("a response that is whole before its request is", () => {
  const BODY = Buffer.alloc(500_000);
  /** HPACK's static table, RFC 7541 appendix A. */
  const status = { 200: 0x88, 404: 0x8d };

  /** Takes two streams at once, and gives no window beyond the first 65535 bytes. */
  async function early(code: keyof typeof status) {
    const first = settings({ 3: 2 });
    const server = rawServer(
      (read, socket) => {
        if (read.type === HEADERS) socket.write(frame(HEADERS, 5, read.stream, Buffer.from([status[code]])));
      },
      { first },
    );
    const options = { maxSessions: 1, pingTimeoutMs: 50, readIdleTimeoutMs: 0 };
    return client(`http://127.0.0.1:${await listen(server)}`, options);
  }

  test.each<[string, 200 | 404, (response: Response) => unknown]>([
    ["the caller destroys it after its end", 200, (response) => response.body.destroy()],
    ["the server takes no more for longer than an answer may take", 200, () => {}],
    ["it says that the request is of no use", 404, () => {}],
  ])("leaves no stream behind: %s", async (_name, code, then) => {
    const own = await early(code);
    for (let time = 0; time < 6; time += 1) {
      const response = await own.request({ method: "POST", body: BODY });
      expect(await response.text()).toBe("");
      then(response);
    }
    await own.close();
    expect(own.counters).toMatchObject({ connections: 0, opened: 1 });
  });

  test("does not end an upload that the server still takes", async () => {
    let bytes = 0;
    let whole = false;
    const server = createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 202 });
      stream.end("taken");
      stream.on("data", (piece: Buffer) => {
        bytes += piece.length;
      });
      stream.on("end", () => {
        whole = true;
      });
    });
    const own = client(`http://127.0.0.1:${await listen(server)}`, { pingTimeoutMs: 300 });
    const body = async function* (): AsyncGenerator<Buffer> {
      for (let piece = 0; piece < 10; piece += 1) {
        // All together longer than a server may leave one piece.
        await new Promise((next) => setTimeout(next, 100));
        yield Buffer.alloc(100_000);
      }
    };
    const response = await own.request({ method: "POST", body });
    expect(await response.text()).toBe("taken");
    await until(() => whole);
    expect(bytes).toBe(1_000_000);
  });
});

test("a whole response that its caller destroys unread leaves no stream behind", async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 1 } }, (_request, response) => response.end("ok"));
  const own = client(`http://127.0.0.1:${await listen(server)}`, { maxSessions: 1 });
  for (let time = 0; time < 3; time += 1) {
    const response = await own.request();
    for (let turn = 0; turn < 50; turn += 1) await new Promise((next) => setImmediate(next));
    response.body.destroy();
  }
  await own.close();
  expect(own.counters.opened).toBe(1);
});

describe("a body whose next piece does not come is let go of when its attempt ends", () => {
  const gone: string[] = [];
  const stalled = { next: 0 };
  const halting = (name: string): Readable => {
    const destroy = (error: Error | null, done: (error: Error | null) => void): void => {
      gone.push(name);
      done(error);
    };
    const body = new Readable({ read() {}, destroy });
    body.push("x");
    return body;
  };
  const bodies: Readonly<Record<string, () => RequestBody>> = {
    "a stream": () => halting("a stream"),
    "a function's stream": () => () => halting("a function's stream"),
    "a web stream": () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from("x")),
        cancel: () => void gone.push("a web stream"),
      }),
    "an iterator": () => ({
      [Symbol.asyncIterator]: () => {
        stalled.next = 0;
        return {
          next: () => {
            stalled.next += 1;
            return stalled.next === 1 ? Promise.resolve({ value: "x" }) : new Promise<never>(() => {});
          },
          return: () => {
            gone.push("an iterator");
            return Promise.resolve({ done: true as const, value: undefined });
          },
        };
      },
    }),
  };
  const endings = ["the caller gives up", "the server refuses"] as const;
  test.each(Object.keys(bodies).flatMap((body) => endings.map((ending) => [body, ending] as const)))(
    "%s: %s",
    async (name, ending) => {
      gone.length = 0;
      let came = false;
      const server = createServer();
      server.on("stream", (stream) => {
        stream.on("error", () => {});
        stream.on("data", () => {
          came = true;
          if (ending === "the server refuses") stream.close(7);
        });
      });
      const own = client(`http://127.0.0.1:${await listen(server)}`, { maxAttempts: 1 });
      const stop = new AbortController();
      const error = failure(own.request({ method: "POST", body: bodies[name]?.() ?? "", signal: stop.signal }));
      await until(() => came);
      if (ending === "the caller gives up") stop.abort();
      expect(await error).toMatchObject(ending === "the server refuses" ? { code: "refused" } : { code: "aborted" });
      await until(() => gone.length > 0);
      expect(gone).toEqual([name]);
    },
  );
});
