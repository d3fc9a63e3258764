import { describe, expect, test } from "vitest";
import type { Flow } from "../flow/flow.ts";
import type { FlowListing } from "./flow-listing.ts";
import { renderFlowsCsv } from "./flows-csv.ts";
import { renderFlowsJson } from "./flows-json.ts";
import { renderFlowsText } from "./flows-text.ts";

const FLOW: Flow = {
  stream: 7,
  a: { address: "10.0.0.2", port: 443 },
  b: { address: "2001:db8::1", port: 40000 },
  client: "b",
  clientSeen: true,
  state: "reset",
  packets: [12, 1345],
  bytes: [99, 1_000_000],
  firstPacket: 3,
  lastPacket: 1400,
  from: 1.5e9,
  to: 361.5e9,
  firstRtt: 250_000,
  syn: [-3],
  synAck: [4],
  fin: [],
  rst: [1400],
  events: { retransmission: [9, 10], challengeAck: [12] },
  eventsDropped: 0,
  silence: { length: 350e9, packet: 1399 },
  ttl: [
    [64, 64],
    [61, 255],
  ],
  previous: 2,
};
const LISTING: FlowListing = {
  file: "=cmd|' /C calc'!A0.pcap",
  epoch: 1_795_187_980_000_000_000n,
  packets: 1400,
  tcpPackets: 1357,
  bytes: 1_000_099,
  flowCount: 1,
  problems: [{ kind: "cut-short", message: "the file ends\u001b[2J early", count: 2 }],
  flows: [FLOW],
};

test("text: a heading, a line a flow, the client first", () => {
  const [head, problem, , line, end] = [...renderFlowsText([LISTING], { colour: false, summary: false })]
    .join("")
    .split("\n");
  expect(head).toBe(
    "=cmd|' /C calc'!A0.pcap: 1,400 packets, 1,357 TCP, 1 flow, 1,000,099 payload bytes, from 2026-11-20 15:19:40.000000 UTC",
  );
  expect(problem).toBe("  the file ends\\u{1b}[2J early (2×)");
  expect(line).toMatch(
    /^ {5}7 {2}\[2001:db8::1\]:40000 +10\.0\.0\.2:443 +1,357 +1,000,099 +15:19:41\.500 +6 min 0 s +reset +/,
  );
  expect(line).toMatch(/rst #1400, challengeAck #12, retransmission ×2, silence 5 min 50 s before #1399$/);
  expect(end).toBe("");
});

test("text: the summary leaves the flows out", () => {
  expect([...renderFlowsText([LISTING], { colour: false, summary: true })].join("").split("\n")).toHaveLength(3);
});

test("json: the contract's fields, b's packets negative, instants with nanoseconds", () => {
  const { schema, captures } = JSON.parse([...renderFlowsJson([LISTING, LISTING])].join(""));
  expect(schema).toBe(1);
  expect(captures).toHaveLength(2);
  expect(captures[0]).toMatchObject({ file: LISTING.file, packets: 1400, problems: LISTING.problems });
  expect(captures[1].flows[0]).toMatchObject({
    stream: 7,
    a: { address: "10.0.0.2", port: 443 },
    packets: [12, 1345],
    syn: [-3],
    synAck: [4],
    events: { retransmission: [9, 10] },
    from: "2026-11-20T15:19:41.500000000Z",
    durationNs: 360e9,
  });
});

test("csv: a header and a line a flow; a file name is no formula", () => {
  const [header, line, end] = [...renderFlowsCsv([LISTING])].join("").split("\r\n");
  expect(header?.split(",")).toHaveLength(16);
  expect(line).toBe(
    "./=cmd|' /C calc'!A0.pcap,7,2001:db8::1,40000,10.0.0.2,443,1345,12,1000000,99," +
      "2026-11-20T15:19:41.500000000Z,360.000000,0.000250,350.000000,reset,retransmission:2 challengeAck:1",
  );
  expect(end).toBe("");
  const quoted = [...renderFlowsCsv([{ ...LISTING, file: 'a "b", c.pcap' }])][1];
  expect(quoted).toMatch(/^"a ""b"", c\.pcap",7,/);
});

describe("flows are taken one at a time", () => {
  test.each([
    ["json", renderFlowsJson],
    ["csv", renderFlowsCsv],
    ["text", (listings: Iterable<FlowListing>) => renderFlowsText(listings, { colour: false, summary: false })],
  ] as const)("%s", (_, render) => {
    let taken = 0;
    function* endless(): Generator<Flow> {
      for (;;) {
        taken++;
        yield FLOW;
      }
    }
    const pieces = render([{ ...LISTING, flows: { [Symbol.iterator]: endless } }]);
    for (let i = 0; i < 10; i++) expect(pieces.next().done).toBe(false);
    expect(taken).toBeGreaterThan(5);
    expect(taken).toBeLessThan(11);
  });
});
