import { once } from "node:events";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { connect, type RequestError } from "../../src/guard/index.ts";
import { client, failure, listen } from "./client-kit.ts";
import { certificate, freePort, goProgram, missing, run } from "./peers.ts";

describe("bodies", () => {
  /** Refuses the first streams it sees, so that they are surely not processed. */
  async function refusing(times: number): Promise<number> {
    let left = times;
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      if (left > 0) {
        left -= 1;
        stream.close(7);
        return;
      }
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        stream.respond({ ":status": 200 });
        stream.end(Buffer.concat(chunks));
      });
    });
    return listen(server);
  }

  test.each([
    ["bytes", Buffer.from("whole")],
    ["a function that makes the body", () => Readable.from(["who", "le"])],
  ])("%s are sent again", async (_name, body) => {
    const own = client(`http://127.0.0.1:${await refusing(2)}`, { backOffMs: 1 });
    const response = await own.request({ method: "POST", body });
    expect(await response.text()).toBe("whole");
    expect(response.attempts).toBe(3);
  });

  test("a stream that was read is not, and the error says what to do", async () => {
    const own = client(`http://127.0.0.1:${await refusing(1)}`);
    const error = await failure(own.request({ method: "POST", body: Readable.from(["whole"]) }));
    expect(error).toMatchObject({ code: "refused", processed: "no", notRetried: "body-not-replayable" });
    expect((error as Error).message).toContain("give bytes, or a function that makes the body");
  });

  test("a body that breaks off ends the request", async () => {
    const own = client(`http://127.0.0.1:${await refusing(0)}`);
    const body = async function* (): AsyncGenerator<string> {
      yield "some";
      throw new Error("disk gone");
    };
    const error = await failure(own.request({ method: "POST", body }));
    expect(error).toMatchObject({ code: "body-failed", endedBy: "client", cause: { message: "disk gone" } });
  });

  test("attempts have an end", async () => {
    const own = client(`http://127.0.0.1:${await refusing(100)}`, { maxAttempts: 3, backOffMs: 1 });
    const error = await failure(own.request());
    expect(error).toMatchObject({ code: "refused", attempts: 3, notRetried: "attempts-used-up", processed: "no" });
  });
});

describe("a response that breaks off is never taken for a whole one", () => {
  test("the connection is closed", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const began = once(server, "stream") as Promise<[ServerHttp2Stream]>;
    const own = client(`http://127.0.0.1:${await listen(server)}`, { retryIdempotent: true });
    const response = await own.request();
    await once(response.body, "readable");
    const [stream] = await began;
    stream.session?.destroy();
    expect(await failure(response.text())).toMatchObject({ name: "RequestError", processed: "yes", endedBy: "peer" });
  });

  test.skipIf(missing("go", "openssl"))("the stream is reset", async () => {
    const { certFile, keyFile, cert } = certificate();
    const server = run(goProgram("server"), ["-cert", certFile, "-key", keyFile]);
    const own = client(`https://localhost:${(await server.says(/listening (\d+)/))[1]}`, { http2: { ca: cert } });
    const response = await own.request({ path: "/abort" });
    const error = await failure(response.text());
    // INTERNAL_ERROR, which this side may say as well, of header fields that it can't take.
    expect(error).toMatchObject({ code: "stream-reset", processed: "yes", endedBy: "unknown" });
    await server.stop();
  });

  test("one that its caller does not want is cancelled at the server", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const began = once(server, "stream") as Promise<[ServerHttp2Stream]>;
    const own = client(`http://127.0.0.1:${await listen(server)}`);
    const response = await own.request();
    const [stream] = await began;
    const aborted = new Promise((done) => stream.once("close", () => done(stream.rstCode)));
    response.body.destroy();
    expect(await aborted).toBe(8);
  });
});

describe("limits", () => {
  test("a server's stream limit makes more connections up to the bound, and requests wait for room", async () => {
    let open = 0;
    let most = 0;
    const server = createServer({ settings: { maxConcurrentStreams: 3 } }, (_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end("ok");
      }, 2);
    });
    const own = client(`http://127.0.0.1:${await listen(server)}`, { maxSessions: 2, maxAttempts: 1 });
    const texts = await Promise.all(Array.from({ length: 200 }, async () => (await own.request()).text()));
    expect(texts.every((text) => text === "ok")).toBe(true);
    expect(most).toBeLessThanOrEqual(6);
    expect(own.counters.opened).toBe(2);
  });

  test("the caller's signal and time", async () => {
    const server = createServer();
    server.on("stream", (stream) => stream.on("error", () => {}));
    const own = client(`http://127.0.0.1:${await listen(server)}`);
    expect(await failure(own.request({ timeoutMs: 30 }))).toMatchObject({
      code: "timed-out",
      endedBy: "client",
      processed: "maybe",
    });
    const stop = new AbortController();
    const waiting = failure(own.request({ signal: stop.signal }));
    stop.abort();
    expect(await waiting).toMatchObject({ code: "aborted", endedBy: "client" });
    // Before it was sent: surely not processed.
    const never = client(`http://127.0.0.1:${await freePort()}`, {
      dice: () => 0.99,
      backOffMs: 3_600_000,
      maxBackOffMs: 3_600_000,
    });
    const early = await failure(never.request({ timeoutMs: 30 }));
    expect(early).toMatchObject({ code: "timed-out", processed: "no" });
  });

  test("no more requests wait than the bound allows", async () => {
    const own = client(`http://127.0.0.1:${await freePort()}`, { maxWaiting: 2, maxAttempts: 1 });
    const all = await Promise.all([1, 2, 3].map(() => failure(own.request())));
    expect(all.map((error) => (error as RequestError).code)).toEqual([
      "connect-failed",
      "connect-failed",
      "too-many-waiting",
    ]);
  });

  test("an idle connection is closed by the client, before its server would", async () => {
    const server = createServer((_request, response) => response.end("ok"));
    const closed = once(server, "session").then(([session]) => once(session as ServerHttp2Session, "close"));
    const own = client(`http://127.0.0.1:${await listen(server)}`, { idleTimeoutMs: 50, readIdleTimeoutMs: 100 });
    await (await own.request()).text();
    await closed;
    expect(await (await own.request()).text()).toBe("ok");
    expect(own.counters.opened).toBe(2);
  });

  test("reconnecting backs off by the dice", async () => {
    const port = await freePort();
    const waits: number[] = [];
    const clock = {
      now: () => performance.now(),
      after: (ms: number, then: () => void, holds?: boolean) => {
        if (holds === true) waits.push(Math.round(ms));
        const timer = setTimeout(then, holds === true ? 0 : ms);
        return () => clearTimeout(timer);
      },
    };
    const own = client(`http://127.0.0.1:${port}`, { clock, dice: () => 0.5, maxAttempts: 5 });
    expect(await failure(own.request())).toMatchObject({ code: "connect-failed", attempts: 5, endedBy: "peer" });
    expect(waits).toEqual([50, 100, 200, 400]);
  });

  test.each([
    ["readIdleTimeoutMs", { readIdleTimeoutMs: -1 }],
    ["maxSessions", { maxSessions: 0 }],
    ["pingTimeoutMs", { pingTimeoutMs: Number.NaN }],
  ])("refuses a bad %s", (name, options) => {
    expect(() => connect("http://localhost", options)).toThrow(name);
  });
});
