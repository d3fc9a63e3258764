import { expect, test } from "vitest";
import type { Explanation, Incident } from "../incident/explanation.ts";
import { captureComment, type NotedExplanation, packetNotes } from "./packet-notes.ts";

const evidence = (file: string, packet: number, shows: string, story = 0) => ({ file, packet, shows, story, at: 0n });

const EXPLANATION: NotedExplanation = {
  inputs: [{ file: "in/client.pcap" }, { file: "in/target.pcap" }],
  incidents: [
    {
      id: "incident-1",
      cause: "keep-alive-race",
      confidence: "certain",
      evidence: [
        evidence("in/client.pcap", 7, "a request"),
        evidence("in/target.pcap", 5, "the close, after packet 7 of in/client.pcap"),
        evidence("in/client.pcap", 9, "another request", 1),
      ],
    },
    {
      id: "incident-2",
      cause: "inconclusive",
      confidence: "possible",
      evidence: [evidence("in/client.pcap", 7, "odd \u001b[31m\nname")],
    },
  ],
  notes: [{ kind: "reset-after-close", evidence: [evidence("in/client.pcap", 12, "FIN")] }],
};

test("each packet is told its place in every story, over all captures", () => {
  expect(packetNotes(EXPLANATION, "in/client.pcap")).toEqual([
    { packet: 7, text: "halfopen incident-1 keep-alive-race (certain), step 1 of 2: a request" },
    { packet: 9, text: "halfopen incident-1 keep-alive-race (certain), loss 2: another request" },
    { packet: 7, text: "halfopen incident-2 inconclusive: odd \\u{1b}[31m\\u{a}name" },
    { packet: 12, text: "halfopen note reset-after-close (harmless): FIN" },
  ]);
  expect(packetNotes(EXPLANATION, "in/target.pcap")).toEqual([
    {
      packet: 5,
      text: "halfopen incident-1 keep-alive-race (certain), step 2 of 2: the close, after packet 7 of client.pcap",
    },
  ]);
  expect(packetNotes(EXPLANATION, "elsewhere.pcap")).toEqual([]);
});

test("a capture's comment is the verdict, then a line for each incident", () => {
  const incident: Incident = {
    id: "incident-1",
    cause: "keep-alive-race",
    title: "",
    summary: "The server closed\nan idle connection",
    symptoms: [],
    confidence: "certain",
    initiator: "server",
    at: 0n,
    connections: [{ client: "10.0.0.1:40000", server: "10.0.0.2:443", streams: {} }],
    evidence: [evidence("a.pcap", 1, "")],
    ruledOut: [],
    refutedBy: "",
    remedy: "",
    filters: {},
  };
  const totals = { packets: 9, tcpPackets: 9, flows: 1, closely: 1, leftAside: 0, findings: 1 };
  const explanation: Explanation = { schema: 1, inputs: [], incidents: [incident], notes: [], totals };
  expect(captureComment(explanation, "1.2.3").split("\n")).toEqual([
    "halfopen 1.2.3: LOST 10.0.0.1:40000 → 10.0.0.2:443, by the server (certain)",
    "incident-1 keep-alive-race, by the server (certain): The server closed\\u{a}an idle connection",
    'The packets that show it: frame.comment contains "halfopen"',
  ]);
  const many = {
    ...explanation,
    incidents: Array.from({ length: 25 }, (_, i) => ({ ...incident, id: `incident-${i}` })),
  };
  expect(captureComment(many, "1").split("\n")).toHaveLength(23);
  expect(captureComment({ ...explanation, incidents: [] }, "1")).toContain("NOTHING LOST");
});
