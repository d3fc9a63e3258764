import { expect, test } from "vitest";
import { segmentWith } from "../../tests/helpers/segment-with.ts";
import { fillsSegment, tlsOverheads, tlsRecords } from "./tls-records.ts";

const record = (type: number, length: number): number[] => [
  type,
  3,
  3,
  length >> 8,
  length & 255,
  ...Array(length).fill(7),
];

test("reads the headers that stand in the captured beginning", () => {
  const flight = segmentWith([...record(20, 1), ...record(23, 53)]);
  expect(tlsRecords(flight)).toEqual([
    { type: 20, length: 1, at: 0 },
    { type: 23, length: 53, at: 6 },
  ]);
  expect(fillsSegment(tlsRecords(flight), flight)).toBe(true);
});

test("a record longer than the segment does not fill it, and bytes that are no record give none", () => {
  const cut = segmentWith(record(23, 1400).slice(0, 500));
  expect(tlsRecords(cut)).toEqual([{ type: 23, length: 1400, at: 0 }]);
  expect(fillsSegment(tlsRecords(cut), cut)).toBe(false);
  expect(tlsRecords(segmentWith([...Buffer.from("GET / HTTP/1.1\r\n")]))).toEqual([]);
  expect(tlsRecords(segmentWith([23, 3, 3, 0xff, 0xff, 0]))).toEqual([]);
  expect(tlsRecords(segmentWith([22, 3, 1], "client"))).toEqual([]);
});

test.each([
  ["TLS 1.3: the second flight is disguised", [record(22, 200), [...record(20, 1), ...record(23, 53)]], [17]],
  ["TLS 1.2 AES-GCM", [record(22, 200), [...record(22, 37), ...record(20, 1), ...record(22, 40)]], [24]],
  ["TLS 1.2 ChaCha20", [record(22, 200), [...record(22, 37), ...record(20, 1), ...record(22, 32)]], [16]],
  ["TLS 1.2, Finished not captured", [record(22, 200), record(22, 300)], [24, 16]],
  ["beginning not captured", [record(23, 60)], [17, 24, 16]],
  ["no TLS", [[1, 2, 3]], [17, 24, 16]],
])("overhead of a record: %s", (_, payloads, overheads) => {
  expect(tlsOverheads(payloads.map((bytes) => segmentWith(bytes)))).toEqual(overheads);
});
