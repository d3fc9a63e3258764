import { describe, expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import type { Segment, Trail } from "../session/segment.ts";
import { withoutCopies } from "./copies.ts";
import { attemptsOf, foreignAnswers, nextNumber } from "./tuple-queries.ts";

const ENDS = "client = 10.4.0.9:51514\none = 10.4.11.5:443\ntwo = 10.4.12.5:443\n";
const trailsOf = (text: string): readonly Trail[] => sceneOfTrace(ENDS + text).vantages[0]?.trails ?? [];
const packets = (segments: readonly Segment[]): number[] => segments.map((s) => s.packet);

const COLLISION = `
0.0 client > one OPEN
0.1 client > one PSH,ACK len=10
+0.001 one > client PSH,ACK len=20
+0.001 client > one ACK
1.0 client > two SYN
+0.001 two > client ACK in=one>client
+0.001 client > two RST in=client>one
1.02 client > two SYN
+0.001 two > client SYN,ACK
+0.001 client > two ACK
5.0 client > one PSH,ACK len=10
+0.001 one > client ACK in=two>client
5.2 client > one PSH,ACK repeat
+0.001 one > client ACK in=two>client
`;

test("an attempt holds its SYNs, the challenge with its RST, and the SYN-ACK", () => {
  const attempt = attemptsOf(trailsOf(COLLISION)).find((a) => a.server.address === "10.4.12.5");
  expect(packets(attempt?.syns ?? [])).toEqual([7, 10]);
  expect(attempt?.challenges.map((c) => [c.syn.packet, c.answer.packet, c.reset?.packet])).toEqual([[7, 8, 9]]);
  expect(attempt?.synAck?.packet).toBe(11);
});

test("a SYN-ACK, and the ACK of the SYN's own number, are no challenge", () => {
  const ordinary = trailsOf(
    "0.0 client > one SYN\n+0.1 one > client ACK ack=1\n+1.0 client > one SYN\n+0.1 one > client SYN,ACK\n+0.1 one > client RST",
  );
  expect(attemptsOf(ordinary).map((a) => a.challenges)).toEqual([[]]);
});

test("the next number counts SYN, FIN and bytes once, and no RST", () => {
  const [trail] = trailsOf(
    "0.0 client > one OPEN\n0.1 client > one PSH,ACK len=10\n0.4 client > one PSH,ACK repeat\n0.5 client > one FIN,ACK\n0.6 one > client RST",
  );
  const isn = trail?.segments[0]?.seq ?? 0;
  expect(nextNumber(trail?.segments ?? [], "client")).toBe((isn + 12) >>> 0);
});

describe("foreign answers", () => {
  const old = (text: string): readonly Segment[] =>
    trailsOf(text).find((t) => t.flow.b.address === "10.4.11.5")?.segments ?? [];

  test("carry neither side's numbers", () => {
    expect(packets(foreignAnswers(old(COLLISION), "client"))).toEqual([14, 16]);
  });

  test("are not what both sides go on from: there packets are missing", () => {
    const jump = old(`${COLLISION}6.0 client > one PSH,ACK len=5 in=client>two\n`);
    expect(packets(foreignAnswers(jump, "client"))).toEqual([14]);
  });

  test("sequence numbers that wrap around are near", () => {
    const wrap =
      "0.0 client > one PSH,ACK len=10 seq=raw:4294967290 ack=raw:4294967000\n+0.1 one > client ACK seq=raw:4294967000 ack=raw:4\n1.0 client > one RST seq=raw:4\n";
    expect(foreignAnswers(trailsOf(wrap)[0]?.segments ?? [], "client")).toEqual([]);
  });
});

test("copies within a millisecond are left out, repetitions stay", () => {
  const [trail] = trailsOf(
    "0.0 client > one SYN ipid=5\n0.0003 client > one SYN ipid=5\n1.0 client > one SYN ipid=6\n2.0 one > client RST,ACK",
  );
  expect(packets(withoutCopies(trail?.segments ?? []))).toEqual([1, 3, 4]);
});
