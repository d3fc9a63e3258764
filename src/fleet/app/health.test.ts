import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { type HealthInput, healthCheck, stepHealthCheck } from "../../guard/machines/index.ts";
import { checkHealth, healthDueMs, heardPong, lazyHealth } from "./health.ts";

test("told lazily, guard's health check pings and gives up at the same moments", () => {
  const inputs = fc.array(
    fc.record({ after: fc.nat(40_000), what: fc.constantFrom<HealthInput>("read", "read", "pong") }),
    { maxLength: 60 },
  );
  const settings = fc.record({
    readIdleTimeoutMs: fc.constantFrom(0, 5000, 30_000),
    pingTimeoutMs: fc.constantFrom(1000, 15_000),
  });
  fc.assert(
    fc.property(inputs, settings, (list, options) => {
      expect(lazily(list, options)).toEqual(eagerly(list, options));
    }),
  );
});

type Inputs = readonly { readonly after: number; readonly what: HealthInput }[];
type Options = Parameters<typeof stepHealthCheck>[3];
const END = 200_000;

/** The machine itself, a step for every input. */
function eagerly(inputs: Inputs, options: Options): string[] {
  const done: string[] = [];
  let step = stepHealthCheck(healthCheck(0), "tick", 0, options);
  const wakeUntil = (ms: number): void => {
    while (step.wakeAtMs !== undefined && step.wakeAtMs <= ms) {
      const at = step.wakeAtMs;
      step = stepHealthCheck(step.state, "tick", at, options);
      if (step.action !== undefined) done.push(`${at} ${step.action}`);
    }
  };
  let now = 0;
  for (const { after, what } of inputs) {
    now += after;
    wakeUntil(now);
    step = stepHealthCheck(step.state, what, now, options);
  }
  wakeUntil(now + END);
  return done;
}

/** The twin: a frame notes the time; one timer, which may come too early and is set again. */
function lazily(inputs: Inputs, options: Options): string[] {
  const done: string[] = [];
  const health = lazyHealth(0);
  let timer = healthDueMs(health, options);
  const wakeUntil = (ms: number): void => {
    while (timer <= ms) {
      const at = timer;
      const action = checkHealth(health, at, options);
      if (action !== undefined) done.push(`${at} ${action}`);
      timer = healthDueMs(health, options);
    }
  };
  let now = 0;
  for (const { after, what } of inputs) {
    now += after;
    wakeUntil(now);
    if (what === "pong") heardPong(health, now);
    else health.lastReadMs = now;
    timer = Math.min(timer, healthDueMs(health, options));
  }
  wakeUntil(now + END);
  return done;
}
