import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import type { Flow } from "../flow/flow.ts";
import { ACK, FIN, PSH, RST, SYN } from "../net/tcp-flags.ts";
import type { Segment, Side, Trail } from "../session/segment.ts";
import { endStates, stateAt } from "./end-state.ts";

/** Segments a second apart: `>` from the client, `<` from the server. */
function trailOf(...sent: readonly (readonly [way: ">" | "<", flags: number])[]): Trail {
  const segments = sent.map(([way, flags], i) => ({
    packet: i + 1,
    time: i,
    from: way === ">" ? "client" : "server",
    flags,
    notes: [],
  }));
  return { vantage: 0, flow: {} as Flow, segments: segments as unknown as Segment[], icmp: [], omitted: 0 };
}

const statesOf = (trail: Trail, side: Side): string[] =>
  endStates(trail, side).map((change) => `${change.time} ${change.state}`);

const OPENING = [
  [">", SYN],
  ["<", SYN | ACK],
  [">", ACK],
] as const;

describe("one end of a connection", () => {
  test("opens at the client with the SYN-ACK, at the server with the ACK", () => {
    expect(statesOf(trailOf(...OPENING), "client")).toEqual(["0 SYN-SENT", "1 ESTABLISHED"]);
    expect(statesOf(trailOf(...OPENING), "server")).toEqual(["1 SYN-RECEIVED", "2 ESTABLISHED"]);
  });

  test("closes in the order of the FINs", () => {
    const trail = trailOf(...OPENING, ["<", FIN | ACK], [">", FIN | ACK], ["<", ACK]);
    expect(statesOf(trail, "server").slice(2)).toEqual(["3 FIN-WAIT", "4 TIME-WAIT"]);
    expect(statesOf(trail, "client").slice(2)).toEqual(["3 CLOSE-WAIT", "4 LAST-ACK", "5 CLOSED"]);
  });

  test("is gone with a RST, but for a client's own while it waits for a SYN-ACK", () => {
    expect(statesOf(trailOf(...OPENING, ["<", RST]), "client").at(-1)).toBe("3 CLOSED");
    expect(statesOf(trailOf([">", SYN], ["<", ACK], [">", RST], ["<", SYN | ACK]), "client")).toEqual([
      "0 SYN-SENT",
      "3 ESTABLISHED",
    ]);
  });

  test("was open already when it is seen from the middle on", () => {
    const changes = endStates(trailOf([">", PSH | ACK]), "server");
    expect(stateAt(changes, -1)).toBe("ESTABLISHED");
  });

  test("passes over what it would not believe", () => {
    const changes = endStates(trailOf(...OPENING, ["<", RST]), "server", (segment) => (segment.flags & RST) === 0);
    expect(stateAt(changes, 9)).toBe("ESTABLISHED");
  });

  test("is in some state after any packets whatever, and changes in order of time", () => {
    const segment = fc.tuple(fc.constantFrom(">" as const, "<" as const), fc.integer({ min: 0, max: 0x3f }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), fc.constantFrom<Side>("client", "server"), (sent, side) => {
        const changes = endStates(trailOf(...sent), side);
        expect(changes.map((c) => c.time)).toEqual(changes.map((c) => c.time).toSorted((a, b) => a - b));
        changes.forEach((change, i) => {
          expect(change.state).not.toBe(changes[i - 1]?.state);
        });
      }),
    );
  });
});
