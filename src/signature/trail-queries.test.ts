import { expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { longestSurvivedSilence, type Reading, readTrail, touched } from "./trail-queries.ts";

/** The reading of the only connection of a trace. Two SYNs and a RST at the end make it one that is looked at. */
function readingOf(packets: string): Reading {
  const scene = sceneOfTrace(`
client = 10.1.2.3:42852
server = 10.9.9.9:443 ttl=61

${packets}
+60 server > client RST,ACK
`);
  const trail = scene.vantages[0]?.trails[0];
  if (trail === undefined) throw new Error("no trail");
  return readTrail(trail);
}

test("tells new bytes, repetitions and keepalive probes apart", () => {
  const { steps } = readingOf(`
0.000  client > server  OPEN rtt=0.010
0.020  client > server  PSH,ACK len=100
0.230  client > server  PSH,ACK repeat
0.240  server > client  PSH,ACK len=50
+0.0001 client > server ACK
15.00  client > server  ACK seq=next-1
15.01  server > client  ACK`);
  const kinds = steps.map((s) => (s.fresh ? "fresh" : s.probe ? "probe" : s.repeat ? "repeat" : s.rst ? "rst" : "-"));
  expect(kinds).toEqual(["-", "-", "-", "fresh", "repeat", "fresh", "-", "probe", "-", "rst"]);
});

test("a handshake gives the round trip, wherever it is seen", () => {
  const exchange = "+0.1 client > server PSH,ACK len=10\n+0.1 server > client PSH,ACK len=10";
  expect(readingOf(`0 client > server OPEN rtt=0.030\n${exchange}`).roundTrip).toBeCloseTo(30.01e6, -4);
  expect(readingOf(`0 client > server OPEN rtt=0.00002 back=0.030\n${exchange}`).roundTrip).toBeCloseTo(30.02e6, -4);
});

test("data is touched once any byte of it is acknowledged", () => {
  const reading = readingOf(`
0.000  client > server  OPEN rtt=0.010
0.020  client > server  PSH,ACK len=100
0.030  server > client  ACK
0.040  client > server  PSH,ACK len=100`);
  const [first, second] = reading.steps.filter((s) => s.fresh);
  // The RST at the end acknowledges everything; without it only the first was.
  expect(first !== undefined && touched(reading, first)).toBe(true);
  expect(second !== undefined && touched(reading, second)).toBe(true);
  expect(
    second !== undefined && touched({ ...reading, acked: { ...reading.acked, server: second.segment.seq } }, second),
  ).toBe(false);
});

test("a silence is survived when the other side answers what broke it", () => {
  const reading = readingOf(`
0.000  client > server  OPEN rtt=0.010
0.020  client > server  PSH,ACK len=100
0.040  server > client  PSH,ACK len=50
8.040  client > server  PSH,ACK len=100
8.060  server > client  PSH,ACK len=50
33.06  client > server  PSH,ACK len=100`);
  const last = reading.steps.findLast((s) => s.fresh);
  expect(last?.silence).toBeCloseTo(25e9, -8);
  expect(longestSurvivedSilence(reading, last?.index ?? 0)).toBeCloseTo(8e9, -8);
});

test("bytes that were acknowledged but not captured are noticed", () => {
  const hole = readingOf(`
0.000  client > server  OPEN rtt=0.010
0.020  client > server  PSH,ACK len=100
0.040  client > server  ACK ack=next+900
0.060  server > client  ACK seq=next+900`);
  expect(hole.unseen).toEqual({ client: false, server: true });
});
