import { expect, test } from "vitest";
import { BUILT_IN } from "../src/scenario/built-in.ts";
import { runHalfopen } from "./helpers/command-line.ts";

test("lab list names every scenario and what can be done against it", () => {
  const { code, out } = runHalfopen(["lab", "list"]);
  expect(code).toBe(0);
  for (const name of BUILT_IN) expect(out).toContain(`\n${name}\n`.slice(out.startsWith(name) ? 1 : 0));
  expect(out).toContain("--variant preservation-off");
});

test("lab doctor says what is there, wherever it runs, and 2 where the lab can not", () => {
  const { code, out, err } = runHalfopen(["lab", "doctor"]);
  expect(err).toBe("");
  expect(out).toMatch(/^The lab can (?:not )?run here\.$/m);
  expect(code).toBe(out.includes("can not run") ? 2 : 0);
});

test.each([
  [["lab", "run", "silent-idle-dorp"], "Did you mean silent-idle-drop?"],
  [["lab", "run", "silent-idle-drop", "--variant", "keepalvie"], "Did you mean keepalive?"],
  [["lab", "run", "silent-idle-drop", "--seed", "x"], "no whole number"],
  [["lab", "run", "silent-idle-drop", "--time-scale", "0"], "no number from 1 to 1000"],
  [["lab", "run", "silent-idle-drop", "--write", "."], "not empty"],
  [["lab", "run", "keep-alive-race", "--proxy", "apache"], "It has nginx, haproxy, nghttpx."],
] as const)("%j is a user's mistake", (args, said) => {
  const { code, err } = runHalfopen([...args]);
  expect(code).toBe(2);
  expect(err).toContain(said);
});
