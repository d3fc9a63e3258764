import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import type { Client, ClientOptions, RequestBody, Response } from "../../src/guard/index.ts";
import { client, failure, listen, until } from "./client-kit.ts";
import { DATA, frame, goaway, HEADERS, rawServer, respond200 } from "./raw-http2.ts";

const reset = (code: number): Buffer => frame(0x3, 0, 1, Buffer.from([0, 0, 0, code]));
const half = Buffer.concat([respond200(1, false), frame(DATA, 0, 1, Buffer.from("half"))]);

interface Cut {
  readonly options?: ClientOptions;
  readonly make: (own: Client, write: (bytes: Buffer) => void) => unknown;
  readonly says: object;
}

const peer = { code: "stream-reset", endedBy: "peer" };
const cuts: Readonly<Record<string, Cut>> = {
  "the health check": {
    options: { readIdleTimeoutMs: 30, pingTimeoutMs: 30 },
    make: () => {},
    says: { code: "lost-ping", endedBy: "nobody" },
  },
  "the end of the grace": {
    make: (own) => own.close({ graceMs: 1 }),
    says: { code: "client-closed", endedBy: "client" },
  },
  "RST_STREAM NO_ERROR": { make: (_own, write) => write(reset(0)), says: peer },
  "RST_STREAM CANCEL": { make: (_own, write) => write(reset(8)), says: peer },
  "GOAWAY below its stream": { make: (_own, write) => write(goaway(0, 0)), says: { endedBy: "peer" } },
};

const readers: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  "bytes()": (response) => response.bytes(),
  "for await": async ({ body }) => {
    for await (const _chunk of body);
  },
  pipeline: ({ body }) => pipeline(body, new PassThrough().resume()),
};

const bodies: Readonly<Record<string, () => RequestBody | undefined>> = {
  "without a body": () => undefined,
  "with a body": () => "x",
  "in its upload": async function* () {
    yield "x";
    await new Promise(() => {});
  },
};

const cases = Object.keys(cuts).flatMap((cut) =>
  Object.keys(bodies).flatMap((body) => Object.keys(readers).map((reader) => [cut, body, reader] as const)),
);

/** Half a response has come to a client, and its server has fallen silent. */
async function halfway(body: RequestBody | undefined, options: ClientOptions = {}) {
  let write: (bytes: Buffer) => void = () => {};
  const server = rawServer((read, socket) => {
    if (read.type !== HEADERS) return;
    write = (bytes) => socket.write(bytes);
    write(half);
  });
  const own = client(`http://127.0.0.1:${await listen(server)}`, { readIdleTimeoutMs: 0, maxAttempts: 1, ...options });
  const response = await own.request({ method: "POST", ...(body === undefined ? {} : { body }) });
  return { own, response, write: (bytes: Buffer) => write(bytes) };
}

describe("half a response is not taken for a whole one", () => {
  test.each(cases)("cut by %s, %s, read with %s", async (name, body, reader) => {
    const cut = cuts[name] as Cut;
    const { own, response, write } = await halfway(bodies[body]?.(), cut.options);
    const read = failure(readers[reader]?.(response) ?? Promise.resolve());
    // The reader has the half, and waits for more.
    let came = false;
    response.body.once("data", () => {
      came = true;
    });
    await until(() => came);
    cut.make(own, write);
    expect(await read).toMatchObject({ name: "RequestError", processed: "yes", ...cut.says });
  });

  test("read only after the cut", async () => {
    const { own, response } = await halfway(undefined);
    await own.close({ graceMs: 1 });
    expect(await failure(response.bytes())).toMatchObject({ code: "client-closed", processed: "yes" });
  });
});

describe("a whole response is whole", () => {
  const end = frame(DATA, 1, 1);
  test.each<[string, Buffer]>([
    ["ended", end],
    ["ended, and reset with NO_ERROR since the upload is not wanted (RFC 9113 §8.1)", Buffer.concat([end, reset(0)])],
    ["ended by trailers", frame(HEADERS, 5, 1, Buffer.from([0, 1, 97, 1, 98]))],
  ])("%s", async (_name, last) => {
    for (const body of Object.values(bodies)) {
      const { response, write } = await halfway(body());
      write(last);
      expect(await response.text()).toBe("half");
    }
  });

  test("read after its connection is gone", async () => {
    const { own, response, write } = await halfway(undefined);
    write(end);
    const closed = own.close();
    expect(await response.text()).toBe("half");
    await closed;
  });
});
