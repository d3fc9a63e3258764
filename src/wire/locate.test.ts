import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { integer, join } from "../../tests/helpers/packets.ts";
import { encodeIcmpError, encodeTcp, encodeTcpIp, type TcpPacket } from "./encode.ts";
import { encodeIp } from "./encode-ip.ts";
import {
  LOC_END,
  LOC_ICMP_CODE,
  LOC_ICMP_TYPE,
  LOC_IP_ID,
  LOC_IP_OFFSET,
  LOC_IP_VERSION,
  LOC_KIND,
  LOC_OUTER_SOURCE,
  LOC_TCP_LENGTH,
  LOC_TCP_OFFSET,
  LOC_TTL,
  LOCATED_FRAGMENT,
  LOCATED_ICMP_ERROR,
  LOCATED_MALFORMED,
  LOCATED_OTHER,
  LOCATED_TCP,
  LOCATED_UNKNOWN_LINK,
  Locator,
} from "./locate.ts";

const FOUR: TcpPacket = {
  from: { address: "192.0.2.1", port: 40_000 },
  to: { address: "198.51.100.2", port: 443 },
  seq: 0x11223344,
  ttl: 57,
  ipId: 4711,
  payload: Uint8Array.of(1, 2, 3, 4, 5),
};
const SIX: TcpPacket = {
  ...FOUR,
  from: { address: "2001:db8::1", port: 40_000 },
  to: { address: "2001:db8::2", port: 443 },
};
const IP4 = encodeTcpIp(FOUR);
const IP6 = encodeTcpIp(SIX);
const zeros = (n: number): Uint8Array => new Uint8Array(n);
const u16 = (n: number): Uint8Array => integer(n, 2, false);
const u32 = (n: number): Uint8Array => integer(n, 4, false);
const MACS = join([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1]);
const frame = (type: number, payload: Uint8Array): Uint8Array => join(MACS, u16(type), payload);
const ETHERNET4 = frame(0x0800, IP4);
const ETHERNET6 = frame(0x86dd, IP6);
const SNAP4 = join([0xaa, 0xaa, 3, 0, 0, 0], u16(0x0800), IP4);

const OUTER = { source: "203.0.113.1", destination: "203.0.113.2" };
const carry = (protocol: number, payload: Uint8Array): Uint8Array =>
  frame(0x0800, encodeIp({ ...OUTER, protocol, payload }));
const udp = (port: number, payload: Uint8Array): Uint8Array =>
  carry(17, join(u16(55_555), u16(port), u16(8 + payload.length), u16(0), payload));
/** Radio header, then an 802.11 data frame. */
const wifi = (control: number, flags: number, rest: Uint8Array): Uint8Array => join([control, flags], zeros(22), rest);

/** Places `packet` behind some bytes that are not its own and looks at it. */
function locate(linkType: number, packet: Uint8Array, wireLength = packet.length, locator = new Locator()): Locator {
  const bytes = join(zeros(7), packet, [0xee, 0xee, 0xee]);
  const view = new DataView(bytes.buffer);
  const kind = locator.locate(view, bytes, 7, packet.length, wireLength, linkType, 1);
  expect(locator.out[LOC_KIND]).toBe(kind);
  return locator;
}

const kindOf = (linkType: number, packet: Uint8Array, wire?: number): number | undefined =>
  locate(linkType, packet, wire).out[LOC_KIND];

/** Everything that is to be known of FOUR or SIX, wherever it was found. */
function expectFound(locator: Locator, version: 4 | 6): void {
  const { out, view } = locator;
  expect(out[LOC_KIND]).toBe(LOCATED_TCP);
  expect(out[LOC_IP_VERSION]).toBe(version);
  const ip = out[LOC_IP_OFFSET] ?? -1;
  const tcp = out[LOC_TCP_OFFSET] ?? -1;
  expect(view.getUint8(ip) >> 4).toBe(version);
  expect(view.getUint32(tcp + 4)).toBe(0x11223344);
  expect(out[LOC_TCP_LENGTH]).toBe(25);
  expect(out[LOC_END]).toBe(tcp + 25);
  expect(out[LOC_TTL]).toBe(57);
  expect(out[LOC_IP_ID]).toBe(version === 4 ? 4711 : -1);
  expect(view.byteLength).toBe(locator.bytes.length);
}

