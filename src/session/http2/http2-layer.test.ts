import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer } from "node:http2";
import type { Server } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { type Heard, heard, recorded, type Said } from "../../../tests/helpers/recorded-conversation.ts";
import type { Frame } from "./frame.ts";
import { readFrameBody } from "./frame-body.ts";
import { DATA, GOAWAY, HEADERS, PING, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE } from "./names.ts";

const framesOf = ({ events }: Heard): Frame[] =>
  events.flatMap((event) => (event.kind === "http2-frame" ? [event] : []));

/** A real client and server: requests with bodies, a reset, a PING, a GOAWAY with debug data. */
async function conversation(): Promise<Said[]> {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (headers[":path"] === "/reset") {
      stream.close(0x8);
      return;
    }
    if (headers[":path"] === "/calm") {
      stream.session?.goaway(0xb, 5, Buffer.from("too_many_pings"));
      return;
    }
    stream.respond({ ":status": 200, "content-type": "text/plain", "x-long": "v".repeat(40) });
    stream.end(Buffer.alloc(100_000, 120));
  });
  server.on("session", (session) => {
    session.on("error", () => {});
  });
  return await recorded(server as unknown as Server, async (port) => {
    const client = connect(`http://127.0.0.1:${port}`, { settings: { headerTableSize: 8192 } });
    await once(client, "connect");
    await get(client, "/one");
    await get(client, "/two?token=secret");
    await get(client, "/reset");
    await new Promise<void>((resolve) => client.ping(Buffer.from("halfopen"), () => resolve()));
    client.on("error", () => {});
    const closed = new Promise<void>((resolve) => client.on("close", () => resolve()));
    client.request({ ":path": "/calm" }).on("error", () => {});
    await closed;
  });
}

async function get(client: ClientHttp2Session, path: string): Promise<void> {
  const request = client.request({ ":path": path });
  request.on("error", () => {});
  request.resume();
  await once(request, "close");
}

let said: Said[] = [];
beforeAll(async () => {
  said = await conversation();
});

