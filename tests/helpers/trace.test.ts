import { describe, expect, test } from "vitest";
import { findingsOfTrace, parseTrace, sceneOfTrace } from "./trace.ts";
import type { TraceSegment } from "./trace-packets.ts";

const ENDS =
  "client = 10.1.2.3:42852\nserver = 10.9.9.9:443 ttl=61\nother = 10.9.9.8:443 as=server\nrouter = 10.1.0.1\n";
const packetsOf = (lines: string, section = 0): TraceSegment[] =>
  (parseTrace(ENDS + lines)[section]?.packets ?? []).filter((p) => p.kind === "tcp");
/** Numbers relative to the first packet of either end. */
function numbersOf(lines: string): string[] {
  const packets = packetsOf(lines);
  const start = new Map<string, number>();
  for (const p of packets) if (!start.has(p.from.name)) start.set(p.from.name, p.seq);
  return packets.map((p) => {
    const ack = p.ack === 0 ? "-" : (p.ack - (start.get(p.to.name) ?? 0)) >>> 0;
    return `${p.from.name} ${(p.seq - (start.get(p.from.name) ?? 0)) >>> 0} ${ack} ${p.payload.length}`;
  });
}

describe("numbers", () => {
  test("follow by themselves", () => {
    const story =
      "0 client > server OPEN\n1 client > server PSH,ACK len=10\n2 server > client PSH,ACK len=20\n3 server > client FIN,ACK\n4 client > server ACK";
    expect(numbersOf(story)).toEqual([
      "client 0 - 0",
      "server 0 1 0",
      "client 1 1 0",
      "client 1 1 10",
      "server 1 11 20",
      "server 21 11 0",
      "client 11 22 0",
    ]);
  });

  test("of a repetition and of a keepalive", () => {
    const story =
      "0 client > server OPEN\n1 client > server PSH,ACK len=10\n2 client > server PSH,ACK repeat\n3 client > server ACK seq=next-1";
    expect(numbersOf(story).slice(3)).toEqual(["client 1 1 10", "client 1 1 10", "client 10 1 0"]);
  });

  test("are the same in every section, also under another address, and others after `new`", () => {
    const story =
      "== a\n0 client > server OPEN\n== b\n0 client > other SYN\n1 client > other SYN\n2 client > other SYN new";
    const [a, b] = [packetsOf(story, 0), packetsOf(story, 1)];
    expect(b.map((p) => p.seq === a[0]?.seq)).toEqual([true, true, false]);
  });

  test("are borrowed with `in`", () => {
    const story =
      "0 client > server OPEN\n1 client > other SYN\n2 other > client ACK in=server>client\n3 client > other RST in=client>server";
    const packets = packetsOf(story);
    expect(packets[4]?.ack).toBe(packets[2]?.seq);
    expect(packets[5]?.seq).toBe(packets[4]?.ack);
  });

  test("of a RST that answers a SYN are those of RFC 9293 §3.10.7.1", () => {
    const [syn, rst] = packetsOf("0 client > server SYN\n1 server > client RST,ACK");
    expect([rst?.seq, rst?.ack]).toEqual([0, ((syn?.seq ?? 0) + 1) >>> 0]);
  });
});

test("payloads are joined, quotes keep spaces and semicolons", () => {
  const [packet] = packetsOf('0 client > server PSH,ACK data="a; b\\r\\n" hex=00ff tls=app:3 ; a note');
  expect([...(packet?.payload ?? [])].slice(0, 13)).toEqual([97, 59, 32, 98, 13, 10, 0, 255, 23, 3, 3, 0, 3]);
});

