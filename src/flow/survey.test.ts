import { describe, expect, it } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { anySegment, type Packet, traffic } from "../../tests/helpers/tcp-traffic.ts";
import type { PacketBatch } from "../capture/batch.ts";
import { ACK, PSH, SYN } from "../net/tcp-flags.ts";
import type { EventName } from "./events.ts";
import { readFlow } from "./read-flow.ts";
import { Survey } from "./survey.ts";
import { type ObservedSegment, TcpObserver } from "./tcp-observer.ts";

/**
 * The fast survey against the readable observer: on any traffic both must tell the same story. The
 * traffic is made of plausible moves (handshakes, data, losses, repetitions, closes, nonsense) so that
 * every rule is met, also near the wraparound of sequence numbers.
 */
const CLIENT = 0x0a000001;
const SERVER = 0x0a000002;

describe("survey and observer", () => {
  it("tell the same events, packets and bytes on generated traffic", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(traffic(), (packets) => {
        const fast = bySurvey(packets);
        const plain = byObserver(packets);
        for (const flow of plain) for (const name of Object.keys(flow.events)) seen.add(name);
        expect(fast).toEqual(plain);
      }),
      { numRuns: 3000 },
    );
    // The generator reaches every rule: an oracle that is never asked proves nothing.
    for (const name of REACHED) expect([...seen], `generated traffic never showed ${name}`).toContain(name);
  });

  it("take the later of two SYNs that cross for the begin of the first round trip, as tshark does", () => {
    const packet = (
      fromA: boolean,
      flags: number,
      [seq, ack, length = 0]: readonly number[],
      time: number,
    ): Packet => ({
      clientPort: 40_000,
      time,
      fromA,
      flags,
      seq: seq ?? 0,
      ack: ack ?? 0,
      length,
      window: 1000,
      ttl: 64,
      ipId: time / 1000,
      windowScale: undefined,
    });
    const crossed = [
      packet(false, SYN, [7777, 0], 1000),
      packet(true, SYN, [0, 0], 2000),
      packet(true, SYN | ACK, [2, 7778], 3000),
      packet(false, ACK | PSH, [7778, 1, 1], 4000),
      // 2 µs after the last number, as long as from the later SYN to the packet before.
      packet(true, ACK | PSH, [1, 7779, 1], 5000),
    ];
    expect(byObserver(crossed)[0]?.events).toMatchObject({ retransmission: [5] });
    expect(bySurvey(crossed)).toEqual(byObserver(crossed));
  });

  it("gives the same table whatever the batches' sizes", () => {
    fc.assert(
      fc.property(traffic(), fc.integer({ min: 1, max: 7 }), (packets, size) => {
        expect(bySurvey(packets, size)).toEqual(bySurvey(packets));
      }),
      { numRuns: 200 },
    );
  });

  it("takes any order of any packets to a known state", () => {
    const states = ["unanswered", "refused", "opening", "open", "half-closed", "closed", "reset", "partial", "quoted"];
    fc.assert(
      fc.property(fc.array(anySegment(), { maxLength: 60 }), (packets) => {
        const survey = new Survey();
        survey.observe(batchOf(packets));
        let counted = 0;
        for (let row = 0; row < survey.table.rows; row++) {
          const flow = readFlow(survey.table, row);
          expect(states).toContain(flow.state);
          expect(flow.firstPacket).toBeLessThanOrEqual(flow.lastPacket);
          counted += flow.packets[0] + flow.packets[1];
        }
        expect(counted).toBe(packets.length);
      }),
      { numRuns: 1000 },
    );
  });
});

const REACHED: readonly EventName[] = [
  "retransmission",
  "fastRetransmission",
  "spuriousRetransmission",
  "outOfOrder",
  "duplicateAck",
  "keepalive",
  "keepaliveAck",
  "zeroWindow",
  "zeroWindowProbe",
  "zeroWindowProbeAck",
  "windowFull",
  "windowUpdate",
  "lostSegment",
  "ackedUnseen",
  "portReused",
  "foreignAck",
  "challengeAck",
  "rstUnacceptable",
  "dataAfterClose",
  "mirrorDuplicate",
  "fingerprintChange",
];

interface Told {
  readonly packets: readonly number[];
  readonly bytes: readonly number[];
  readonly events: Record<string, number[]>;
}

