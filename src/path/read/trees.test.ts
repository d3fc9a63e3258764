import { expect, test } from "vitest";
import { readText } from "../../../tests/helpers/read-config.ts";
import { jsonTrees } from "./json-tree.ts";
import { Spot, type Tree } from "./spot.ts";
import { yamlTrees } from "./yaml-tree.ts";

/** A tree as plain values, each scalar with its line. */
function plain(tree: Tree | undefined): unknown {
  if (tree === undefined) return undefined;
  if (tree.kind === "scalar") return tree.empty ? null : `${tree.text}@${tree.line}`;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.tree)]));
}

test("JSON keeps lines, takes comments and last commas, and reads several values", () => {
  const { trees, problems } = jsonTrees('{"a": 1,\n "b": [true, null,], /* c\n */ "d": "x\\ny" } // e\n{"f": -1.5e3}');
  expect(trees.map(plain)).toEqual([{ a: "1@1", b: ["true@2", null], d: "x\ny@3" }, { f: "-1.5e3@4" }]);
  expect(problems).toEqual([]);
});

test.each([
  ['{"a": 1\n "b": 2}', 2, "a comma or the end of a list or object was expected", [{ a: "1@1" }]],
  ['{"a": 1,\n b: 2}', 2, "a key in quotes, or the end of an object, was expected", [{ a: "1@1" }]],
  ['{"a": "x\n"}', 1, "a string is not closed", [{}]],
  ["[1, nope]", 1, "neither a number nor true, false or null", [["1@1"]]],
  ['{"a" 1}', 1, "a colon was expected after a key", [{}]],
  ['["\\q"]', 1, "a string has an escape that JSON does not know", [[]]],
  ["[".repeat(200), 1, "nested too deep", undefined],
] as const)("broken JSON %j keeps what stands before line %i", (text, line, says, kept) => {
  const { trees, problems } = jsonTrees(text);
  expect(problems).toEqual([{ line, says }]);
  if (kept !== undefined) expect(trees.map(plain)).toEqual(kept);
});

test("YAML keeps lines, follows aliases and merge keys, and reads several documents", () => {
  const { trees, problems } = yamlTrees(
    "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: '0'\n---\nf: |\n  text\n---\n# nothing\n",
  );
  expect(problems).toEqual([]);
  expect(trees.map(plain)).toEqual([
    { a: { b: "1@2" }, c: { b: "1@2" }, d: { e: "0@6", b: "1@2" } },
    { f: "text\n@8" },
    null,
  ]);
});

test("broken YAML says where, and the rest is read", () => {
  const { trees, problems } = yamlTrees("a: 1\nb: [1, 2\nc: 3\n---\nd: 4\n");
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]?.line).toBe(3);
  expect(trees.map(plain)).toContainEqual({ d: "4@5" });
});

test("a bomb of aliases stays as small as its text", () => {
  const lines = ["a0: &a0 [x, x, x]"];
  for (let i = 1; i < 200; i++) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}]`);
  const { trees, problems } = yamlTrees(lines.join("\n"));
  expect(problems).toEqual([]);
  expect(new Spot(trees[0] as Tree).get("a199")?.items()).toHaveLength(3);
});

test("an alias to what it stands in is nothing", () => {
  expect(plain(yamlTrees("a: &a [1, *a]").trees[0])).toEqual({ a: ["1@1"] });
});

test("places have names, camelCase is found too", () => {
  const [tree] = yamlTrees("listeners:\n  - idleTimeout: 5s\n").trees;
  const spot = new Spot(tree as Tree).get("listeners")?.items()[0]?.get("idle_timeout");
  expect([spot?.path, spot?.text, spot?.line]).toEqual(["listeners[0].idleTimeout", "5s", 2]);
});

test("a Helm template is said to be one, and nothing is guessed of it", () => {
  const text =
    "apiVersion: v1\nkind: ConfigMap\n{{- if .Values.x }}\ndata:\n  keep-alive: {{ .Values.y }}\n{{- end }}\n";
  expect(readText("config-map.yaml", text)).toMatchObject({
    hops: [],
    problems: [{ code: "template", level: "warning", line: 3 }],
  });
});

test("a value that a variable holds is not known, and is no mistake", () => {
  const { hops, ignored, problems } = readText("nginx.conf", "server { listen 1; keepalive_timeout $SECONDS; }");
  expect([hops[0]?.settings, problems]).toEqual([[], []]);
  expect(ignored[0]?.says).toBe("keepalive_timeout: a variable says how much, which is not known here");
});
