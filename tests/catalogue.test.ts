import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { conclude } from "../src/incident/conclude.ts";
import { SIGNATURES } from "../src/signature/index.ts";
import type { Finding, Signature } from "../src/signature/signature.ts";
import { sceneOfTrace } from "./helpers/trace.ts";

const ROOM = join(import.meta.dirname, "..", "src", "signature");
const folders = readdirSync(ROOM, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** A signature is whole or absent. */
const PIECES = ["signature.ts", "signature.test.ts", "match.trace", "near-miss.trace", "README.md"];
const HEADINGS = [
  "What you see",
  "What happened",
  "How to be sure",
  "What it is mistaken for",
  "How to stop it",
  "References",
];
const MOST_LINES = 150;

/**
 * Who may claim another signature's `match.trace` as well, because the incident room then prefers the other:
 * `inconclusive` says only that something was lost, and stands where nobody says more.
 */
const YIELDS: readonly string[] = ["inconclusive"];

const read = (...path: string[]): string => readFileSync(join(ROOM, ...path), "utf8");
const signatureOf = (id: string): Signature => SIGNATURES.find((s) => s.id === id) as Signature;

test("the index lists every folder once, and nothing else", () => {
  expect(SIGNATURES.map((s) => s.id).sort()).toEqual(folders);
});

test("what stands where nothing else does comes last", () => {
  expect(SIGNATURES.map((s) => s.id).indexOf("inconclusive")).toBe(SIGNATURES.length - 1);
});

describe.each(folders)("%s", (id) => {
  test("is whole", () => {
    expect(PIECES.filter((piece) => !existsSync(join(ROOM, id, piece)))).toEqual([]);
  });

  test("is short", () => {
    expect(read(id, "signature.ts").split("\n").length - 1).toBeLessThan(MOST_LINES);
  });

  test("exports its own signature", async () => {
    const module: { signature: Signature } = await import(join(ROOM, id, "signature.ts"));
    expect(module.signature).toBe(signatureOf(id));
    expect(module.signature.id).toBe(id);
  });

  test("has complete metadata", () => {
    const { kind, title, symptoms, certainFrom, remedy, references } = signatureOf(id);
    expect(["incident", "note"]).toContain(kind);
    for (const text of [title, certainFrom, remedy]) expect(text.length).toBeGreaterThan(20);
    expect(title).not.toMatch(/\.$/);
    expect(references.length).toBeGreaterThan(0);
    for (const word of symptoms) expect(word).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(symptoms.length).toBeGreaterThan(kind === "incident" ? 0 : -1);
  });

  test("has a page with its headings in order, none of them empty", () => {
    const sections = read(id, "README.md").split(/^## /m);
    expect(sections[0]?.split("\n")[0]).toBe(`# ${id}`);
    expect(sections.slice(1).map((s) => s.split("\n")[0])).toEqual(HEADINGS);
    for (const section of sections.slice(1)) expect(section.split("\n").slice(1).join("").trim()).not.toBe("");
  });

  test("matches its match, and nobody else claims that", () => {
    const scene = sceneOfTrace(read(id, "match.trace"));
    const claims = SIGNATURES.filter((s) => s.detect(scene).length > 0);
    expect(claims.map((s) => s.id)).toContain(id);
    expect(
      claims.filter((s) => s.kind === "incident" && s.id !== id && !YIELDS.includes(s.id)).map((s) => s.id),
    ).toEqual([]);
    const { conclusions, notes } = conclude(scene, SIGNATURES);
    const told = signatureOf(id).kind === "incident" ? conclusions : notes;
    expect([...new Set(told.map((c) => c.finding.cause))]).toContain(id);
    if (signatureOf(id).kind === "note") expect(conclusions.map((c) => c.finding.cause)).toEqual([]);
    else {
      // What only makes a loss worse stands beside it; that its cause is not decided is said as well.
      const beside = signatureOf(id).contributes === true ? YIELDS : [];
      const causes = new Set(conclusions.map((c) => c.finding.cause));
      expect([...causes].filter((cause) => !beside.includes(cause))).toEqual([id]);
    }
  });

  test("gives findings that can be checked", () => {
    const scene = sceneOfTrace(read(id, "match.trace"));
    for (const finding of signatureOf(id).detect(scene)) expectGrounded(finding, id);
  });

  test("leaves its near miss alone, and so does everybody", () => {
    const scene = sceneOfTrace(read(id, "near-miss.trace"));
    const told = scene.logs.reduce((entries, log) => entries + log.entries.length, 0);
    expect(scene.vantages.reduce((flows, v) => flows + v.flows, told)).toBeGreaterThan(0);
    expect(signatureOf(id).detect(scene)).toEqual([]);
    expect(conclude(scene, SIGNATURES).conclusions.map((c) => c.finding.cause)).toEqual([]);
  });
});

/** Every packet named exists in the capture named, and every text is there. */
function expectGrounded(finding: Finding, id: string): void {
  expect(finding.cause).toBe(id);
  expect(finding.trails.length > 0 || typeof finding.at === "bigint").toBe(true);
  expect(finding.evidence.length).toBeGreaterThan(0);
  for (const evidence of finding.evidence) {
    expect("line" in evidence ? evidence.line : evidence.packet).toBeGreaterThan(0);
    expect(evidence.shows).toMatch(/[^.]$/);
  }
  expect(finding.summary).toMatch(/\.$/);
  expect(finding.refutedBy.length).toBeGreaterThan(10);
  const { symptoms } = signatureOf(id);
  for (const symptom of finding.symptoms) expect(symptoms).toContain(symptom);
  expect(finding.ruledOut.map((r) => r.cause)).not.toContain(id);
  if (finding.confidence !== "certain" && signatureOf(id).kind === "incident") expect(finding.next).toBeDefined();
}