const LINKS: ReadonlyArray<readonly [string, number, Uint8Array, (4 | 6)?]> = [
  ["Ethernet, IPv4", 1, ETHERNET4],
  ["Ethernet, IPv6", 1, ETHERNET6, 6],
  ["Ethernet with padding", 1, join(ETHERNET4, zeros(9))],
  ["VLAN", 1, frame(0x8100, join(u16(5), u16(0x0800), IP4))],
  ["QinQ", 1, frame(0x88a8, join(u16(5), u16(0x8100), u16(6), u16(0x86dd), IP6)), 6],
  ["priority tag around LLC", 1, frame(0x8100, join(u16(0), u16(SNAP4.length), SNAP4))],
  ["802.1ah", 1, frame(0x88e7, join(u32(77), ETHERNET4))],
  ["MPLS", 1, frame(0x8847, join(u32(0x00064040), u32(0x00065140), IP4))],
  ["MPLS, explicit null", 1, frame(0x8847, join(u32(0x00000140), IP4))],
  ["MPLS, explicit null for IPv6", 1, frame(0x8847, join(u32(0x00002140), IP6)), 6],
  ["MPLS pseudowire", 1, frame(0x8847, join(u32(0x00064140), u32(0), ETHERNET4))],
  ["MPLS pseudowire without control word", 1, frame(0x8847, join(u32(0x00064140), ETHERNET4))],
  ["PPPoE", 1, frame(0x8864, join([0x11, 0], u16(1), u16(2 + IP4.length), u16(0x21), IP4))],
  ["802.3 with SNAP", 1, frame(SNAP4.length, SNAP4)],
  ["network service header", 1, frame(0x894f, join([0x0f, 0xc2, 2, 3], u32(0x00000aff), ETHERNET4))],
  ["raw", 101, IP4],
  ["raw, old numbers", 12, IP6, 6],
  ["IPV4", 228, IP4],
  ["IPV6", 229, IP6, 6],
  ["NULL, little-endian", 0, join([2, 0, 0, 0], IP4)],
  ["NULL, big-endian", 0, join([0, 0, 0, 2], IP4)],
  ["NULL, macOS IPv6", 0, join([30, 0, 0, 0], IP6), 6],
  ["LOOP", 108, join([0, 0, 0, 24], IP6), 6],
  ["SLL", 113, join(zeros(14), u16(0x0800), IP4)],
  ["SLL with VLAN", 113, join(zeros(14), u16(0x8100), u16(3), u16(0x0800), IP4)],
  ["SLL2", 276, encodeTcp({ ...FOUR, link: "sll2" })],
  ["SLL2, IPv6", 276, encodeTcp({ ...SIX, link: "sll2" }), 6],
  ["SLL2 with VLAN", 276, join(u16(0x8100), zeros(18), u16(3), u16(0x0800), IP4)],
  ["PPP", 9, join([0xff, 3], u16(0x21), IP4)],
  ["PPP, fields compressed", 9, join([0x57], IP6), 6],
  ["PPP in HDLC", 50, join([0xff, 3], u16(0x21), IP4)],
  ["PPP with direction", 204, join([1, 0xff, 3], u16(0x21), IP4)],
  ["Cisco HDLC", 104, join([0x0f, 0], u16(0x0800), IP4)],
  ["Cisco HDLC under PPP's number", 9, join([0x8f, 0], u16(0x0800), IP4)],
  ["PPPoE alone", 51, join([0x11, 0], u16(1), u16(2 + IP4.length), u16(0x21), IP4)],
  ["802.11", 105, wifi(0x08, 0x01, SNAP4)],
  ["802.11 QoS", 105, wifi(0x88, 0x02, join(u16(0), SNAP4))],
  ["802.11 QoS, four addresses, HT control", 105, wifi(0x88, 0x83, join(zeros(6), u16(0), u32(0), SNAP4))],
  ["802.11 aggregate", 105, wifi(0x88, 0x01, join([0x80, 0], MACS, u16(SNAP4.length), SNAP4))],
  ["radiotap", 127, join([0, 0, 8, 0], zeros(4), wifi(0x08, 0x01, SNAP4))],
  ["Prism", 119, join(u32(0x44000000), [144, 0, 0, 0], zeros(136), wifi(0x08, 0x01, SNAP4))],
  ["AVS under Prism's number", 119, join(u32(0x80211001), u32(64), zeros(56), wifi(0x08, 0x01, SNAP4))],
  ["AVS", 163, join(u32(0x80211001), u32(64), zeros(56), wifi(0x08, 0x01, SNAP4))],
  ["NFLOG", 239, join([2, 0, 0, 0], [8, 0, 1, 0], u32(0), integer(4 + IP4.length, 2, true), [9, 0], IP4)],
  ["PPI", 192, join([0, 0, 8, 0, 1, 0, 0, 0], ETHERNET4)],
  ["PKTAP", 258, join([108, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], zeros(96), ETHERNET4)],
  ["packet filter log", 117, join([61, 2], zeros(62), IP4)],
  ["token ring with a route", 6, join([0x10, 0x40], zeros(6), [0x80], zeros(5), [4, 0, 0, 0], SNAP4)],
  ["FDDI", 10, join([0x50], zeros(12), SNAP4)],
  ["Frame Relay", 107, join([0x18, 0x41, 3, 0xcc], IP4)],
  ["Frame Relay, Cisco", 107, join([0x18, 0x41], u16(0x0800), IP4)],
  ["FireWire", 138, join(zeros(16), u16(0x0800), IP4)],
  ["ERF", 197, join(zeros(8), [2, 0], u16(18 + ETHERNET4.length), u16(0), u16(ETHERNET4.length), u16(0), ETHERNET4)],
];

