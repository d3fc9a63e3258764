import { expect, test } from "vitest";
import { array, assert, integer, property } from "../../../tests/helpers/fast-check.ts";
import type { Clock } from "../clock.ts";
import { AwakeTime, afterAwake } from "./awake-time.ts";

/** A clock whose timers come when they are due, or as late as the event loop was blocked. */
function blockedClock(blocks: readonly number[]): { readonly clock: Clock; readonly run: () => Promise<void> } {
  let nowMs = 1000;
  let turn = 0;
  const timers: { at: number; then: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after: (ms, then) => {
      const timer = { at: nowMs + ms, then };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  };
  const run = async (): Promise<void> => {
    for (let timer = timers.shift(); timer !== undefined; timer = timers.shift()) {
      nowMs = timer.at + (blocks[turn] ?? 0);
      turn += 1;
      timer.then();
      await new Promise((next) => setImmediate(next));
    }
  };
  return { clock, run };
}

test("without a block it is the clock's time", async () => {
  const { clock, run } = blockedClock([]);
  let at = 0;
  afterAwake(clock, 800, () => {
    at = clock.now();
  });
  await run();
  expect(at).toBe(1800);
});

test("a block counts for a quarter of the time, however long it was", async () => {
  const { clock, run } = blockedClock([0, 3_600_000]);
  let at = 0;
  afterAwake(clock, 800, () => {
    at = clock.now();
  });
  await run();
  // 100 ms, a block that counts for 200, and 500 more.
  expect(at).toBe(1000 + 100 + 3_600_100 + 500);
});

test("it is called off, also between its timer and what follows", async () => {
  const { clock, run } = blockedClock([]);
  let called = false;
  const callOff = afterAwake(clock, 100, () => {
    called = true;
  });
  callOff();
  await run();
  expect(called).toBe(false);
});

test("it never runs ahead of the clock, nor back", () => {
  assert(
    property(array(integer({ min: 0, max: 5000 })), integer({ min: 1, max: 1000 }), (gaps, longestMs) => {
      let nowMs = 0;
      const awake = new AwakeTime({ now: () => nowMs, after: () => () => {} }, longestMs);
      let before = awake.now();
      for (const gap of gaps) {
        nowMs += gap;
        const now = awake.now();
        expect(now).toBeLessThanOrEqual(nowMs);
        expect(now - before).toBe(Math.min(gap, longestMs));
        before = now;
      }
    }),
  );
});
