import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_IN } from "../scenario/built-in.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { adapt, timeScaleOf } from "./adapt.ts";

const builtIn = (name: string): Scenario =>
  readScenario(name, readFileSync(join(import.meta.dirname, "..", "..", "scenarios", `${name}.yaml`), "utf8"));

test("times are divided, counts and chances are not", () => {
  const { scenario } = adapt(builtIn("silent-idle-drop"), 10);
  const { balancer } = scenario.network;
  expect(balancer?.idleTimeoutMs).toBe(35_000);
  expect(scenario.story).toMatchObject([{ what: "quiet", atMs: 6000, forMs: 40_000 }]);
  expect(scenario.network.servers.port).toBe(8080);
});

test("keepalive counts whole seconds, and no timer becomes shorter than can be kept", () => {
  const story = builtIn("silent-idle-drop").variants.keepalive?.scenario;
  if (story === undefined) throw new Error("no such variant");
  const [group] = Object.values(adapt(story, 16).scenario.network.clients);
  expect(group?.keepalive).toMatchObject({ idleMs: 9000, intervalMs: 1000 });
  // The balancer remembers for 350 s / 16.
  expect(group?.keepalive?.idleMs).toBeLessThan(21_875 / 2);
  for (const name of BUILT_IN) {
    const { healthCheck } =
      Object.values(adapt(builtIn(name), timeScaleOf(builtIn(name))).scenario.network.clients)[0] ?? {};
    if (healthCheck !== undefined) expect(healthCheck.readIdleTimeoutMs, name).toBeGreaterThanOrEqual(2000);
  }
});

test("a silence stays longer than the memory that it outlasts", () => {
  const { scenario } = adapt(builtIn("silent-idle-drop"), timeScaleOf(builtIn("silent-idle-drop")));
  const quiet = scenario.story.find(({ what }) => what === "quiet");
  if (quiet?.what !== "quiet") throw new Error("no silence");
  expect(quiet.forMs).toBeGreaterThan(scenario.network.balancer?.idleTimeoutMs ?? 0);
});

test("rarer requests are as much more likely to be told to go: as many reconnections", () => {
  const before = builtIn("goaway-behind-network-balancer");
  const { scenario, said } = adapt(before, 13.3);
  const rate = (story: Omit<Scenario, "variants">): number => {
    const group = story.network.clients["kube-controller-manager"];
    return story.network.servers.goaway.chance / (group?.requests.everyMs ?? 1);
  };
  expect(rate(scenario) / (rate(before) * 13.3)).toBeCloseTo(1, 6);
  expect(said.join("\n")).toContain("rarer");
});

test("a run that is cut short keeps every happening, and time for what follows", () => {
  for (const name of BUILT_IN) {
    const story = builtIn(name);
    const { scenario } = adapt(story, timeScaleOf(story), 1000);
    for (const { atMs } of scenario.story) expect(atMs, name).toBeLessThan(scenario.durationMs);
  }
});

test("where nothing is expected, what began at the start has four times as long to end, half of the run at most", () => {
  const { variants } = builtIn("goaway-behind-network-balancer");
  const story = variants.exemption?.scenario;
  if (story === undefined) throw new Error("no such variant");
  const { scenario, said } = adapt(story, 15, 60_000);
  expect(scenario.expect).toEqual({ notReady: false, fromMs: (scenario.durationMs * 15) / 2 });
  expect(said).toContain("losses count from 15 s on");
  expect(adapt(story, 1).scenario.expect.fromMs).toBe(240_000);
  expect(adapt(builtIn("goaway-behind-network-balancer"), 15, 60_000).scenario.expect.fromMs).toBe(60_000);
});
