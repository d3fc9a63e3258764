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
      [110, "tick"],
      [130, "pong"],
      [400, "idle"],
    ] as const;
    expect(tell(story, TWO)).toEqual(["100 announce", "130 finish", "gone"]);
  });

  test("a client that does not answer PING is not waited for longer than the limit", () => {
    expect(
      tell(
        [
          [0, "start"],
          [9000, "idle"],
        ],
        TWO,
      ),
    ).toEqual(["0 announce", "5000 finish", "gone"]);
  });

  test("streams that outlive the grace are cut", () => {
    expect(
      tell(
        [
          [0, "start"],
          [20, "pong"],
        ],
        TWO,
      ),
    ).toEqual(["0 announce", "20 finish", "25000 cut", "gone"]);
  });

  test("without a grace nothing is cut", () => {
    const story = [
      [0, "start"],
      [20, "pong"],
      [9_000_000, "idle"],
    ] as const;
    expect(tell(story, { announce: true, roundTripLimitMs: 5000 })).toEqual(["0 announce", "20 finish", "gone"]);
  });

  test("in one phase where no frame of ours can be written", () => {
    const story = [
      [0, "start"],
      [10, "idle"],
    ] as const;
    expect(tell(story, { ...TWO, announce: false })).toEqual(["0 finish", "gone"]);
  });

  test("a grace of nothing cuts at once, and a second start does nothing", () => {
    expect(tell([[0, "start"]], { ...TWO, graceMs: 0 })).toEqual(["0 announce", "0 cut", "gone"]);
    const story = [
      [0, "start"],
      [1, "start"],
      [2, "pong"],
      [3, "idle"],
      [4, "start"],
    ] as const;
    expect(tell(story, TWO)).toEqual(["0 announce", "2 finish", "gone"]);
  });
});
