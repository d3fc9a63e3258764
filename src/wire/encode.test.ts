import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { printIPv6 } from "../net/address.ts";
import { parseAddress } from "../net/parse-address.ts";
import { SYN } from "../net/tcp-flags.ts";
import { sumWords } from "./checksum.ts";
import { ENCODED_LINK_TYPES, type EncodedLink, encodeIcmpError, encodeTcp, encodeTcpIp } from "./encode.ts";
import { LOC_IP_OFFSET, LOC_TCP_LENGTH, LOC_TCP_OFFSET, LOCATED_ICMP_ERROR, LOCATED_TCP, Locator } from "./locate.ts";

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((quad) => quad.join("."));
const v6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => printIPv6(bytes));
const addresses = fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6));
const word = fc.integer({ min: 0, max: 0xffffffff });

const packet = fc
  .record({
    ends: addresses,
    ports: fc.tuple(fc.nat(65_535), fc.nat(65_535)),
    seq: word,
    ack: word,
    flags: fc.nat(0xff),
    window: fc.nat(65_535),
    payload: fc.uint8Array({ maxLength: 50 }),
    timestamp: word,
    link: fc.constantFrom<EncodedLink>("ethernet", "sll2", "raw"),
  })
  .map(({ ends, ports, timestamp, ...rest }) => ({
    ...rest,
    from: { address: ends[0], port: ports[0] },
    to: { address: ends[1], port: ports[1] },
    options: { mss: 1460, sackPermitted: true, timestamp: { value: timestamp, echo: 1 }, windowScale: 7 },
  }));

/** RFC 1071: the sum over data and a right checksum is all ones. */
function checksumHolds(ip: Uint8Array, protocol: number): boolean {
  const four = (ip[0] ?? 0) >> 4 === 4;
  const header = four ? 20 : 40;
  const ends = four ? ip.subarray(12, 20) : ip.subarray(8, 40);
  const pseudo = sumWords(ends, 0, ends.length) + protocol + (ip.length - header);
  const headerHolds = !four || sumWords(ip, 0, 20) === 0xffff;
  return headerHolds && sumWords(ip, header, ip.length, protocol === 1 ? 0 : pseudo) === 0xffff;
}

test("what is encoded is located, field by field, with right checksums", () => {
  const locator = new Locator();
  fc.assert(
    fc.property(packet, (tcp) => {
      const bytes = encodeTcp(tcp);
      const view = new DataView(bytes.buffer);
      const link = ENCODED_LINK_TYPES[tcp.link];
      expect(locator.locate(view, bytes, 0, bytes.length, bytes.length, link, 1)).toBe(LOCATED_TCP);
      const at = locator.out[LOC_TCP_OFFSET] ?? 0;
      expect([view.getUint16(at), view.getUint16(at + 2)]).toEqual([tcp.from.port, tcp.to.port]);
      expect([view.getUint32(at + 4), view.getUint32(at + 8)]).toEqual([tcp.seq, tcp.ack]);
      expect([view.getUint8(at + 12) >> 4, view.getUint8(at + 13)]).toEqual([10, tcp.flags]);
      expect(view.getUint16(at + 14)).toBe(tcp.window);
      expect(locator.out[LOC_TCP_LENGTH]).toBe(40 + tcp.payload.length);
      expect(bytes.subarray(at + 40)).toEqual(tcp.payload);
      const ip = locator.out[LOC_IP_OFFSET] ?? 0;
      const source = parseAddress(tcp.from.address);
      const where = ip + (source.length === 4 ? 12 : 8);
      expect(bytes.subarray(where, where + source.length)).toEqual(source);
      expect(checksumHolds(bytes.slice(ip), 6)).toBe(true);
    }),
  );
});

test("ICMP errors have right checksums", () => {
  fc.assert(
    fc.property(packet, (tcp) => {
      const ends = [tcp.to.address, tcp.from.address] as const;
      const quoted = encodeTcpIp(tcp);
      const error = encodeIcmpError({ from: ends[0], to: ends[1], type: 3, code: 1, quoted, link: "raw" });
      expect(checksumHolds(error, ends[0].includes(":") ? 58 : 1)).toBe(true);
      const view = new DataView(error.buffer);
      const kind = new Locator().locate(view, error, 0, error.length, error.length, 101, 1);
      expect(kind).toBe(LOCATED_ICMP_ERROR);
    }),
  );
});

test("options are those that were asked for", () => {
  const ends = { from: { address: "10.0.0.1", port: 1 }, to: { address: "10.0.0.2", port: 2 }, seq: 1 };
  const options = encodeTcpIp({ ...ends, flags: SYN, options: { mss: 1460, windowScale: 7 } }).subarray(40);
  expect([...options]).toEqual([2, 4, 5, 0xb4, 1, 3, 3, 7]);
  const sack = encodeTcpIp({ ...ends, options: { timestamp: { value: 1, echo: 2 }, sack: [[3, 4]] } }).subarray(40);
  expect([...sack]).toEqual([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4]);
});

test("what can't be a packet is refused", () => {
  const ends = { from: { address: "10.0.0.1", port: 1 }, to: { address: "::1", port: 2 }, seq: 1 };
  expect(() => encodeTcp(ends)).toThrow(RangeError);
  const quoted = encodeTcpIp({ ...ends, to: ends.from });
  expect(() => encodeIcmpError({ from: "::1", to: "::2", type: 1, code: 1, quoted })).toThrow(RangeError);
});
