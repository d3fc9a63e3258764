import { expect, test } from "vitest";
import type { Incident, TableMoment } from "../../incident/explanation.ts";
import type { Collision, SeenPacket } from "./comparison.ts";
import { incidentOfCollision } from "./incident-of-collision.ts";

const CLIENT = "10.0.1.10:42000";
const [OLDER, NEWER] = ["10.0.11.5:443", "10.0.12.5:443"];

const packet = (number: number, connection: SeenPacket["connection"], flags: string): SeenPacket => ({
  packet: number,
  at: number,
  connection,
  fromClient: true,
  flags,
  seq: 0,
  length: 0,
  says: [],
  notes: [],
});

const COLLISION: Collision = {
  client: CLIENT,
  older: OLDER,
  newer: NEWER,
  atClient: [packet(1, "older", "SYN"), packet(7, "newer", "SYN")],
  atServer: [],
};

const moment = (at: bigint, remotes: readonly string[]): TableMoment => ({
  kind: "before",
  at,
  file: "client.pcap",
  client: remotes.map((remote, connection) => ({ connection, local: CLIENT, remote, state: "ESTABLISHED" })),
  server: [],
});

const incident = (tables: readonly TableMoment[], syn = 7): Incident => ({
  id: "incident-1",
  cause: "backend-tuple-collision",
  title: "",
  summary: "",
  symptoms: [],
  confidence: "certain",
  initiator: "unknown",
  at: 10n,
  connections: [{ client: CLIENT, server: OLDER, streams: {} }],
  evidence: [],
  ruledOut: [],
  refutedBy: "",
  remedy: "",
  filters: {},
  tables,
  timeline: [
    {
      file: "client.pcap",
      stream: 1,
      connection: 1,
      client: CLIENT,
      server: NEWER,
      from: 10n,
      to: 30n,
      packets: 5,
      state: "open",
      marks: [{ packet: syn, at: 15n, kind: "SYN", fromClient: true }],
      silences: [],
    },
  ],
});

const BOTH = [OLDER, NEWER];

test("tables that name both connections, around the packet itself, are of the collision", () => {
  const own = incident([moment(10n, [OLDER]), moment(20n, BOTH)]);
  expect(incidentOfCollision(COLLISION, [own])).toBe(own);
});

test.each<readonly [why: string, Incident]>([
  ["another SYN of the same port", incident([moment(10n, BOTH), moment(20n, BOTH)], 8)],
  ["tables of an earlier moment", incident([moment(10n, BOTH), moment(14n, BOTH)])],
  ["tables of one connection", incident([moment(10n, [OLDER]), moment(20n, [OLDER])])],
  ["no tables", incident([])],
])("not of it: %s", (_, other) => {
  expect(incidentOfCollision(COLLISION, [other])).toBeUndefined();
});