const TUNNELS: ReadonlyArray<readonly [string, Uint8Array, (4 | 6)?]> = [
  ["VXLAN", udp(4789, join([8, 0, 0, 0], u32(0x100), ETHERNET4))],
  ["VXLAN, Linux port", udp(8472, join([8, 0, 0, 0], u32(0x100), ETHERNET6)), 6],
  ["VXLAN-GPE", udp(4790, join([0x0c, 0, 0, 1], u32(0x100), IP4))],
  ["GENEVE with options", udp(6081, join([0x02, 0], u16(0x6558), u32(0), zeros(8), ETHERNET4))],
  ["GENEVE around IPv6", udp(6081, join([0x00, 0], u16(0x86dd), u32(0), IP6)), 6],
  ["GTP-U", udp(2152, join([0x30, 255], u16(IP4.length), u32(9), IP4))],
  [
    "GTP-U with an extension",
    udp(2152, join([0x34, 255], u16(8 + IP4.length), u32(9), [0, 0, 0, 0x85], [1, 0, 0, 0], IP4)),
  ],
  ["Teredo", udp(3544, join([0, 0], zeros(6), IP6)), 6],
  ["L2TP", udp(1701, join(u16(0x4002), u16(12 + IP4.length), u16(1), u16(2), [0xff, 3], u16(0x21), IP4))],
  ["LISP", udp(4341, join(zeros(8), IP4))],
  ["MPLS in UDP", udp(6635, join(u32(0x00064140), IP4))],
  ["TZSP", udp(37_008, join([1, 0], u16(1), [1], ETHERNET4))],
  ["CAPWAP, 802.3", udp(5247, join([0, 0x10, 0, 0], u32(0), ETHERNET4))],
  ["GRE", carry(47, join(u16(0), u16(0x0800), IP4))],
  ["GRE with checksum, key and sequence", carry(47, join(u16(0xb000), u16(0x86dd), zeros(12), IP6)), 6],
  ["NVGRE", carry(47, join(u16(0x2000), u16(0x6558), u32(0x100), ETHERNET4))],
  ["PPTP", carry(47, join(u16(0x3081), u16(0x880b), zeros(12), u16(0x21), IP4))],
  ["EoIP", carry(47, join(u16(0x2001), u16(0x6400), u32(0), ETHERNET4))],
  ["ERSPAN I", carry(47, join(u16(0), u16(0x88be), ETHERNET4))],
  ["ERSPAN II", carry(47, join(u16(0x1000), u16(0x88be), u32(0), [0x10], zeros(7), ETHERNET4))],
  ["ERSPAN III", carry(47, join(u16(0x1000), u16(0x22eb), u32(0), [0x20], zeros(11), ETHERNET4))],
  [
    "ERSPAN III with a subheader",
    carry(47, join(u16(0x1000), u16(0x22eb), u32(0), [0x20], zeros(10), [1], zeros(8), ETHERNET4)),
  ],
  ["IP in IP", carry(4, IP4)],
  ["6in4", carry(41, IP6), 6],
  ["EtherIP", carry(97, join([0x30, 0], ETHERNET4))],
  ["AH in transport mode", carry(51, join([6, 4], u16(0), zeros(20), IP4.subarray(20)))],
  ["4in6", frame(0x86dd, encodeIp({ source: "::1", destination: "::2", protocol: 4, payload: IP4 }))],
];