function bySurvey(packets: readonly Packet[], batchSize: number = packets.length): Told[] {
  const survey = new Survey();
  for (let at = 0; at < packets.length; at += batchSize)
    survey.observe(batchOf(packets.slice(at, at + batchSize), at + 1));
  return Array.from({ length: survey.table.rows }, (_, row) => {
    const flow = readFlow(survey.table, row);
    const events: Record<string, number[]> = {};
    for (const [name, list] of Object.entries(flow.events)) {
      if (name !== "synOnOpenFlow" && name !== "portReused") events[name] = [...list];
      if (name !== "portReused") continue;
      // What reading adds (the flow's own first SYN, and the first of contradicting SYN-ACKs) is not the observer's.
      const firsts = [flow.synAck.find((p) => p > 0), flow.synAck.find((p) => p < 0)].map((p) => Math.abs(p ?? 0));
      events[name] = list.filter((p) => p !== flow.firstPacket && !firsts.includes(p));
    }
    return { packets: flow.packets, bytes: flow.bytes, events: dropEmpty(events) };
  });
}

function byObserver(packets: readonly Packet[]): Told[] {
  interface Open {
    observer: TcpObserver;
    aIsClient: boolean;
    told: { packets: [number, number]; bytes: [number, number]; events: Record<string, number[]> };
    sides: Set<boolean>;
  }
  const all: Open[] = [];
  const latest = new Map<number, Open>();
  packets.forEach((packet, i) => {
    let open = latest.get(packet.clientPort);
    const oriented = (o: Open): ObservedSegment => ({ ...packet, fromA: packet.fromA === o.aIsClient });
    if (open === undefined || open.observer.startsNewFlow(oriented(open))) {
      open = {
        observer: new TcpObserver(),
        aIsClient: packet.fromA,
        told: { packets: [0, 0], bytes: [0, 0], events: {} },
        sides: new Set(),
      };
      all.push(open);
      latest.set(packet.clientPort, open);
    }
    const segment = oriented(open);
    const side = segment.fromA ? 0 : 1;
    open.told.packets[side]++;
    open.told.bytes[side] += segment.length;
    const synAck = (packet.flags & (SYN | ACK)) === (SYN | ACK);
    const first = synAck && !open.sides.has(packet.fromA);
    if (synAck) open.sides.add(packet.fromA);
    for (const event of open.observer.observe(segment)) {
      if (event === "portReused" && first) continue;
      const list = open.told.events[event];
      if (list === undefined) open.told.events[event] = [i + 1];
      else list.push(i + 1);
    }
  });
  return all.map((o) => ({ ...o.told, events: dropEmpty(o.told.events) }));
}

function dropEmpty(events: Record<string, number[]>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(events)
      .filter(([, list]) => list.length > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

/** Packets as Ethernet frames with IPv4 and TCP, snapped after the TCP header: the survey reads lengths, not payload. */
function batchOf(packets: readonly Packet[], firstNumber = 1): PacketBatch {
  const SLOT = 64;
  const bytes = new Uint8Array(packets.length * SLOT);
  const view = new DataView(bytes.buffer);
  packets.forEach((p, i) => {
    const at = i * SLOT;
    const options = p.windowScale === undefined ? 0 : 4;
    view.setUint16(at + 12, 0x0800);
    view.setUint8(at + 14, 0x45);
    view.setUint16(at + 16, 40 + options + p.length);
    view.setUint16(at + 18, p.ipId);
    view.setUint8(at + 22, p.ttl);
    view.setUint8(at + 23, 6);
    view.setUint32(at + 26, p.fromA ? CLIENT : SERVER);
    view.setUint32(at + 30, p.fromA ? SERVER : CLIENT);
    view.setUint16(at + 34, p.fromA ? p.clientPort : 443);
    view.setUint16(at + 36, p.fromA ? 443 : p.clientPort);
    view.setUint32(at + 38, p.seq);
    view.setUint32(at + 42, p.ack);
    view.setUint8(at + 46, (5 + options / 4) << 4);
    view.setUint8(at + 47, p.flags);
    view.setUint16(at + 48, p.window);
    if (p.windowScale !== undefined) bytes.set([3, 3, p.windowScale, 0], at + 54);
  });
  const captured = Int32Array.from(packets, (p) => 54 + (p.windowScale === undefined ? 0 : 4));
  return {
    bytes,
    view,
    count: packets.length,
    firstNumber,
    offset: Int32Array.from(packets, (_, i) => i * SLOT),
    captured,
    wireLength: Int32Array.from(packets, (p, i) => (captured[i] as number) + p.length),
    time: Float64Array.from(packets, (p) => p.time),
    linkType: new Uint16Array(packets.length).fill(1),
    epoch: 0n,
  };
}
