import { expect, test } from "vitest";
import { contents, fixture, readWhole } from "../../tests/helpers/log-entries.ts";
import { readHttp2Debug } from "./http2-debug.ts";

test("the lost PING of a Go client: silence, PING, no answer, connection lost", () => {
  const { entries, reader } = readWhole(fixture("http2debug-lost-ping.log"));
  expect(reader.counts.text).toBe(0);
  const checks = contents(entries, "health-check").map((c) => c.event);
  expect(checks).toEqual(["sent", "succeeded", "sent", "failed"]);
  const pings = contents(entries, "http2-frame").filter((f) => f.type === "PING" && f.told === "framer");
  expect(pings.filter((f) => f.direction === "written" && !f.flags.includes("ACK")).length).toBeGreaterThanOrEqual(2);
  expect(pings.every((f) => f.ping?.length === 16 && f.length === 8)).toBe(true);
  expect(contents(entries, "failure").at(-1)).toMatchObject({ error: "lost-ping", operation: "read" });
});

test("dials, connections, and the end of a watch in one log", () => {
  const { entries } = readWhole(fixture("http2debug-collision.log"));
  expect(contents(entries, "dial").map((d) => [d.outcome, d.local?.port, d.remote?.address])).toEqual([
    ["connected", 42852, "10.20.11.5"],
    ["connected", 42852, "10.20.12.5"],
  ]);
  expect(contents(entries, "connection").filter((c) => c.event === "created")).toHaveLength(2);
  expect(contents(entries, "watch-ended")).toMatchObject([{ resource: "*v1.Lease", error: "lost-ping" }]);
});

test("a reset, with both ends as the error names them", () => {
  const { entries } = readWhole(fixture("http2debug-tcp-reset.log"));
  expect(contents(entries, "failure").at(-1)).toMatchObject({
    error: "reset",
    local: { address: "127.0.0.1", port: 35034 },
    remote: { address: "127.0.0.1", port: 43845 },
  });
});

test("a planned GOAWAY is seen by framer and transport, with its last stream", () => {
  const { entries } = readWhole(fixture("http2debug-goaway.log"));
  const read = contents(entries, "http2-frame").filter((f) => f.type === "GOAWAY" && f.direction === "read");
  expect(new Set(read.map((f) => f.told))).toEqual(new Set(["framer", "transport"]));
  expect(read.every((f) => f.errorCode === "NO_ERROR" && f.debug === "" && f.lastStream !== undefined)).toBe(true);
});

test.each([
  [
    'http2: Framer 0xc0001: read GOAWAY len=22 LastStreamID=3 ErrCode=ENHANCE_YOUR_CALM Debug="too_many_pings"',
    { type: "GOAWAY", lastStream: 3, errorCode: "ENHANCE_YOUR_CALM", debug: "too_many_pings" },
  ],
  [
    "http2: Framer 0xc0001: wrote RST_STREAM stream=1 len=4 ErrCode=CANCEL",
    { type: "RST_STREAM", stream: 1, errorCode: "CANCEL", direction: "written" },
  ],
  [
    'http2: Framer 0xc0001: read PING flags=ACK len=8 ping="\\x02\\x04\\x10\\x10\\t\\x0e\\a\\a"',
    { flags: ["ACK"], ping: "02041010090e0707" },
  ],
  [
    "http2: Transport received WINDOW_UPDATE len=4 (conn) incr=983041",
    { told: "transport", increment: 983041, stream: 0 },
  ],
  [
    "http2: server read frame SETTINGS len=6, settings: MAX_FRAME_SIZE=16384",
    { told: "server", settings: { MAX_FRAME_SIZE: 16384 } },
  ],
])("%s", (line, fields) => {
  expect(readHttp2Debug(line)).toMatchObject({ kind: "http2-frame", ...fields });
});

test("credentials in headers are not kept, what was asked is", () => {
  const header = (text: string): unknown => readHttp2Debug(`http2: Transport encoding header ${text}`);
  expect(header('"authorization" = "Bearer abc"')).toMatchObject({ name: "authorization", value: undefined });
  expect(header('":path" = "/api/v1/nodes"')).toMatchObject({ name: ":path", value: "/api/v1/nodes" });
});

test("other messages are not HTTP/2's", () => {
  expect(readHttp2Debug("listening on :8080")).toBeUndefined();
});