describe("link types", () => {
  const cases = LINKS.map(([name, linkType, packet, version = 4]) => ({ name, linkType, packet, version }));
  test.each(cases)("$name", ({ linkType, packet, version }) => {
    const locator = locate(linkType, packet);
    expectFound(locator, version);
    expect(locator.problems()).toEqual([]);
  });
});

describe("tunnels", () => {
  const cases = TUNNELS.map(([name, packet, version = 4]) => ({ name, packet, version }));
  test.each(cases)("$name", ({ name, packet, version }) => {
    const locator = locate(1, packet);
    if (name.startsWith("AH")) expect(locator.out[LOC_KIND]).toBe(LOCATED_TCP);
    else expectFound(locator, version);
    expect(locator.problems()).toEqual([]);
  });
});

const ALL = [
  ...LINKS.map(([, linkType, packet]) => [linkType, packet] as const),
  ...TUNNELS.map(([, packet]) => [1, packet] as const),
];

test("a packet snapped at any byte is found while 20 bytes of TCP are there, and never read past", () => {
  for (const [linkType, packet] of ALL) {
    const whole = locate(linkType, packet);
    const tcp = (whole.out[LOC_TCP_OFFSET] ?? 0) - 7;
    for (let captured = 0; captured < packet.length; captured++) {
      const { out } = locate(linkType, packet.slice(0, captured), packet.length);
      expect(out[LOC_KIND] === LOCATED_TCP).toBe(captured >= tcp + 20);
      if (captured < tcp + 20) continue;
      expect(out[LOC_TCP_LENGTH]).toBe(whole.out[LOC_TCP_LENGTH]);
      expect(out[LOC_END]).toBe(Math.min(7 + captured, whole.out[LOC_END] ?? 0));
    }
  }
});

test("IPv4 options and IPv6 extension headers are passed over", () => {
  const options = join([0x47], IP4.subarray(1, 20), [1, 1, 1, 1, 1, 1, 1, 0], IP4.subarray(20));
  new DataView(options.buffer).setUint16(2, options.length);
  expectFound(locate(101, options), 4);
  const chain = join(
    IP6.subarray(0, 6),
    [0, 57],
    IP6.subarray(8, 40),
    [43, 0, 1, 4, 0, 0, 0, 0],
    [60, 0, 0, 0, 0, 0, 0, 0],
    [44, 1],
    zeros(14),
    [6, 0, 0, 0, 0, 0, 0, 9],
    IP6.subarray(40),
  );
  new DataView(chain.buffer).setUint16(4, chain.length - 40);
  expectFound(locate(101, chain), 6);
});

test("a total length of 0 means the rest of the frame (offload)", () => {
  const four = IP4.slice();
  new DataView(four.buffer).setUint16(2, 0);
  expectFound(locate(101, four), 4);
  const six = IP6.slice();
  new DataView(six.buffer).setUint16(4, 0);
  expectFound(locate(101, six), 6);
});

test("a length beyond the frame is cut to the frame's", () => {
  const long = IP4.slice();
  new DataView(long.buffer).setUint16(2, 9000);
  expectFound(locate(101, long), 4);
});

