import { expect, test } from "vitest";
import type { PacketBatch } from "../capture/batch.ts";
import { ACK, FIN, PSH, RST, SYN } from "../net/tcp-flags.ts";
import { encodeTcp } from "../wire/encode.ts";
import { readFlow } from "./read-flow.ts";
import { Survey } from "./survey.ts";

const CLIENT = { address: "10.1.2.3", port: 42_000 };
const SERVER = { address: "10.9.9.9", port: 443 };

type Line = readonly [from: "client" | "server", flags: number, seq: number, ack?: number, bytes?: number];

/** The packets at which a SYN came to an open connection. */
function synsOnOpen(lines: readonly Line[]): readonly number[] {
  const packets = lines.map(([from, flags, seq, ack = 0, bytes = 0]) => {
    const [source, to] = from === "client" ? [CLIENT, SERVER] : [SERVER, CLIENT];
    return encodeTcp({ from: source, to, flags, seq, ack, payload: new Uint8Array(bytes) });
  });
  const survey = new Survey();
  survey.observe(batchOf(packets));
  return Array.from({ length: survey.table.rows }, (_, row) => readFlow(survey.table, row)).flatMap(
    ({ events }) => events.synOnOpenFlow ?? [],
  );
}

const first: readonly Line[] = [
  ["client", SYN, 1000],
  ["server", SYN | ACK, 5000, 1001],
  ["client", ACK, 1001, 5001],
];

test("a connection that came in another's place is open, whatever reset the other, and may be overtaken in its turn", () => {
  const second: readonly Line[] = [
    ["client", SYN, 20_000],
    ["server", ACK, 5001, 1001],
    ["client", RST, 1001],
    // The older connection speaks before the newer one stands: the server knows it no more.
    ["client", PSH | ACK, 1001, 5001, 20],
    ["server", RST, 5001],
    ["client", SYN, 20_000],
    ["server", SYN | ACK, 90_000, 20_001],
    ["client", ACK, 20_001, 90_001],
  ];
  expect(synsOnOpen([...first, ...second, ["client", SYN, 70_000]])).toEqual([4, 12]);
});

test("one that was reset, or closed from both ends, is not", () => {
  expect(synsOnOpen([...first, ["client", RST, 1001], ["client", SYN, 70_000]])).toEqual([]);
  const closed: readonly Line[] = [
    ["client", FIN | ACK, 1001, 5001],
    ["server", FIN | ACK, 5001, 1002],
    ["client", ACK, 1002, 5002],
  ];
  expect(synsOnOpen([...first, ...closed, ["client", SYN, 70_000]])).toEqual([]);
});

function batchOf(packets: readonly Uint8Array[]): PacketBatch {
  const bytes = new Uint8Array(packets.length * 128);
  for (const [i, packet] of packets.entries()) bytes.set(packet, i * 128);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    count: packets.length,
    firstNumber: 1,
    offset: Int32Array.from(packets, (_, i) => i * 128),
    captured: Int32Array.from(packets, (packet) => packet.length),
    wireLength: Int32Array.from(packets, (packet) => packet.length),
    time: Float64Array.from(packets, (_, i) => i * 1e6),
    linkType: new Uint16Array(packets.length).fill(1),
    epoch: 0n,
  };
}