test("HTTP/2 frames are read by the real session as they were written", () => {
  const story = `${ENDS}0 client > server OPEN
1 client > server PSH,ACK h2="preface settings:3=100 headers:1:POST:/a%20b:x=y data:1:300:end headers:3:GET"
+0.01 server > client PSH,ACK h2="settings settings:ack ping window:0:1000 headers:1:200 data:1:9 headers:1:grpc-status=0:end"
+0.01 client > server PSH,ACK h2="ping:ack raw:2:0:3:0000000010"
+0.01 server > client PSH,ACK h2="rst:3:REFUSED_STREAM goaway:1:ENHANCE_YOUR_CALM:debug=too_many_pings"
+0.01 server > client RST,ACK`;
  const scene = sceneOfTrace(story);
  const trail = scene.vantages[0]?.trails[0];
  const session = trail && scene.session(trail);
  expect(
    session?.events.map((e) => (e.kind === "http2-frame" ? `${e.direction} ${e.streamId} ${e.body.kind}` : e.kind)),
  ).toEqual([
    ...["0 0 settings", "0 1 headers", "0 1 data", "0 3 headers", "1 0 settings", "1 0 settings", "1 0 ping"],
    ...[
      "1 0 window-update",
      "1 1 headers",
      "1 1 data",
      "1 1 headers",
      "0 0 ping",
      "0 3 priority",
      "1 3 rst-stream",
      "1 0 goaway",
    ],
  ]);
  const http2 = session?.summary.http2;
  expect(http2?.streams.map((s) => [s.id, s.method, s.path, s.status, s.end])).toEqual([
    [1, "POST", "/a b", "200", "complete"],
    [3, "GET", "/", undefined, "reset"],
  ]);
  expect(http2?.goAways.map((g) => [g.lastStreamId, g.errorCode, new TextDecoder().decode(g.debugData)])).toEqual([
    [1, 11, "too_many_pings"],
  ]);
  expect(http2?.pings[0]?.answer).toBeDefined();
  expect(session?.summary.problems).toEqual([]);
});

test.each(["goaway", "nothing:1", "rst:1:WHAT", "headers:1:what"])("a mistake in frames is told: %s", (frames) => {
  expect(() => parseTrace(`${ENDS}0 client > server PSH,ACK h2="${frames}"`)).toThrow("trace line");
});

test("clocks, links, snap lengths and TTLs are a section's own", () => {
  const [section] = parseTrace(`${ENDS}== far clock=+0.5 link=sll2 snap=96 server.ttl=64\n1 server > client SYN`);
  expect(section).toMatchObject({ name: "far", link: "sll2", snap: 96, packets: [{ time: 1.5e9, ttl: 64 }] });
});

test.each(["ethernet", "raw", "sll", "sll2", "null", "vlan"])("packets survive the way through link %s", (link) => {
  const story = `${ENDS}== a link=${link} snap=80\n0 client > server SYN\n+0.01 server > client RST,ACK\n1 client > server SYN new\n+0.001 router ICMP 3/13 quoting last`;
  const [vantage] = sceneOfTrace(story).vantages;
  expect(
    vantage?.trails.map((t) => [t.flow.state, t.segments.length, t.icmp.map((e) => `${e.type}/${e.code} ${e.sender}`)]),
  ).toEqual([
    ["refused", 2, []],
    ["unanswered", 1, ["3/13 10.1.0.1"]],
  ]);
});

test("findings of all signatures", () => {
  const found = findingsOfTrace(`${ENDS}0 client > server SYN\n+0.01 server > client RST,ACK`);
  expect(found.map((f) => f.cause)).toContain("connection-refused");
});

test.each([
  ["0 client > nobody SYN", "no end named nobody"],
  ["0 client > server SYM", "unknown flag SYM"],
  ["0 client > server SYN lenght=3", "unknown attribute lenght"],
  ["0 router ICMP gone quoting last", "no TCP packet last to quote"],
  ['0 client > server ACK data="x', "a quote is not closed"],
  ["soon client > server SYN", "not a time: soon"],
])("a mistake is named with its line: %s", (line, message) => {
  expect(() => parseTrace(ENDS + line)).toThrow(new RegExp(`trace line 5: ${message}`));
});
