import { expect, test } from "vitest";
import type { PacketBatch } from "../capture/batch.ts";
import { encodeIcmpError, encodeTcp, encodeTcpIp } from "../wire/encode.ts";
import { Survey } from "./survey.ts";

test("flows that only ICMP errors quoted are found again when they made the index grow", () => {
  const flows = 3000;
  const server = { address: "10.9.9.9", port: 443 };
  const segments = Array.from({ length: flows }, (_, i) => ({
    from: { address: "10.1.2.3", port: 10_000 + i },
    to: server,
    seq: 1,
  }));
  const errors = segments.map((segment) =>
    encodeIcmpError({ from: "10.1.0.1", to: "10.1.2.3", type: 3, code: 1, quoted: encodeTcpIp(segment) }),
  );
  const survey = new Survey();
  survey.observe(batchOf([...errors, ...segments.map(encodeTcp)]));
  expect(survey.table.rows).toBe(flows);
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
