import { expect, test } from "vitest";
import { type CheckResult, check } from "../src/path/check.ts";
import { solve } from "../src/path/fix/solve.ts";
import { judge } from "../src/path/judge.ts";
import { READERS } from "../src/path/read/index.ts";
import { linesOf } from "./helpers/judge-path.ts";
import { REAL_CONFIGURATIONS } from "./helpers/real-configurations.ts";
import { REAL_FILES } from "./helpers/real-files/index.ts";

function checked(files: Readonly<Record<string, string>>): CheckResult {
  const all = Object.entries(files).map(([file, text]) => ({ file, text }));
  return check(all, { readers: READERS, load: (path) => all.find(({ file }) => file === path) });
}

const problemsOf = ({ files }: CheckResult): readonly string[] =>
  files.flatMap(({ file, problems }) => problems.map(({ line, says }) => `${file}:${line} ${says}`));

test("each is from another thread, and none is told twice", () => {
  const threads = [...REAL_CONFIGURATIONS, ...REAL_FILES].map(({ thread }) => thread);
  expect(new Set(threads).size).toBe(threads.length);
  expect(REAL_FILES.length).toBeGreaterThanOrEqual(40);
});

test.each(REAL_FILES)("$thread: $figures", ({ files, finds, cured }) => {
  const unsafe = checked(files);
  expect(problemsOf(unsafe)).toEqual([]);
  expect(unsafe.paths.length).toBe(1);
  expect(unsafe.paths.flatMap(linesOf).map((line) => line.replace(/^\w+ /, ""))).toContain(finds);
  const safe = checked({ ...files, ...cured });
  expect(problemsOf(safe)).toEqual([]);
  expect(safe.paths.flatMap(linesOf)).toEqual([]);
});

test.each(REAL_FILES)("$thread can be mended, or it is said why not", ({ files, finds }) => {
  const [path] = checked(files).paths;
  if (path === undefined) throw new Error("no path");
  const fix = solve(path.path, { warnings: true });
  if (fix.kind === "impossible") {
    // Whatever else is wrong with it may be what nobody can change.
    expect(path.findings.map(({ rule }) => rule)).toContain(fix.obstacles[0]?.demand.rule);
    expect(path.findings.map(({ rule }) => rule)).toContain(finds.split(" ")[0]);
    return;
  }
  if (fix.kind !== "changes") throw new Error(fix.kind);
  expect(judge(fix.path).filter(({ level }) => level !== "note")).toEqual([]);
});