/** Cuts the payload of FOUR's or SIX's IP packet into fragments of `size` bytes. */
function fragments(version: 4 | 6, size: number, id = 99): Uint8Array[] {
  const payload = (version === 4 ? IP4 : IP6).subarray(version === 4 ? 20 : 40);
  const ends = [FOUR, SIX][version === 4 ? 0 : 1] ?? FOUR;
  const common = { source: ends.from.address, destination: ends.to.address, ttl: 57 };
  const parts: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const piece = payload.subarray(at, at + size);
    const more = at + size < payload.length;
    const header = join([6, 0], u16(at | (more ? 1 : 0)), u32(id));
    parts.push(
      version === 4
        ? encodeIp({ ...common, id: 4711, protocol: 6, payload: piece, moreFragments: more, fragmentOffset: at })
        : encodeIp({ ...common, protocol: 44, payload: join(header, piece) }),
    );
  }
  return parts;
}

describe.each([4, 6] as const)("fragments of IPv%d", (version) => {
  test.each([[[0, 1, 2, 3]], [[3, 2, 1, 0]], [[2, 0, 3, 1]], [[0, 0, 1, 2, 2, 3]]])("in the order %j", (order) => {
    const parts = fragments(version, 8);
    const locator = new Locator();
    for (const [i, n] of order.entries()) {
      locate(101, parts[n] ?? zeros(0), undefined, locator);
      if (i + 1 < order.length) expect(locator.out[LOC_KIND]).toBe(LOCATED_FRAGMENT);
    }
    expectFound(locator, version);
    expect(locator.problems()).toEqual([]);
  });

  test("a missing one is named", () => {
    const locator = new Locator();
    for (const part of fragments(version, 8).slice(1)) locate(101, part, undefined, locator);
    expect(locator.out[LOC_KIND]).toBe(LOCATED_FRAGMENT);
    expect(locator.problems()).toMatchObject([{ kind: "ip-fragment-incomplete", count: 1 }]);
  });

  test("a first fragment that was snapped is read as it is", () => {
    const first = fragments(version, 24)[0] ?? zeros(0);
    expect(kindOf(101, first.slice(0, -2), first.length)).toBe(LOCATED_TCP);
  });
});

describe("ICMP errors", () => {
  test("quote a segment", () => {
    const packet = encodeIcmpError({ from: "203.0.113.9", to: "192.0.2.1", type: 3, code: 13, quoted: IP4 });
    const { out, view } = locate(1, packet);
    expect(out[LOC_KIND]).toBe(LOCATED_ICMP_ERROR);
    expect([out[LOC_ICMP_TYPE], out[LOC_ICMP_CODE]]).toEqual([3, 13]);
    expect(view.getUint32(out[LOC_OUTER_SOURCE] ?? 0)).toBe(0xcb007109);
    expect(view.getUint32((out[LOC_IP_OFFSET] ?? 0) + 12)).toBe(0xc0000201);
    expect(view.getUint32((out[LOC_TCP_OFFSET] ?? 0) + 4)).toBe(0x11223344);
    expect(out[LOC_TCP_LENGTH]).toBe(25);
    expect(out[LOC_END]).toBe((out[LOC_TCP_OFFSET] ?? 0) + 8);
  });

  test("quote a segment in IPv6", () => {
    const packet = encodeIcmpError({ from: "2001:db8::9", to: "2001:db8::1", type: 1, code: 1, quoted: IP6 });
    const { out, view } = locate(1, packet);
    expect(out[LOC_KIND]).toBe(LOCATED_ICMP_ERROR);
    expect(out[LOC_IP_VERSION]).toBe(6);
    expect(view.getUint8((out[LOC_OUTER_SOURCE] ?? 0) + 15)).toBe(9);
    expect(view.getUint32((out[LOC_TCP_OFFSET] ?? 0) + 4)).toBe(0x11223344);
    expect(out[LOC_TCP_LENGTH]).toBe(25);
  });

  test.each([
    ["an echo", { type: 8, code: 0, quoted: IP4 }],
    ["an error about UDP", { type: 3, code: 3, quoted: IP4.slice().fill(17, 9, 10) }],
    ["an error about a later fragment", { type: 3, code: 3, quoted: IP4.slice().fill(9, 7, 8) }],
    ["a quotation without ports", { type: 3, code: 3, quoted: IP4, quotedLength: 24 }],
  ])("%s is none of ours", (_name, error) => {
    const packet = encodeIcmpError({ from: "203.0.113.9", to: "192.0.2.1", ...error });
    expect(kindOf(1, packet)).toBe(LOCATED_OTHER);
  });
});

