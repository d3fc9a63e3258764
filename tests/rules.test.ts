import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../src/path/check.ts";
import { fitOf } from "../src/path/demand.ts";
import { patchPathFile } from "../src/path/fix/patch.ts";
import { solve } from "../src/path/fix/solve.ts";
import { READERS } from "../src/path/read/index.ts";
import { RULES } from "../src/path/rule/index.ts";
import type { Rule } from "../src/path/rule.ts";
import { sceneOf } from "../src/path/scene.ts";
import { renderCheckText } from "../src/report/check/text.ts";
import { SIGNATURES } from "../src/signature/index.ts";
import { judgePath } from "./helpers/judge-path.ts";

const ROOM = join(import.meta.dirname, "..", "src", "path", "rule");
const folders = readdirSync(ROOM, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** A rule is whole or absent. */
const PIECES = ["rule.ts", "rule.test.ts", "bad.yaml", "good.yaml", "README.md"];
const HEADINGS = [
  "What it compares",
  "What happens",
  "What it looks like",
  "What to change",
  "What it does not know",
  "References",
];
/** Causes that rules name and that have no signature yet: ids of losses that `explain` is going to tell apart. */
const PLANNED = ["goaway-error", "goaway-mishandled", "slow-health-check", "client-port-exhaustion"];

const read = (...path: string[]): string => readFileSync(join(ROOM, ...path), "utf8");
const ruleOf = (id: string): Rule => RULES.find((rule) => rule.id === id) as Rule;

test("the index lists every folder once, and nothing else", () => {
  expect(RULES.map(({ id }) => id).sort()).toEqual(folders);
});

test("the README lists every rule, and shows what a check prints", () => {
  const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
  const quoted = (mark: string): string | undefined =>
    readme.split(`<!-- ${mark} -->\n`)[1]?.split(`<!-- /${mark} -->`)[0];
  const rows = RULES.map(({ id, title }) => `| \`${id}\` | ${title} |`);
  expect(quoted("rules")).toBe(["| rule | what goes wrong |", "| --- | --- |", ...rows, ""].join("\n"));
  const file = { file: "path.yaml", text: read("keep-alive-order", "bad.yaml") };
  const result = check([file], { readers: READERS });
  const fixes = result.paths.map(({ path, text = "" }) => {
    const fix = solve(path);
    return fix.kind === "changes" ? { fix, patch: patchPathFile("path.yaml", text, fix.changes) } : { fix };
  });
  const shown = renderCheckText({ result, fixes, version: "" }, { width: 100, colour: false });
  expect(quoted("check")).toBe(`\`\`\`\n${shown}\`\`\`\n`);
});

describe.each(folders)("%s", (id) => {
  test("is whole and short", () => {
    expect(PIECES.filter((piece) => !existsSync(join(ROOM, id, piece)))).toEqual([]);
    expect(read(id, "rule.ts").split("\n").length - 1).toBeLessThan(170);
  });

  test("has complete metadata", async () => {
    const module: { rule: Rule } = await import(join(ROOM, id, "rule.ts"));
    expect(module.rule).toBe(ruleOf(id));
    const { title, causes, references } = module.rule;
    expect(module.rule.id).toBe(id);
    expect(title).toMatch(/^[A-Z].{20,}[^.]$/);
    expect(references.length).toBeGreaterThan(0);
    expect(causes.length).toBeGreaterThan(0);
    for (const cause of causes) expect([...SIGNATURES.map((s) => s.id), ...PLANNED]).toContain(cause);
  });

  test("has a page with its headings in order, none of them empty", () => {
    const sections = read(id, "README.md").split(/^## /m);
    expect(sections[0]?.split("\n")[0]).toBe(`# ${id}`);
    expect(sections.slice(1).map((s) => s.split("\n")[0])).toEqual(HEADINGS);
    for (const section of sections.slice(1)) expect(section.split("\n").slice(1).join("").trim()).not.toBe("");
  });

  test("finds its bad example, and nobody else finds an error there", () => {
    const { findings } = judgePath(read(id, "bad.yaml"));
    const errors = findings.filter(({ level }) => level === "error");
    expect([...new Set(errors.map(({ rule }) => rule))]).toEqual([id]);
    for (const finding of errors) {
      expect(finding.says).toMatch(/\.$/);
      expect(finding.remedy).toMatch(/\.$/);
      expect(finding.hops.length).toBeGreaterThan(0);
      expect(finding.settings.length).toBeGreaterThan(0);
      for (const { setting, hop } of finding.settings) {
        expect(finding.hops).toContain(hop);
        // What stands in the file says where; what does not, which entry of the catalogue.
        if (setting !== undefined) expect(setting.source ?? setting.entry).toBeDefined();
      }
    }
  });

  test("looks at its good example and finds nothing, and so does everybody", () => {
    const { path, findings } = judgePath(read(id, "good.yaml"));
    expect(findings).toEqual([]);
    const scene = sceneOf(path);
    const demands = ruleOf(id).demands(scene);
    for (const demand of demands) expect(fitOf(demand, scene.look)).toBe("met");
    // A rule that asks nothing of its own good example would be asleep; where a condition is gone it may.
    if (!["opposite-demands"].includes(id)) expect(demands.length).toBeGreaterThan(0);
  });
});
