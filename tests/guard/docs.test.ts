import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run } from "./peers.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGES = join(ROOT, "docs/guard");
// Within the project, so that the frameworks are found.
const cache = join(ROOT, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "halfopen-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each example, and the output that stands below it. */
const examples = readdirSync(PAGES)
  .sort()
  .flatMap((page) => {
    const text = readFileSync(join(PAGES, page), "utf8");
    return [...text.matchAll(/```js\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g)].map(
      ([, code = "", output = ""], index) => ({ name: `${page} ${index + 1}`, code, output }),
    );
  });

test("every page of a feature has an example", () => {
  const pages = readdirSync(PAGES).filter((page) => page !== "README.md" && page !== "cost.md");
  for (const page of pages) expect(examples.some(({ name }) => name.startsWith(page))).toBe(true);
});

test.each(examples)("$name does what it says", async ({ name, code, output }) => {
  const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.mjs`);
  writeFileSync(file, code.replaceAll('"halfopen/guard"', JSON.stringify(join(ROOT, "src/guard/index.ts"))));
  const example = run(process.execPath, ["--no-warnings", file], { NO_COLOR: "1" });
  expect(await example.ended, example.output()).toBe(0);
  expect(example.output()).toBe(output);
});
