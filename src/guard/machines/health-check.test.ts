import { describe, expect, test } from "vitest";
import { array, assert, constantFrom, integer, property, tuple } from "../../../tests/helpers/fast-check.ts";
import { type HealthInput, healthCheck, stepHealthCheck } from "./health-check.ts";

const KUBERNETES = { readIdleTimeoutMs: 30_000, pingTimeoutMs: 15_000 };

/** Tells the machine a story in virtual time; gives what it did, and when. */
function tell(story: readonly (readonly [number, HealthInput])[], options = KUBERNETES): readonly string[] {
  let state = healthCheck(0);
  let wakeAtMs: number | undefined = options.readIdleTimeoutMs;
  const done: string[] = [];
  const step = (input: HealthInput, at: number): void => {
    const next = stepHealthCheck(state, input, at, options);
    state = next.state;
    wakeAtMs = next.wakeAtMs;
    if (next.action !== undefined) done.push(`${at} ${next.action}`);
  };
  for (const [at, input] of story) {
    while (wakeAtMs !== undefined && wakeAtMs <= at) step("tick", wakeAtMs);
    step(input, at);
  }
  for (let left = 4; wakeAtMs !== undefined && left > 0; left -= 1) step("tick", wakeAtMs);
  return done;
}

describe("a health check", () => {
  test("pings after the read-idle timeout and gives up after the ping timeout: 30 + 15 s after the last frame", () => {
    expect(tell([[8_000, "read"]])).toEqual(["38000 ping", "53000 lost"]);
  });

  test("starts its timer when the connection opens", () => {
    expect(tell([])).toEqual(["30000 ping", "45000 lost"]);
  });

  test("begins anew with every frame read", () => {
    expect(
      tell([
        [29_999, "read"],
        [59_998, "read"],
      ]),
    ).toEqual(["89998 ping", "104998 lost"]);
  });

  test("is content with the answer, and waits again from then on", () => {
    expect(tell([[30_020, "pong"]])).toEqual(["30000 ping", "60020 ping", "75020 lost"]);
  });

  test("takes no other frame for the answer", () => {
    expect(tell([[31_000, "read"]])).toEqual(["30000 ping", "45000 lost"]);
  });

  test("asks again where the PING could not be sent, and takes nothing for lost meanwhile", () => {
    let state = healthCheck(0);
    const step = (input: HealthInput, at: number): string | undefined => {
      const next = stepHealthCheck(state, input, at, KUBERNETES);
      state = next.state;
      return next.action;
    };
    expect(step("tick", 30_000)).toBe("ping");
    expect(step("unsent", 30_000)).toBeUndefined();
    expect(step("tick", 60_000)).toBe("ping");
    expect(step("tick", 75_000)).toBe("lost");
  });

  test("is off at 0", () => {
    expect(tell([[1, "tick"]], { readIdleTimeoutMs: 0, pingTimeoutMs: 15_000 })).toEqual([]);
  });

  test("never loses a connection before read-idle + ping after its last frame, and always at that time after its last PING", () => {
    const inputs = array(tuple(integer({ min: 0, max: 20_000 }), constantFrom<HealthInput>("read", "tick")), {
      maxLength: 40,
    });
    assert(
      property(inputs, (gaps) => {
        let at = 0;
        const story = gaps.map(([gap, input]) => {
          at += gap;
          return [at, input] as const;
        });
        const done = tell(story);
        const lost = done.find((line) => line.endsWith("lost"));
        const ping = done.find((line) => line.endsWith("ping"));
        const lostAt = Number(lost?.split(" ")[0]);
        const pingAt = Number(ping?.split(" ")[0]);
        const lastBefore = story.filter(([time, input]) => input === "read" && time <= pingAt).at(-1)?.[0] ?? 0;
        expect(lostAt).toBe(pingAt + 15_000);
        expect(pingAt - lastBefore).toBeGreaterThanOrEqual(30_000);
      }),
    );
  });
});
