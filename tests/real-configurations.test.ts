import { expect, test } from "vitest";
import { solve } from "../src/path/fix/solve.ts";
import { judgePath, linesOf, pathText } from "./helpers/judge-path.ts";
import { REAL_CONFIGURATIONS } from "./helpers/real-configurations.ts";

/** Lines without their level: which rule, which settings. */
const named = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^\w+ /, ""));

test("there are enough of them, each from another thread", () => {
  expect(new Set(REAL_CONFIGURATIONS.map(({ thread }) => thread)).size).toBe(REAL_CONFIGURATIONS.length);
  expect(REAL_CONFIGURATIONS.length).toBeGreaterThanOrEqual(60);
});

test("figures that a thread leaves open are named, stand in its hops, and are few", () => {
  const open = REAL_CONFIGURATIONS.filter(({ standIns }) => standIns !== undefined);
  for (const { thread, standIns = [], hops, more = "" } of open) {
    for (const name of standIns) {
      const [hop, setting] = name.includes(".") ? name.split(".") : [undefined, name];
      const line = hop === undefined ? `${hops}\n${more}` : hops.split("\n").find((l) => l.startsWith(`${hop}: `));
      expect(line, `${thread} ${name}`).toContain(setting);
    }
  }
  expect(open.length).toBeLessThan(REAL_CONFIGURATIONS.length / 4);
});

test.each(REAL_CONFIGURATIONS)("$thread: $figures", ({ hops, more, finds, cured, curedMore }) => {
  const unsafe = judgePath(pathText(hops, more));
  expect(named(linesOf(unsafe))).toContain(finds);
  expect(linesOf(judgePath(pathText(cured, curedMore ?? more)))).toEqual([]);
});

test.each(REAL_CONFIGURATIONS)("$thread can be mended, or it is said why not", ({ hops, more, finds }) => {
  const { path } = judgePath(pathText(hops, more));
  const fix = solve(path, { warnings: true });
  if (fix.kind === "impossible") {
    // Only what nobody can change stands in the way.
    expect(fix.obstacles.map(({ demand }) => demand.rule)).toContain(finds.split(" ")[0]);
    return;
  }
  expect(fix.kind).toBe("changes");
});
