import type { ObservedSegment } from "../../src/flow/tcp-observer.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../src/net/tcp-flags.ts";
import { fc } from "./fast-check.ts";

/** A segment between two hosts, by the port of the first. */
export interface Packet extends ObservedSegment {
  readonly clientPort: number;
}

/** Plausible traffic between two hosts over two client ports. */
export function traffic(): fc.Arbitrary<Packet[]> {
  const move = fc.record({
    kind: fc.constantFrom(
      "data",
      "data",
      "data",
      "ack",
      "ack",
      "again",
      "hole",
      "dupack",
      "dupack",
      "keepalive",
      "keepaliveAck",
      "zero",
      "probe",
      "probeAck",
      "update",
      "full",
      "fin",
      "rst",
      "badrst",
      "syn",
      "synack",
      "newsyn",
      "foreign",
      "mirror",
      "refill",
      "skipack",
      "recover",
      "closedWindow",
    ),
    fromClient: fc.boolean(),
    port: fc.constantFrom(40000, 40000, 40001),
    length: fc.integer({ min: 1, max: 1400 }),
    gap: fc.constantFrom(1e3, 1e5, 5e5, 2e6, 1e7, 5e7, 1e9, 3e10),
    ttl: fc.constantFrom(64, 64, 64, 64, 63),
  });
  return fc
    .tuple(
      fc.constantFrom(0, 1000, 0xfffffff0, 0x7ffffff0),
      fc.boolean(),
      fc.array(move, { minLength: 1, maxLength: 80 }),
    )
    .map(([start, handshake, moves]) => play(start, handshake, moves));
}

interface Move {
  readonly kind: string;
  readonly fromClient: boolean;
  readonly port: number;
  readonly length: number;
  readonly gap: number;
  readonly ttl: number;
}