describe("what is not read is named", () => {
  test.each([
    ["an unknown link", 220, IP4, LOCATED_UNKNOWN_LINK, "unknown-link-type"],
    ["IPsec", 1, carry(50, zeros(40)), LOCATED_MALFORMED, "encrypted-ipsec"],
    ["encrypted 802.11", 105, wifi(0x08, 0x41, SNAP4), LOCATED_MALFORMED, "encrypted-wifi"],
    ["compressed headers", 9, join(u16(0x2d), zeros(40)), LOCATED_MALFORMED, "compressed-headers"],
    ["an impossible header length", 101, IP4.slice().fill(0x41, 0, 1), LOCATED_MALFORMED, "malformed-ip"],
    ["a total length below the header's", 101, IP4.slice().fill(9, 3, 4), LOCATED_MALFORMED, "malformed-ip"],
    ["a version that is not IP's", 101, IP4.slice().fill(0x75, 0, 1), LOCATED_MALFORMED, "malformed-ip"],
    ["no room for TCP", 101, IP4.slice().fill(30, 3, 4), LOCATED_MALFORMED, "malformed-tcp"],
  ])("%s", (_name, linkType, packet, kind, problem) => {
    const locator = locate(linkType, packet);
    expect(locator.out[LOC_KIND]).toBe(kind);
    expect(locator.problems().map((found) => [found.kind, found.count])).toEqual([[problem, 1]]);
  });

  test("snapped packets are counted", () => {
    const locator = new Locator();
    for (let i = 0; i < 3; i++) locate(1, ETHERNET4.slice(0, 40), ETHERNET4.length, locator);
    expect(locator.problems()).toMatchObject([{ kind: "snapped-before-tcp", count: 3 }]);
  });

  test("ARP, UDP and records without a packet are simply something else", () => {
    expect(kindOf(1, frame(0x0806, zeros(28)))).toBe(LOCATED_OTHER);
    expect(kindOf(1, udp(53, zeros(30)))).toBe(LOCATED_OTHER);
    expect(kindOf(0xffff, zeros(0))).toBe(LOCATED_OTHER);
  });
});

test("tunnels without end are left", () => {
  let packet = IP4;
  for (let i = 0; i < 200; i++) packet = encodeIp({ ...OUTER, protocol: 4, payload: packet });
  const locator = locate(101, packet);
  expect(locator.out[LOC_KIND]).toBe(LOCATED_MALFORMED);
  expect(locator.problems()).toMatchObject([{ kind: "too-many-layers", count: 1 }]);
});

test("any bytes under any link type give a kind, and slots within the packet", () => {
  const linkType = fc.oneof(fc.constantFrom(...ALL.map(([known]) => known)), fc.nat(300));
  const locator = new Locator();
  fc.assert(
    fc.property(linkType, fc.uint8Array({ maxLength: 120 }), (link, packet) => check(locator, link, packet)),
    { numRuns: 5000 },
  );
});

test("known packets with bytes changed give a kind, and slots within the packet", () => {
  const change = fc.array(fc.tuple(fc.nat(160), fc.nat(255)), { maxLength: 6 });
  const locator = new Locator();
  fc.assert(
    fc.property(fc.constantFrom(...ALL), change, ([link, packet], changes) => {
      const bytes = packet.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      check(locator, link, bytes);
    }),
    { numRuns: 20_000 },
  );
});

function check(locator: Locator, link: number, packet: Uint8Array): void {
  // The bytes end with the packet: reading past it would throw.
  const view = new DataView(packet.buffer);
  const kind = locator.locate(view, packet, 0, packet.length, packet.length, link, 1);
  expect([0, 1, 2, 3, 4, 5]).toContain(kind);
  if (kind !== LOCATED_TCP && kind !== LOCATED_ICMP_ERROR) return;
  const { out, bytes } = locator;
  const tcp = out[LOC_TCP_OFFSET] ?? -1;
  expect(tcp + (kind === LOCATED_TCP ? 20 : 8)).toBeLessThanOrEqual(out[LOC_END] ?? 0);
  expect(out[LOC_END]).toBeLessThanOrEqual(bytes.length);
  expect(tcp).toBeGreaterThanOrEqual((out[LOC_IP_OFFSET] ?? 0) + (out[LOC_IP_VERSION] === 4 ? 20 : 40));
}
