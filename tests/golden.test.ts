import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainEvidence } from "../src/explain-evidence.ts";
import { renderJson } from "../src/report/json.ts";
import { renderText, renderVerdict } from "../src/report/text.ts";
import { SIGNATURES } from "../src/signature/index.ts";

/**
 * What halfopen says of every example, word for word, and what the documents quote of it. After a
 * meant change write them anew with HALFOPEN_GOLDEN=write, and read the difference as a user would.
 */
const WRITE = process.env.HALFOPEN_GOLDEN === "write";
const ROOT = join(import.meta.dirname, "..");
// Files are named as somebody in the project's folder names them.
process.chdir(ROOT);
const GOLDEN = join(import.meta.dirname, "golden");
const names = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

describe.each(names)("examples/%s", async (name) => {
  const explanation = await explainEvidence([join("examples", name)]);

  test.each([
    ["txt", () => renderText(explanation, { width: 80, colour: false })],
    ["json", () => renderJson(explanation)],
  ])("%s", (kind, render) => {
    const file = join(GOLDEN, `${name}.${kind}`);
    const text = render();
    if (WRITE) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, "utf8"));
  });

  test.each(quoted(name))("its README quotes the %s", async (mark, files) => {
    const told = mark === "verdict" ? explanation : await explainEvidence(files);
    quotes(`examples/${name}/README.md`, mark, fenced(renderVerdict(told, { width: 100, colour: false })));
  });
});

test("every golden explanation belongs to an example", () => {
  const known = names.flatMap((name) => [`${name}.json`, `${name}.txt`]);
  expect(existsSync(GOLDEN) ? readdirSync(GOLDEN).sort() : []).toEqual(known.sort());
});

test("the README shows how an explanation begins", () => {
  const whole = readFileSync(join(GOLDEN, "backend-tuple-collision.txt"), "utf8");
  const [start = ""] = whole.split(/\n+What it is not/);
  quotes("README.md", "sample", fenced(start));
});

test("the README lists every signature", () => {
  const rows = SIGNATURES.map(
    ({ id, kind, title }) => `| \`${id}\` | ${kind === "note" ? "harmless: " : ""}${title} |`,
  );
  quotes("README.md", "signatures", ["| signature | mechanism |", "| --- | --- |", ...rows].join("\n"));
});

/**
 * A README quotes the verdict on all of its evidence, and, where it has the marks, on the captures (with
 * their keys) alone and on everything else alone.
 */
function quoted(name: string): [mark: string, files: string[]][] {
  const folder = join("examples", name);
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const evidence = readdirSync(folder).filter((file) => file !== "README.md");
  const packets = (file: string): boolean => /\.pcap(?:ng)?$|^sslkeys/.test(file);
  const parts: [string, string[]][] = [
    ["verdict", evidence],
    ["verdict captures", evidence.filter(packets)],
    ["verdict logs", evidence.filter((file) => !packets(file))],
  ];
  return parts
    .filter(([mark]) => mark === "verdict" || readme.includes(`<!-- ${mark} -->`))
    .map(([mark, files]) => [mark, files.map((file) => join(folder, file))]);
}

const fenced = (text: string): string => `\`\`\`\n${text.trimEnd()}\n\`\`\``;

/** A document holds a text between two marks: `<!-- name -->` and `<!-- /name -->`. */
function quotes(document: string, mark: string, text: string): void {
  const file = join(ROOT, document);
  const place = new RegExp(`(?<=<!-- ${mark} -->\n)[^]*(?=<!-- /${mark} -->)`);
  if (WRITE)
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(place, () => `${text}\n`),
    );
  expect(place.exec(readFileSync(file, "utf8"))?.[0]).toBe(`${text}\n`);
}
