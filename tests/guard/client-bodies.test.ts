import { createServer } from "node:http2";
import { Readable } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import type { RequestBody } from "../../src/guard/index.ts";
import { client, failure, listen, until } from "./client-kit.ts";

const seen: string[] = [];
let open = 0;
beforeEach(() => {
  seen.length = 0;
});

/** Refuses the first streams when their body has come, and notes every body. */
async function refusing(times: number): Promise<string> {
  let left = times;
  const server = createServer();
  server.on("stream", (stream) => {
    open += 1;
    stream.on("close", () => {
      open -= 1;
    });
    stream.on("error", () => {});
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (piece: string) => {
      text += piece;
    });
    stream.on("end", () => {
      seen.push(text);
      left -= 1;
      if (left >= 0) return stream.close(7);
      stream.respond({ ":status": 200 });
      stream.end(text);
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

describe("what is read once is sent once", () => {
  test.each<[string, () => RequestBody]>([
    [
      "a generator",
      () =>
        (function* () {
          yield "whole";
        })(),
    ],
    [
      "an async generator",
      () =>
        (async function* () {
          yield "whole";
        })(),
    ],
    ["a stream", () => Readable.from(["whole"])],
    ["a web stream", () => new Blob(["whole"]).stream() as AsyncIterable<Uint8Array>],
  ])("%s", async (_name, body) => {
    const own = client(await refusing(1), { backOffMs: 1 });
    const error = await failure(own.request({ method: "POST", body: body() }));
    expect(error).toMatchObject({ code: "refused", processed: "no", notRetried: "body-not-replayable", attempts: 1 });
    expect(seen).toEqual(["whole"]);
  });

  test("a function that gives the same stream again is told so, and nothing empty is sent", async () => {
    const own = client(await refusing(1), { backOffMs: 1 });
    const one = Readable.from(["whole"]);
    const error = await failure(own.request({ method: "POST", body: () => one }));
    expect(error).toMatchObject({ code: "body-failed", endedBy: "client" });
    expect(String((error as Error).cause)).toContain("make a new one");
    expect(seen).toEqual(["whole"]);
  });
});

describe("what can be made anew is sent again", () => {
  test.each<[string, RequestBody]>([
    ["a string", "whole"],
    ["bytes", new Uint8Array(Buffer.from("whole"))],
    ["a function that gives a string", () => "whole"],
    ["a function that gives bytes, later", async () => Buffer.from("whole")],
    ["a function that gives a list", () => ["who", "le"]],
    [
      "a generator function",
      async function* () {
        yield "who";
        yield Buffer.from("le");
      },
    ],
  ])("%s", async (_name, body) => {
    const own = client(await refusing(2), { backOffMs: 1 });
    const response = await own.request({ method: "POST", body });
    expect(await response.text()).toBe("whole");
    expect(seen).toEqual(["whole", "whole", "whole"]);
  });

  test("a function that gives nothing: an empty body", async () => {
    const own = client(await refusing(0));
    expect(await (await own.request({ method: "POST", body: () => undefined })).text()).toBe("");
  });

  test("large bytes, whole", async () => {
    const own = client(await refusing(1), { backOffMs: 1 });
    const body = "0123456789".repeat(100_000);
    expect(await (await own.request({ method: "POST", body })).text()).toBe(body);
  });
});

describe("a body that breaks off is the caller's, and leaves nothing open", () => {
  const broken = async function* (): AsyncGenerator<string> {
    yield "some";
    throw new Error("disk gone");
  };
  test.each<[string, RequestBody]>([
    [
      "a function that throws",
      () => {
        throw new Error("disk gone");
      },
    ],
    ["a function that rejects", () => Promise.reject(new Error("disk gone"))],
    ["a stream that fails", broken],
    ["a piece that is no bytes", () => [7] as unknown as string[]],
  ])("%s", async (_name, body) => {
    const own = client(await refusing(0));
    const error = await failure(own.request({ method: "POST", body }));
    expect(error).toMatchObject({ code: "body-failed", endedBy: "client", notRetried: "given-up" });
    expect(String((error as Error).cause)).toMatch(/disk gone|a piece of the body is a number/);
    await until(() => open === 0);
    expect(own.counters.opened).toBe(1);
    // Not taken for a whole body.
    expect(seen).toEqual([]);
  });

  test("also while the response comes: the server is not blamed", async () => {
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const own = client(`http://127.0.0.1:${await listen(server)}`);
    let fail = (_error: Error): void => {};
    const body = new Readable({ read() {} });
    body.push("some");
    fail = (error) => body.destroy(error);
    const response = await own.request({ method: "POST", body });
    fail(new Error("disk gone"));
    expect(await failure(response.text())).toMatchObject({ code: "body-failed", endedBy: "client", processed: "yes" });
  });
});
