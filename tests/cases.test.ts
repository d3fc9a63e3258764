import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainEvidence } from "../src/explain-evidence.ts";

/**
 * Real incidents with known truth, in the folder that HALFOPEN_CASES names: one folder each, with the
 * evidence and a `truth.json`. Every true cause is claimed on evidence that the truth names too, and
 * nothing else is blamed.
 */
interface Truth {
  readonly causes?: readonly string[];
  readonly allow?: readonly string[];
  readonly notesExpected?: readonly string[];
  readonly evidence?: readonly {
    readonly file: string;
    readonly frames?: readonly number[];
    readonly lines?: readonly number[];
  }[];
}

const folder = process.env.HALFOPEN_CASES;
const cases =
  folder !== undefined && existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "truth.json")))
    : [];

describe.skipIf(cases.length === 0)("real incidents (the folder that HALFOPEN_CASES names)", () => {
  it.each(cases)("%s", async (name) => {
    const dir = join(folder ?? "", name);
    const truth = JSON.parse(readFileSync(join(dir, "truth.json"), "utf8")) as Truth;
    const files = readdirSync(dir)
      .filter((f) => f !== "truth.json")
      .map((f) => join(dir, f));
    const { incidents, notes } = await explainEvidence(files);
    const claims = incidents.filter((i) => i.cause !== "inconclusive" && i.confidence !== "possible");
    const expected = truth.causes ?? [];
    const claimed = new Set(claims.map((i) => i.cause));
    for (const cause of expected) expect([...claimed]).toContain(cause);
    for (const cause of claimed) expect([...expected, ...(truth.allow ?? [])]).toContain(cause);
    for (const note of truth.notesExpected ?? []) expect(notes.map((n) => n.kind)).toContain(note);
    if (expected.length === 0) return;
    const named = new Set(
      (truth.evidence ?? []).flatMap((e) => (e.frames ?? e.lines ?? []).map((n) => `${e.file} ${n}`)),
    );
    const shown = claims.flatMap((i) => i.evidence.map((e) => `${basename(e.file)} ${e.packet ?? e.line}`));
    expect(
      shown.some((item) => named.has(item)),
      `evidence ${shown.join(" ")}`,
    ).toBe(true);
  });
});
