import type { EvidenceReport, Explanation, Incident, InputReport } from "../src/incident/explanation.ts";
import { printFlags } from "../src/net/tcp-flags.ts";

/** Explanations written by hand, for tests of the reports alone. */

const START = 1_795_187_980_096_329_000n;
const FILE = "evidence/client.pcap";
const CLIENT = { address: "10.20.1.10", port: 42852 };
const FIRST = { address: "10.20.11.5", port: 443 };
const SECOND = { address: "10.20.12.5", port: 443 };

type Row = readonly [
  packet: number,
  micros: number,
  way: ">" | "<",
  flags: number,
  seq: number,
  ack: number,
  length: number,
  shows: string,
];

function ladder(server: typeof FIRST, stream: number, rows: readonly Row[]): EvidenceReport[] {
  return rows.map(([packet, micros, way, flags, seq, ack, length, shows]) => ({
    file: FILE,
    packet,
    at: START + BigInt(micros) * 1000n,
    shows,
    segment: {
      from: way === ">" ? CLIENT : server,
      to: way === ">" ? server : CLIENT,
      fromClient: way === ">",
      flags: printFlags(flags),
      seq,
      ack,
      length,
      ttl: way === ">" ? 64 : 61,
      stream,
    },
  }));
}

const INPUTS: readonly InputReport[] = [
  {
    file: FILE,
    kind: "pcap",
    packets: 110,
    flows: 2,
    from: START - 3_000_000_000n,
    to: START + 52_000_000_000n,
    vantage: "client",
    problems: [],
  },
  {
    file: "evidence/target1.pcap",
    kind: "pcapng",
    packets: 110,
    flows: 2,
    from: START - 2_999_000_000n,
    to: START + 51_000_000_000n,
    vantage: "server",
    clock: { against: FILE, offset: -1_250_000, uncertainty: 40_000 },
    problems: [{ kind: "cut-short", message: "the file ends in the middle of a record at byte 16828", count: 1 }],
  },
  {
    file: "evidence/kcm.log",
    kind: "unread",
    problems: [{ kind: "not-read", message: "this version reads captures only", count: 1 }],
  },
];

/** A tuple collision as the client sees it, with two lifelines on the server's side. */
export const COLLISION: Incident = {
  id: "incident-1",
  cause: "backend-tuple-collision",
  variant: "old-connection-lost",
  title:
    "One client port was used through two balancer nodes that chose the same target, so the newer connection killed the older.",
  summary:
    "10.20.1.10:42852 opened a second connection, to 10.20.12.5:443, from the port of its open connection to 10.20.11.5:443. Both lead to one socket of the target, which took the RST that its own challenge ACK provoked and forgot the older connection; 29.2 s later its first data was answered with the newer connection's numbers.",
  symptoms: ["lost-ping"],
  confidence: "certain",
  initiator: "balancer",
  at: START,
  connections: [
    { client: "10.20.1.10:42852", server: "10.20.11.5:443", streams: { [FILE]: 0 } },
    { client: "10.20.1.10:42852", server: "10.20.12.5:443", streams: { [FILE]: 1 } },
  ],
  evidence: [
    ...ladder(FIRST, 0, [
      [39, -796_718, "<", 0x18, 3302, 762, 253, "the older connection works: the server's last data on it"],
    ]),
    ...ladder(SECOND, 1, [
      [41, 0, ">", 0x02, 0, 0, 0, "a SYN to the second address from a port whose connection to the first is open"],
      [
        42,
        102,
        "<",
        0x10,
        1,
        1787349229,
        0,
        "a bare ACK instead of a SYN-ACK: it acknowledges the older connection's numbers (challenge ACK, RFC 5961 §4)",
      ],
      [
        43,
        110,
        ">",
        0x04,
        1787349229,
        0,
        0,
        "the client's RST carries exactly that number, so the target believes it and drops the older connection",
      ],
      [44, 8_809, ">", 0x02, 0, 0, 0, "the same SYN again 8.7 ms later"],
      [45, 8_879, "<", 0x12, 0, 1, 0, "now it is accepted: the older connection is half-open"],
    ]),
    ...ladder(FIRST, 0, [
      [64, 29_229_148, ">", 0x18, 762, 3555, 39, "the first data on the older connection since"],
      [65, 29_229_233, "<", 0x10, 137793613, 2507619397, 0, "answered with the newer connection's numbers"],
      [68, 29_436_765, ">", 0x18, 762, 3555, 39, "sent again, and never acknowledged"],
    ]),
  ],
  ruledOut: [
    { cause: "time-wait-collision", because: "the two connections go to different addresses" },
    { cause: "syn-blackhole", because: "the SYN was answered 0.1 ms later" },
    { cause: "peer-vanished", because: "the server's host answers every packet on the lost connection" },
  ],
  refutedBy: "A capture at the target in which the two connections end at different sockets.",
  remedy: "Turn off client-IP preservation or cross-zone routing, or give the client one address to dial.",
  next: "Capture on the target while it happens again (to see both connections on one socket): tcpdump -ni any -s 128 -w evidence.pcap '(host 10.20.1.10 and tcp port 443) or icmp'",
  inferred: ["packet 64 is an HTTP/2 PING, from its size and the 30 s before it"],
  filters: { [FILE]: "tcp.stream in {0, 1}" },
};

/** One lost connection in two captures. */
export const LOST: Explanation = {
  schema: 1,
  inputs: INPUTS,
  incidents: [COLLISION],
  notes: [
    {
      kind: "reset-after-close",
      summary: "RST after an orderly close, when the client exits",
      count: 3,
      connections: [],
      evidence: [],
    },
  ],
  totals: { packets: 220, tcpPackets: 218, flows: 4, closely: 2, leftAside: 0, findings: 2 },
};

/** Several losses of two kinds; names from evidence that try to drive the terminal. */
export const MANY: Explanation = {
  ...LOST,
  incidents: [
    ...Array.from(
      { length: 20 },
      (_, i): Incident => ({
        ...COLLISION,
        id: `incident-${i + 1}`,
        at: START + BigInt(i) * 7_000_000_000n,
        connections: [{ client: `10.20.1.10:${42852 + i}`, server: "10.20.11.5:443", streams: { [FILE]: 2 * i } }],
      }),
    ),
    {
      ...COLLISION,
      id: "incident-21",
      cause: "inconclusive",
      title: "Something was lost and the evidence does not decide why.",
      summary: "The connection from \u001b[31mevil\u001b[0m\u202e was reset | *and* `nobody` <b>knows</b> why.",
      confidence: "possible",
      initiator: "unknown",
      ruledOut: [],
    },
  ],
};

/** Nothing lost. */
export const HEALTHY: Explanation = { ...LOST, incidents: [], totals: { ...LOST.totals, findings: 0 } };
