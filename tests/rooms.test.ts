import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

/** Which rooms each room may import from. Whoever wants another arrow changes this table and says why in docs/decisions. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  net: [],
  wire: ["net"],
  capture: ["net", "wire"],
  log: ["net"],
  flow: ["net", "wire", "capture"],
  session: ["net", "wire", "capture", "flow"],
  signature: ["net", "wire", "log", "flow", "session"],
  incident: ["net", "log", "flow", "session", "signature"],
  report: ["net", "log", "flow", "session", "incident", "catalogue", "path", "scenario", "fleet"],
  catalogue: ["net"],
  path: ["net", "catalogue"],
  guard: [],
  netns: ["net", "scenario"],
  lab: ["net", "capture", "flow", "session", "incident", "report", "scenario", "netns", "guard", "."],
  scenario: ["net"],
  fleet: ["net", "wire", "capture", "scenario", "guard"],
  cli: [
    "net",
    "wire",
    "capture",
    "log",
    "flow",
    "session",
    "signature",
    "incident",
    "report",
    "catalogue",
    "path",
    "scenario",
    "fleet",
    "lab",
    ".",
  ],
  ".": ["net", "capture", "log", "flow", "session", "signature", "incident", "report", "path", "scenario", "fleet"],
};

/** Rooms without input, output, clock or dice: what they need is passed in. */
const PURE = [
  "net",
  "wire",
  "log",
  "flow",
  "session",
  "signature",
  "incident",
  "report",
  "catalogue",
  "path",
  "netns",
  "scenario",
  "fleet",
];

/** Packages that pure rooms may import: parsers that are pure themselves. docs/decisions/0007 says why. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = { path: ["yaml"], scenario: ["yaml"] };

const SRC = join(import.meta.dirname, "..", "src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .sort();

/** The first folder below src, or "." for a file directly in it. */
const roomOf = (file: string): string => (file.includes(sep) ? (file.split(sep)[0] ?? "") : ".");

/** Every module a source file names: `import … from`, `export … from`, `import("…")`, `import "…"`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)["']([^"']+)["']/gm)].map((m) => m[1] ?? "");
}

test("every room is in the table, and the table names only rooms", () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(ARROWS).sort());
});

test.each(Object.keys(ARROWS))("%s imports only what its arrows allow", (room) => {
  const wrong = files
    .filter((file) => roomOf(file) === room)
    .flatMap((file) => importsOf(file).map((name) => ({ file, name })))
    .filter(({ name }) => name.startsWith("."))
    .map(({ file, name }) => ({ file, to: relative(SRC, resolve(SRC, dirname(file), name)) }))
    .filter(({ to }) => roomOf(to) !== room && !ARROWS[room]?.includes(roomOf(to)))
    .map(({ file, to }) => `${file} -> ${to}`);
  expect(wrong).toEqual([]);
});

test.each(PURE)("%s is pure: no Node module, no package but a named parser, no clock, no dice", (room) => {
  const mine = files.filter((file) => roomOf(file) === room);
  expect(mine).not.toEqual([]);
  const named = mine.flatMap((file) => importsOf(file).map((name) => `${file} -> ${name}`));
  const allowed = (PACKAGES[room] ?? []).map((name) => `-> ${name}`);
  expect(named.filter((line) => !line.includes("-> .") && !allowed.some((end) => line.endsWith(end)))).toEqual([]);
  for (const file of mine) {
    const text = readFileSync(join(SRC, file), "utf8");
    expect(text, file).not.toMatch(/\bDate\.now|new Date\(\)|performance\.now|Math\.random|console\.|globalThis/);
    expect(text, file).not.toMatch(/\bprocess\.(env|arg|std|hrtime|on|exit|cwd|memory|nextTick)/);
  }
});

test("guard stands alone: no package; its machines: no Node module, no clock, no dice, nothing outside their folder", () => {
  const guard = files.filter((file) => roomOf(file) === "guard");
  const named = guard.flatMap((file) => importsOf(file).map((name) => ({ file, name })));
  expect(named.filter(({ name }) => !name.startsWith(".") && !name.startsWith("node:"))).toEqual([]);
  const machines = named.filter(({ file }) => file.split(sep)[1] === "machines");
  expect(machines.length).toBeGreaterThan(5);
  expect(machines.filter(({ name }) => !name.startsWith("./"))).toEqual([]);
  for (const file of guard.filter((each) => each.split(sep)[1] === "machines")) {
    const text = readFileSync(join(SRC, file), "utf8");
    expect(text, file).not.toMatch(
      /\bDate\.now|new Date\(\)|performance\.now|Math\.random|console\.|globalThis|\bprocess\b|setTimeout/,
    );
  }
});

test("files bear kebab-case names and no default exports", () => {
  expect(files.filter((file) => !/^[a-z0-9-]+(\.[a-z]+)?\.ts$/.test(file.split(sep).at(-1) ?? ""))).toEqual([]);
  expect(files.filter((file) => /^export default/m.test(readFileSync(join(SRC, file), "utf8")))).toEqual([]);
});

test("only Node modules with their prefix, declared packages and own files are imported", () => {
  const declared = Object.keys(
    JSON.parse(readFileSync(join(SRC, "..", "package.json"), "utf8")).dependencies as Record<string, string>,
  );
  const others = files
    .flatMap((file) => importsOf(file).map((name) => ({ file, name })))
    .filter(({ name }) => !name.startsWith(".") && !declared.includes(name))
    .filter(({ name }) => !(name.startsWith("node:") && builtinModules.includes(name.slice(5))));
  expect(others).toEqual([]);
});