describe("a real HTTP/2 conversation", () => {
  test("its frames are read with their fields", () => {
    const told = heard(said);
    const frames = framesOf(told);
    expect(told.summary).toMatchObject({ protocols: ["http2"], problems: [], missing: [0, 0] });
    expect(frames.filter(({ type }) => type === SETTINGS).length).toBeGreaterThanOrEqual(4);
    const requests = frames.filter(({ type, direction }) => type === HEADERS && direction === 0);
    expect(requests.map(({ fields }) => fields?.fields.find(({ name }) => name === ":path")?.value)).toEqual([
      "/one",
      "/two?token=secret",
      "/reset",
      "/calm",
    ]);
    const reset = frames.find(({ type }) => type === RST_STREAM);
    expect(reset).toMatchObject({ streamId: 5, direction: 1, body: { errorCode: 8 } });
    const goAway = frames.find(({ type, direction }) => type === GOAWAY && direction === 1);
    expect(goAway?.body).toMatchObject({ kind: "goaway", lastStreamId: 5, errorCode: 0xb });
  });

  test("streams, PINGs, settings and GOAWAYs are followed", () => {
    const http2 = heard(said).summary.http2;
    expect(http2?.client).toBe(0);
    expect(http2?.settings[0].get(1)).toBe(8192);
    expect(http2?.streams.map(({ id, end, method, status, octets }) => [id, end, method, status, octets[1]])).toEqual([
      [1, "complete", "GET", "200", 100_000],
      [3, "complete", "GET", "200", 100_000],
      [5, "reset", "GET", undefined, 0],
      [7, "open", "GET", undefined, 0],
    ]);
    expect(http2?.pings).toMatchObject([{ direction: 0, opaque: Buffer.from("halfopen").toString("hex") }]);
    expect(http2?.pings[0]?.answer?.packet).toBeGreaterThan(http2?.pings[0]?.packet ?? 0);
    expect(String.fromCharCode(...(http2?.goAways[0]?.debugData ?? []))).toBe("too_many_pings");
  });

  test("windows never go below nothing, since both ends keep to them", () => {
    const windows = framesOf(heard(said)).flatMap(({ windows }) => (windows === undefined ? [] : [windows]));
    expect(windows.length).toBeGreaterThan(5);
    for (const { connection, stream } of windows) expect(Math.min(connection, stream)).toBeGreaterThanOrEqual(0);
  });

  test("is the same however it is cut into segments", () => {
    const whole = framesOf(heard(said)).map(({ type, streamId, flags, length, fields }) => [
      type,
      streamId,
      flags,
      length,
      fields,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (size) => {
        const cut = said.flatMap(({ direction, bytes }) =>
          Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
            direction,
            bytes: bytes.slice(i * size, (i + 1) * size),
          })),
        );
        const frames = framesOf(heard(cut)).map(({ type, streamId, flags, length, fields }) => [
          type,
          streamId,
          flags,
          length,
          fields,
        ]);
        expect(frames).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  test("from its middle: frames are found again, header blocks stay closed", () => {
    const late = said.slice(Math.floor(said.length / 2));
    const lost = said.slice(0, Math.floor(said.length / 2)).map((part) => ({ ...part, lost: true as const }));
    const told = heard([...lost, ...late]);
    const goAway = framesOf(told).find(({ type, direction }) => type === GOAWAY && direction === 1);
    expect(goAway?.body).toMatchObject({ errorCode: 0xb });
    expect(framesOf(told).every(({ fields }) => fields === undefined)).toBe(true);
  });

  test("with any byte changed and cut anywhere it gives what can be had and no exception", () => {
    const short = said.filter(({ bytes }) => bytes.length < 2000).slice(0, 40);
    const all = short.reduce((sum, { bytes }) => sum + bytes.length, 0);
    fc.assert(
      fc.property(fc.nat(all), fc.nat(all), fc.integer({ min: 1, max: 255 }), (cut, place, change) => {
        let left = cut;
        let before = 0;
        const changed = short.flatMap(({ direction, bytes }) => {
          const kept = bytes.slice(0, left);
          left -= kept.length;
          if (place >= before && place - before < kept.length)
            kept[place - before] = (kept[place - before] ?? 0) ^ change;
          before += bytes.length;
          return kept.length === 0 ? [] : [{ direction, bytes: kept }];
        });
        expect(heard(changed).summary.stream).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const frame = (type: number, flags: number, streamId: number, payload: readonly number[]): number[] => [
  payload.length >> 16,
  (payload.length >> 8) & 255,
  payload.length & 255,
  type,
  flags,
  0,
  0,
  0,
  streamId,
  ...payload,
];

describe("h2c by Upgrade (RFC 7540 §3.2)", () => {
  const ask =
    "GET /up HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n";
  const yes = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n";
  const parts: Said[] = [
    { direction: 0, bytes: text(ask) },
    { direction: 1, bytes: Uint8Array.from([...text(yes), ...frame(SETTINGS, 0, 0, [])]) },
    {
      direction: 0,
      bytes: Uint8Array.from([...text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ...frame(SETTINGS, 0, 0, [])]),
    },
    { direction: 1, bytes: Uint8Array.from([...frame(HEADERS, 4, 1, [0x88]), ...frame(DATA, 1, 1, [111, 107])]) },
  ];

  test("the request is stream 1 and its settings count", () => {
    const told = heard(parts);
    expect(told.summary.protocols).toEqual(["http1", "http2"]);
    expect(framesOf(told).map(({ type, direction, streamId }) => [type, direction, streamId])).toEqual([
      [SETTINGS, 1, 0],
      [SETTINGS, 0, 0],
      [HEADERS, 1, 1],
      [DATA, 1, 1],
    ]);
    expect(told.summary.http2?.streams).toMatchObject([
      { id: 1, method: "GET", path: "/up", status: "200", end: "complete" },
    ]);
    expect([...(told.summary.http2?.settings[0] ?? [])]).toEqual([
      [3, 100],
      [4, 0xffff],
    ]);
  });
});

describe("the payload of a frame", () => {
  const read = (type: number, flags: number, payload: readonly number[]) =>
    readFrameBody({ type, flags, length: payload.length }, Uint8Array.from(payload));

  test("is read with its padding, priority and reserved bits", () => {
    expect(read(DATA, 0x9, [2, 1, 0, 0])).toEqual({ kind: "data", endStream: true, padding: 2 });
    expect(read(HEADERS, 0x28, [1, 0, 0, 0, 0, 15, 0x82, 0])).toMatchObject({
      kind: "headers",
      block: Uint8Array.of(0x82),
    });
    expect(read(PUSH_PROMISE, 4, [0x80, 0, 0, 2, 0x82])).toMatchObject({ kind: "push-promise", promised: 2 });
    expect(read(WINDOW_UPDATE, 0, [0x80, 0, 0, 9])).toEqual({ kind: "window-update", increment: 9 });
    expect(read(GOAWAY, 0, [0x80, 0, 0, 1, 0, 0, 0, 2, 65])).toMatchObject({ lastStreamId: 1, errorCode: 2 });
  });

  test.each([
    [SETTINGS, 0, [0, 1, 2], 0],
    [SETTINGS, 1, [0, 1, 0, 0, 0, 0], 0],
    [PING, 0, [1, 2, 3], 0],
    [RST_STREAM, 0, [1, 2, 3], 0],
    [GOAWAY, 0, [0, 0, 0, 1, 0], 4],
    [DATA, 8, [5, 1], 1],
    [HEADERS, 8, [9, 1], 1],
  ])("of type %i, flags %i, %j is malformed at %i", (type, flags, payload, offset) => {
    expect(read(type, flags, payload)).toMatchObject({ kind: "malformed", offset });
  });

  test("any bytes give a body or a malformed one within them", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(255), fc.uint8Array({ maxLength: 64 }), (type, flags, payload) => {
        const body = readFrameBody({ type, flags, length: payload.length }, payload);
        if (body.kind === "malformed") expect(body.offset).toBeLessThanOrEqual(payload.length);
      }),
    );
  });
});
