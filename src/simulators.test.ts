import { expect, test } from "vitest";
import { readScenarioFile } from "./scenario-files.ts";
import { type SimulationJob, Simulators } from "./simulators.ts";

const { variants: _, ...story } = readScenarioFile("goaway-behind-network-balancer");
const job = (seed: number, more: Partial<SimulationJob> = {}): SimulationJob => ({
  name: `job ${seed}`,
  scenario: { ...story, durationMs: 20_000 },
  seed,
  stepMs: 1000,
  detail: "full",
  ...more,
});

test("results stand in the order of the jobs, and threads are used again", async () => {
  const simulators = new Simulators({ workers: 2 });
  const done: number[] = [];
  const results = await simulators.run(
    [5, 3, 4, 1, 2].map((seed) => job(seed)),
    (share) => done.push(share),
  );
  expect(results.map((result) => [result?.variant, result?.seed])).toEqual([5, 3, 4, 1, 2].map((s) => [`job ${s}`, s]));
  expect(done.at(-1)).toBe(5);
  expect(await simulators.run([job(9)])).toHaveLength(1);
  await simulators.close();
});

test("a run that fails says which it was, and ends the others", async () => {
  const simulators = new Simulators({ workers: 2 });
  const broken = job(7, { name: "broken\u001b[31m", scenario: { ...story, network: undefined as never } });
  await expect(simulators.run([job(1), broken, job(2)])).rejects.toThrow(
    /the simulation of broken\\u\{1b\}\[31m, seed 7 failed: TypeError/,
  );
});

test("what a user can mend comes back as that", async () => {
  const { variants: __, ...plain } = readScenarioFile("silent-idle-drop");
  const simulators = new Simulators({ workers: 1 });
  await expect(simulators.run([job(1, { scenario: plain, detail: "thinned" })])).rejects.toMatchObject({
    name: "Fault",
    remedy: expect.stringMatching(/\S/),
  });
});

test("a signal ends it with what is there", async () => {
  const controller = new AbortController();
  const simulators = new Simulators({ workers: 1, signal: controller.signal });
  const results = await simulators.run([job(1), job(2), job(3)], (done) => {
    if (done > 1) controller.abort();
  });
  expect(results[0]?.seed).toBe(1);
  expect(results.slice(1)).toEqual([undefined, undefined]);
  await simulators.close();
});
