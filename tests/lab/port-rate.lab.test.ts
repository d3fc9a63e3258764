import { describe, expect, test } from "vitest";
import { simulate } from "../../src/fleet/simulate.ts";
import { spread } from "../../src/fleet/statistics/estimate.ts";
import { studentQuantile } from "../../src/fleet/statistics/student-t.ts";
import { examine } from "../../src/lab/doctor.ts";
import { readCounters } from "../../src/lab/read-counters.ts";
import { runLab } from "../../src/lab/run-lab.ts";
import { adapt } from "../../src/netns/adapt.ts";
import { readScenario } from "../../src/scenario/read-scenario.ts";

/**
 * A connection for each request, which the client closes first, so that no end depends on how fast a program is: what decides is the choice of ports and
 * how long they wait. Half of the ports that are tried first wait in TIME-WAIT, and are free again after a second.
 */
const STORY = `
scenario: 1
name: few-ports
title: A connection for each request, from few ports, to two nodes of a balancer
about: Ports are met again within seconds, those that wait in TIME-WAIT after one.
duration: 45s
network:
  zones: [a, b]
  balancer: { kind: network, crossZone: true, preserveClientIp: true }
  servers: { count: 3, protocol: http1, port: 8080, serviceTime: 250ms }
  clients:
    caller-1: &caller
      kind: plain
      count: 1
      connections: 12
      poolIdleTimeout: 1ms
      # Less than the distance of two requests: none waits for the one before.
      requestTimeout: 900ms
      portRange: [42000, 42023]
      twReuse: 1
      requests: { every: 1s }
    caller-2: *caller
    caller-3: *caller
    caller-4: *caller
    caller-5: *caller
    caller-6: *caller
expect: { cause: backend-tuple-collision }
`;

const { canRun, tools } = examine();
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

describe.skipIf(!canRun)("how often a new connection meets an open one at its target", () => {
  // One run in twenty lies outside the interval of nineteen in twenty.
  test("the kernel's rate lies within what runs of the simulator have", { retry: 1 }, async () => {
    const story = readScenario("few-ports.yaml", STORY);
    const { scenario, said } = adapt(story, 1);
    // Both do the very same: nothing was made fewer, and no time is another.
    expect(said).toEqual([]);
    const rates = SEEDS.map((seed) => {
      const { totals } = simulate(scenario, { seed });
      expect(totals.connectsFailed).toBe(0);
      return { connections: totals.connectionsOpened, rate: totals.collisions / totals.connectionsOpened };
    });
    const run = await runLab(story, { timeScale: 1, tools: { ...tools, kubectl: false } });
    try {
      expect(run.problems).toEqual([]);
      const { challenges, opened } = readCounters(run.plan, run);
      const hosts = run.plan.hosts.filter(({ kind }) => kind === "client").map(({ name }) => name);
      const connections = hosts.reduce((sum, name) => sum + (opened[name] ?? 0), 0);
      const collisions = Object.values(challenges).reduce((sum, each) => sum + each, 0);
      expect(connections - hosts.length * 12).toBeGreaterThan(2000);
      const simulated = spread(rates.map((each) => each.connections)).mean;
      expect(Math.abs(connections - simulated) / simulated).toBeLessThan(0.05);
      const [low, high] = intervalOf(rates.map(({ rate }) => rate));
      const said = `${collisions} of ${connections} on the kernel; simulated: ${low.toFixed(4)} to ${high.toFixed(4)}`;
      expect(collisions / connections, said).toBeGreaterThan(low);
      expect(collisions / connections, said).toBeLessThan(high);
    } finally {
      run.close();
    }
  });
});

/** Where one more value of the same kind lies, nineteen times in twenty: a prediction interval, Student's t. */
function intervalOf(values: readonly number[]): readonly [low: number, high: number] {
  const { mean, variance } = spread(values);
  const reach = studentQuantile(values.length - 1) * Math.sqrt(variance * (1 + 1 / values.length));
  return [mean - reach, mean + reach];
}
