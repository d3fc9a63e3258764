import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { check } from "./check.ts";
import { isPathFile, readPathFile } from "./path-file.ts";
import { READERS } from "./read/index.ts";
import { NEVER } from "./setting.ts";

const problemsOf = (text: string): string[] =>
  readPathFile("path.yaml", text).problems.map(({ line, code, says }) => `${line} ${code}: ${says}`);

describe("what is wrong has its line, and the rest is read", () => {
  test.each([
    ["a time without unit", "path: 1\nhops:\n  - id: a\n    settings:\n      idleTimeout: 60\n", "5 bad-value"],
    ["a word for a number", "path: 1\nhops:\n  - id: a\n    settings:\n      maxRequests: many\n", "5 bad-value"],
    ["an unknown setting", "path: 1\nhops:\n  - id: a\n    settings: { idelTimeout: 5s }\n", "4 malformed"],
    ["an unknown key", "path: 1\nhop: []\nhops:\n  - id: a\n", "2 malformed"],
    ["no id", "path: 1\nhops:\n  - product: nginx\n", "3 malformed"],
    ["the same id twice", "path: 1\nhops:\n  - id: a\n  - id: a\n", "4 malformed"],
    ["a branch over a hop that is not there", "path: 1\nhops:\n  - id: a\nbranches:\n  - [a, b]\n", "5 malformed"],
    ["a suppression without a reason", "path: 1\nhops:\n  - id: a\nsuppress:\n  - rule: x\n", "5 malformed"],
    ["no YAML", "path: 1\nhops: [\n", "3 malformed"],
    ["a hop and a detector of one id", "path: 1\nhops:\n  - id: a\ndetectors:\n  - id: a\n", "5 malformed"],
    [
      "an unknown product",
      "path: 1\nhops:\n  - id: a\n    product: node-servr\n",
      "4 unknown-product: the catalogue has no product 'node-servr'",
    ],
    ["no version of the format", "name: x\nhops:\n  - id: a\n", "1 malformed"],
    ["another version of it", "path: 2\nhops:\n  - id: a\n", "1 bad-value"],
    ["a range for a version", "path: 1\nhops:\n  - id: a\n    version: '>=18'\n", "4 bad-value"],
    ["a word for a version", "path: 1\nhops:\n  - id: a\n    version: latest\n", "4 bad-value"],
    ["a chance above one", "path: 1\nhops:\n  - id: a\n    settings: { goawayChance: 3 }\n", "4 bad-value"],
    [
      "a detector that hears through nobody",
      "path: 1\nhops:\n  - id: a\ndetectors:\n  - { id: d, hearsThrough: b }\n",
      "5 malformed",
    ],
    [
      "a suppression of a rule that is not there",
      "path: 1\nhops:\n  - id: a\nsuppress:\n  - { rule: keepalive, reason: x }\n",
      "5 malformed",
    ],
    ["an unknown role", "path: 1\nhops:\n  - id: a\n    role: boss\n", "4 malformed"],
  ])("%s", (_, text, start) => {
    const found = problemsOf(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(new RegExp(`^${start}: `));
  });

  test("the good half of a file counts", () => {
    const { hops } = readPathFile(
      "p",
      "path: 1\nhops:\n  - id: a\n    settings: { idleTimeout: 60, maxRequests: 5 }\n  - 7\n  - id: b\n",
    );
    expect(hops.map(({ id, settings }) => [id, settings.map(({ key }) => key)])).toEqual([
      ["a", ["maxRequests"]],
      ["b", []],
    ]);
  });
});

test("values are in the unit of their setting, with the place where they stand", () => {
  const text =
    "path: 1\nhops:\n  - id: a\n    settings:\n      idleTimeout: 1h30m\n      poolIdleTimeoutMs: 500\n      crossZone: true\n      tcpKeepalive: 60s\n      maxRequests: unlimited\n";
  const [hop] = readPathFile("p", text).hops;
  expect(hop?.settings.map(({ key, value, source }) => [key, value, source?.line, source?.text])).toEqual([
    ["idleTimeoutMs", 5_400_000, 5, "1h30m"],
    ["poolIdleTimeoutMs", 500, 6, "500"],
    ["crossZone", 1, 7, "true"],
    ["tcpKeepaliveMs", 60_000, 8, "60s"],
    ["maxRequests", NEVER, 9, "unlimited"],
  ]);
});

test.each([
  ["path: 1\nhops: []\n", true],
  ["# a comment\n\n---\npath: 1\nname: x\nhops:\n", true],
  ["path: 2\nhops: []\n", true],
  ["hops: []\npath: 1\n", true],
  ["name: x\nhops:\n  - { id: a, product: nginx }\n", true],
  ["hops: [citra, mosaic]\n", false],
  ["apiVersion: v1\npath: 1\nhops:\n", false],
  [`${"\n".repeat(60_000)}x`, false],
])("%j is a path: %s", (text, expected) => {
  expect(isPathFile(text)).toBe(expected);
});

const SEED = `path: 1\nname: x\ncarries: [http, streams]\nroundTrip: 5ms\nload: { targets: 5, linger: 5m }\nhops:\n  - id: a\n    product: undici\n  - &x\n    id: b\n    product: aws-nlb\n    settings: { idleTimeout: 350s, crossZone: true }\n  - id: c\n    role: server\n    files: [nginx.conf]\nbranches:\n  - [a, b, c]\ndetectors:\n  - { id: d, product: kube-controller-manager, version: "1.28" }\nsuppress:\n  - { rule: keep-alive-order, reason: "known" }\n`;

test("any bytes give a reading, never a throw", () => {
  const mutated = fc
    .array(
      fc.tuple(
        fc.nat(SEED.length),
        fc.nat(12),
        fc.constantFrom(
          "",
          "[",
          "{",
          "- ",
          ": ",
          "*x",
          "&y",
          "\t",
          "\n",
          "'",
          '"',
          "!!binary ",
          "\u0000",
          "\ud800",
          "<<",
          "|",
          "~",
          "9".repeat(400),
        ),
      ),
      { maxLength: 8 },
    )
    .map((edits) => edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), SEED));
  fc.assert(
    fc.property(mutated, (text) => {
      const result = check(
        [{ file: "path.yaml", text: text.startsWith("path: 1") ? text : `path: 1\nhops:\n${text}` }],
        { readers: READERS },
      );
      for (const { problems } of result.files) for (const { line } of problems) expect(line).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["nested deep", `path: 1\nhops: ${"[".repeat(200_000)}`],
  [
    "nested deep in blocks",
    `path: 1\nhops:\n${Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}- `).join("\n")}`,
  ],
  [
    "aliases of aliases",
    `path: 1\nhops:\n  - &a [x,x,x,x,x,x,x,x]\n  - &b [*a,*a,*a,*a,*a,*a,*a]\n  - &c [*b,*b,*b,*b,*b,*b]\n  - [*c,*c,*c,*c,*c,*c,*c,*c]\n`,
  ],
  [
    "many hops",
    `path: 1\nhops:\n${Array.from({ length: 2000 }, (_, i) => `  - { id: h${i}, product: nginx }`).join("\n")}`,
  ],
  ["too long", `path: 1\nhops:\n${"#".repeat(1_100_000)}`],
])("a hostile file ends: %s", (_, text) => {
  const { files } = check([{ file: "path.yaml", text }], { readers: READERS });
  expect(files.length).toBe(1);
});

test("text from a file is printable", () => {
  const { hops, problems } = readPathFile(
    "p",
    'path: 1\nhops:\n  - id: "a\\e[31m"\n    settings: { "b\\u0007": 1s }\n',
  );
  expect(hops[0]?.id).not.toContain("\u001b");
  expect(JSON.stringify(problems)).not.toContain("\\u0007");
});
