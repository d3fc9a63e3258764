import { expect, test } from "vitest";
import { ProblemTally } from "./problem.ts";

test("equal problems are counted, in order of first appearance", () => {
  const tally = new ProblemTally();
  tally.add("a", "first");
  tally.add("b", "second", 3);
  tally.add("a", "first", 2);
  tally.add("a", "other words");
  expect(tally.list()).toEqual([
    { kind: "a", message: "first", count: 3 },
    { kind: "b", message: "second", count: 3 },
    { kind: "a", message: "other words", count: 1 },
  ]);
});

test("endless different problems do not fill memory", () => {
  const tally = new ProblemTally();
  for (let i = 0; i < 10_000; i++) tally.add("kind", `problem ${i}`);
  const list = tally.list();
  expect(list.length).toBe(65);
  expect(list.reduce((sum, problem) => sum + problem.count, 0)).toBe(10_000);
});
