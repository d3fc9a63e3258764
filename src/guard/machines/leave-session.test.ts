import { describe, expect, test } from "vitest";
import { type LeaveInput, type LeaveOptions, SERVING, stepLeave } from "./leave-session.ts";

const TWO: LeaveOptions = { announce: true, roundTripLimitMs: 5000, graceMs: 25_000 };

function tell(story: readonly (readonly [number, LeaveInput])[], options: LeaveOptions): readonly string[] {
  let state = SERVING;
  let wakeAtMs: number | undefined;
  const done: string[] = [];
  const step = (input: LeaveInput, at: number): void => {
    const next = stepLeave(state, input, at, options);
    state = next.state;
    wakeAtMs = next.wakeAtMs;
    if (next.action !== undefined) done.push(`${at} ${next.action}`);
  };
  for (const [at, input] of story) {
    while (wakeAtMs !== undefined && wakeAtMs < at) step("tick", wakeAtMs);
    step(input, at);
  }
  while (wakeAtMs !== undefined) step("tick", wakeAtMs);
  return [...done, state.phase];
}

describe("leaving a connection", () => {
  test("in two phases: the true last id comes with the PING's answer, not before", () => {
    const story = [
      [100, "start"],
      [101, "written"],
      [110, "tick"],
      [130, "pong"],
      [400, "closed"],
    ] as const;
    expect(tell(story, TWO)).toEqual(["100 announce", "101 measure", "130 finish", "gone"]);
  });

  test("a client that does not answer PING is not waited for longer than the limit", () => {
    const story = [
      [0, "start"],
      [0, "written"],
      [9000, "closed"],
    ] as const;
    expect(tell(story, TWO)).toEqual(["0 announce", "0 measure", "5000 finish", "gone"]);
  });

  test("a GOAWAY that could not be written is tried again, one try at a time, up to the limit of the round trip", () => {
    const story = [
      [0, "start"],
      [5, "tick"],
      [8, "blocked"],
      [28, "tick"],
      [40, "tick"],
      [50, "blocked"],
      [70, "tick"],
      [72, "written"],
      [80, "pong"],
      [90, "closed"],
    ] as const;
    const told = ["0 announce", "28 announce", "70 announce", "72 measure", "80 finish", "gone"];
    expect(tell(story, TWO)).toEqual(told);
    const never = [
      [0, "start"],
      [1, "blocked"],
      [21, "tick"],
      [22, "blocked"],
      [42, "tick"],
      [5100, "closed"],
    ] as const;
    expect(tell(never, TWO)).toEqual(["0 announce", "21 announce", "42 announce", "5000 finish", "gone"]);
  });

  test("streams that outlive the grace are cut, and a client that does not close its side is not waited for", () => {
    const silent = [
      [0, "start"],
      [1, "written"],
      [20, "pong"],
    ] as const;
    const told = ["0 announce", "1 measure", "20 finish", "25000 cut"];
    expect(tell(silent, TWO)).toEqual([...told, "25250 destroy", "gone"]);
    expect(tell([...silent, [25_100, "closed"]], TWO)).toEqual([...told, "gone"]);
    // Neither does one that never lets a frame through.
    const stuck = { ...TWO, roundTripLimitMs: 60_000 };
    expect(tell([[0, "start"]], stuck)).toEqual(["0 announce", "25000 cut", "25250 destroy", "gone"]);
    const late = [
      [0, "start"],
      [25_000, "tick"],
      [25_001, "written"],
      [25_002, "pong"],
    ] as const;
    expect(tell(late, stuck)).toEqual(["0 announce", "25000 cut", "25250 destroy", "gone"]);
  });

  test("without a grace nothing is cut", () => {
    const story = [
      [0, "start"],
      [1, "written"],
      [20, "pong"],
      [9_000_000, "closed"],
    ] as const;
    const told = ["0 announce", "1 measure", "20 finish", "gone"];
    expect(tell(story, { announce: true, roundTripLimitMs: 5000 })).toEqual(told);
  });

  test("a client that does not close its side of what ended in order is waited for, but not for ever", () => {
    const options = { announce: true, roundTripLimitMs: 5000 };
    const story = [
      [0, "start"],
      [1, "written"],
      [20, "pong"],
      [90_000, "ended"],
      [90_001, "tick"],
      [90_002, "ended"],
    ] as const;
    const told = ["0 announce", "1 measure", "20 finish"];
    expect(tell(story, options)).toEqual([...told, "120000 destroy", "gone"]);
    expect(tell([...story, [100_000, "closed"]], options)).toEqual([...told, "gone"]);
    // A drain's grace is not made longer by it.
    expect(tell([...story.slice(0, 3), [24_000, "ended"]], TWO)).toEqual([
      ...told,
      "25000 cut",
      "25250 destroy",
      "gone",
    ]);
    // The client may have ended it while we were at it.
    for (const length of [1, 2]) {
      const early = tell([...story.slice(0, length), [3, "ended"], [4, "blocked"], [5, "pong"]], options);
      expect(early).toEqual([...told.slice(0, length), "30003 destroy", "gone"]);
    }
  });

  test("in one phase where no frame of ours can be written", () => {
    const story = [
      [0, "start"],
      [10, "closed"],
    ] as const;
    expect(tell(story, { ...TWO, announce: false })).toEqual(["0 finish", "gone"]);
  });

  test("a grace of nothing cuts at once, and a second start does nothing", () => {
    expect(tell([[0, "start"]], { ...TWO, graceMs: 0 })).toEqual(["0 cut", "250 destroy", "gone"]);
    const story = [
      [0, "start"],
      [1, "start"],
      [1, "written"],
      [2, "pong"],
      [3, "closed"],
      [4, "start"],
    ] as const;
    expect(tell(story, TWO)).toEqual(["0 announce", "1 measure", "2 finish", "gone"]);
  });

  test("a connection that closes by itself is gone in every phase", () => {
    expect(tell([[0, "closed"]], TWO)).toEqual(["gone"]);
    const inputs = [
      [0, "start"],
      [1, "written"],
      [2, "pong"],
    ] as const;
    for (let length = 1; length <= inputs.length; length += 1) {
      const told = tell([...inputs.slice(0, length), [3, "closed"], [4, "start"]], TWO);
      expect(told.at(-1)).toBe("gone");
      expect(told).toHaveLength(length + 1);
    }
  });
});
