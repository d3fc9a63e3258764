import { describe, expect, it } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import type { Flow } from "../flow/flow.ts";
import type { Segment, Trail } from "../session/segment.ts";
import { clockOffset } from "./clock-offset.ts";

describe("clock offset between two vantage points", () => {
  it("lies within the stated uncertainty of the truth, whatever the delays and whoever is nearer the client", () => {
    const scenario = fc.record({
      trueOffset: fc.integer({ min: -5e9, max: 5e9 }),
      delays: fc.array(fc.integer({ min: 1, max: 50e6 }), { minLength: 4, maxLength: 40 }),
      firstAtClient: fc.boolean(),
      epochDifference: fc.integer({ min: -1e12, max: 1e12 }),
    });
    fc.assert(
      fc.property(scenario, ({ trueOffset, delays, firstAtClient, epochDifference }) => {
        const first: Segment[] = [];
        const second: Segment[] = [];
        delays.forEach((delay, i) => {
          const from = i % 2 === 0 ? "client" : "server";
          const sent = i * 1e9;
          // What is sent reaches the place nearer to its sender first.
          const atFirstFirst = (from === "client") === firstAtClient;
          const realFirst = atFirstFirst ? sent : sent + delay;
          const realSecond = atFirstFirst ? sent + delay : sent;
          first.push(segment(i, from, realFirst));
          // The second's clock: its reading plus the offset gives the first's; relative to its own epoch.
          second.push(segment(i, from, realSecond - trueOffset - epochDifference));
        });
        const found = clockOffset([[trail(0, first), trail(1, second)]], epochDifference);
        expect(found).toBeDefined();
        if (found === undefined) return;
        expect(found.packets).toBe(delays.length);
        expect(Math.abs(found.offset - trueOffset)).toBeLessThanOrEqual(found.uncertainty + 1);
        expect(found.uncertainty).toBeLessThanOrEqual(50e6);
      }),
    );
  });

  it("is unknown where no packet was seen twice", () => {
    expect(
      clockOffset([[trail(0, [segment(1, "client", 0)]), trail(1, [segment(2, "client", 0)])]], 0),
    ).toBeUndefined();
  });
});

function segment(number: number, from: "client" | "server", time: number): Segment {
  return {
    packet: number + 1,
    time,
    from,
    flags: 0x10,
    seq: number * 100,
    ack: 7,
    length: 10,
    window: 100,
    ttl: 64,
    ipId: -1,
    timestamp: undefined,
    optionBytes: 0,
    head: new Uint8Array(0),
    sourceMac: "",
    notes: [],
  };
}

function trail(vantage: number, segments: readonly Segment[]): Trail {
  const flow: Flow = {
    stream: 0,
    a: { address: "192.0.2.1", port: 40000 },
    b: { address: "192.0.2.2", port: 443 },
    client: "a",
    clientSeen: true,
    state: "open",
    packets: [1, 1],
    bytes: [1, 1],
    firstPacket: 1,
    lastPacket: 9,
    from: 0,
    to: 9,
    firstRtt: 0,
    syn: [],
    synAck: [],
    fin: [],
    rst: [],
    events: {},
    eventsDropped: 0,
    silence: { length: 0, packet: 0 },
    ttl: [
      [64, 64],
      [64, 64],
    ],
    previous: undefined,
  };
  return { vantage, flow, segments, icmp: [], omitted: 0 };
}