function play(start: number, handshake: boolean, moves: readonly Move[]): Packet[] {
  const packets: Packet[] = [];
  const ends = new Map<
    number,
    { next: [number, number]; window: [number, number]; lastLength: [number, number]; lastSeq: [number, number] }
  >();
  let time = 0;
  let id = 1;
  const state = (port: number) => {
    let s = ends.get(port);
    if (s === undefined) {
      s = { next: [start, (start + 7777) >>> 0], window: [1000, 1000], lastLength: [0, 0], lastSeq: [start, start] };
      ends.set(port, s);
    }
    return s;
  };
  const push = (
    port: number,
    side: 0 | 1,
    flags: number,
    seq: number,
    ack: number,
    length: number,
    window: number,
    extra: Partial<Packet> = {},
  ): void => {
    packets.push({
      clientPort: port,
      time,
      fromA: side === 0,
      flags,
      seq: seq >>> 0,
      ack: ack >>> 0,
      length,
      window,
      ttl: 64,
      ipId: id++ & 0xffff,
      windowScale: (flags & SYN) !== 0 ? 2 : undefined,
      ...extra,
    });
  };
  if (handshake) {
    for (const port of [40000, 40001]) {
      const s = state(port);
      push(port, 0, SYN, s.next[0], 0, 0, 1000);
      s.next[0] = (s.next[0] + 1) >>> 0;
      time += 1e6;
      push(port, 1, SYN | ACK, s.next[1], s.next[0], 0, 1000);
      s.next[1] = (s.next[1] + 1) >>> 0;
      time += 1e6;
      push(port, 0, ACK, s.next[0], s.next[1], 0, 1000);
    }
  }
  for (const m of moves) {
    time += m.gap;
    const s = state(m.port);
    const me: 0 | 1 = m.fromClient ? 0 : 1;
    const you: 0 | 1 = m.fromClient ? 1 : 0;
    const ttl = { ttl: m.ttl };
    const send = (
      flags: number,
      seq: number,
      ack: number,
      length: number,
      window = s.window[me],
      extra: Partial<Packet> = ttl,
    ): void => push(m.port, me, flags, seq, ack, length, window, extra);
    switch (m.kind) {
      case "data":
        send(ACK | PSH, s.next[me], s.next[you], m.length);
        s.lastSeq[me] = s.next[me];
        s.lastLength[me] = m.length;
        s.next[me] = (s.next[me] + m.length) >>> 0;
        break;
      case "ack":
      case "dupack":
      case "keepaliveAck":
        send(ACK, s.next[me], s.next[you], 0);
        break;
      case "skipack":
        send(ACK, s.next[me], s.next[you] + 100, 0);
        break;
      case "again":
        send(ACK | PSH, s.lastSeq[me], s.next[you], s.lastLength[me]);
        break;
      case "refill":
        send(ACK | PSH, s.next[me] - 700, s.next[you], 300);
        break;
      case "recover": {
        // A segment is lost behind this vantage point: three equal ACKs ask for it, and it comes again.
        const from = s.next[me];
        send(ACK | PSH, from, s.next[you], m.length);
        for (let i = 0; i < 4; i++) push(m.port, you, ACK, s.next[you], from, 0, s.window[you]);
        send(ACK | PSH, from, s.next[you], m.length);
        s.next[me] = (s.next[me] + m.length) >>> 0;
        break;
      }
      case "closedWindow":
        s.window[you] = 0;
        push(m.port, you, ACK, s.next[you], s.next[me], 0, 0);
        send(ACK, s.next[me], s.next[you], 1);
        push(m.port, you, ACK, s.next[you], s.next[me], 0, 0);
        break;
      case "mirror": {
        const last = packets.findLast((p) => p.clientPort === m.port);
        if (last !== undefined) packets.push({ ...last, time: Math.min(last.time + 1000, time) });
        break;
      }
      case "hole":
        s.next[me] = (s.next[me] + 500) >>> 0;
        send(ACK | PSH, s.next[me], s.next[you], m.length);
        s.next[me] = (s.next[me] + m.length) >>> 0;
        break;
      case "keepalive":
        send(ACK, s.next[me] - 1, s.next[you], m.length & 1);
        break;
      case "zero":
        s.window[me] = 0;
        send(ACK, s.next[me], s.next[you], 0);
        break;
      case "probe":
        send(ACK, s.next[me], s.next[you], 1);
        break;
      case "probeAck":
        send(ACK, s.next[me], s.next[you], 0, 0);
        break;
      case "update":
        s.window[me] = 500 + m.length;
        send(ACK, s.next[me], s.next[you], 0);
        break;
      case "full":
        send(ACK | PSH, s.next[me], s.next[you], Math.min(65000, s.window[you] * 4));
        s.next[me] = (s.next[me] + Math.min(65000, s.window[you] * 4)) >>> 0;
        break;
      case "fin":
        send(ACK | FIN, s.next[me], s.next[you], 0);
        s.next[me] = (s.next[me] + 1) >>> 0;
        break;
      case "rst":
        send(RST, s.next[me], 0, 0, 0);
        break;
      case "badrst":
        send(RST, s.next[me] + 12345, 0, 0, 0);
        break;
      case "syn":
        send(SYN, start, 0, 0);
        break;
      case "synack":
        send(SYN | ACK, s.next[me] + m.length, s.next[you], 0);
        break;
      case "newsyn":
        s.next[me] = (s.next[me] + 1_000_000 * m.length) >>> 0;
        send(SYN, s.next[me], 0, 0);
        s.next[me] = (s.next[me] + 1) >>> 0;
        break;
      case "foreign":
        send(ACK, s.next[me], s.next[you] + 0x40000000, 0);
        break;
    }
  }
  return packets.sort((a, b) => a.time - b.time);
}

/** A segment of any content. */
export function anySegment(): fc.Arbitrary<Packet> {
  const number = fc.constantFrom(0, 1, 2, 1000, 1001, 0xffffffff, 0x80000000);
  return fc.record({
    clientPort: fc.constantFrom(40000, 40001),
    time: fc.constantFrom(0, 1e6, 1e9, -1e6),
    fromA: fc.boolean(),
    flags: fc.integer({ min: 0, max: 255 }),
    seq: number,
    ack: number,
    length: fc.constantFrom(0, 1, 2, 100, 1400),
    window: fc.constantFrom(0, 1, 65535),
    ttl: fc.constantFrom(64, 63),
    ipId: fc.constantFrom(0, 1, 2),
    windowScale: fc.constantFrom(undefined, 0, 2),
  });
}
