import { describe, expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { COLLISION, HEALTHY, LOST, MANY } from "../../tests/sample-explanations.ts";
import { renderMarkdown } from "./markdown.ts";
import { codeBlock, codeSpan, escapeText, inCell } from "./markdown-text.ts";

test("begins with the verdict and shows every packet in a table", () => {
  const text = renderMarkdown(LOST);
  expect(text).toMatch(/^## LOST: 10\.20\.1\.10:42852 → 10\.20\.11\.5:443, by the balancer \(certain\)\n/);
  for (const { packet } of COLLISION.evidence) expect(text).toContain(`| \`client.pcap#${packet}\` |`);
  expect(text).toContain("```\ntcpdump -ni any");
  expect(text).toContain("- `syn-blackhole`: the SYN was answered 0.1 ms later");
});

test("nothing lost", () => {
  expect(renderMarkdown(HEALTHY)).toMatch(/^## NOTHING LOST: in 4 flows/);
});

test("many incidents: a heading each, up to a bound", () => {
  const text = renderMarkdown(MANY);
  expect(text.match(/^### .*: 10\.20/gm)).toHaveLength(20);
  expect(text).toContain("And 1 more incident");
});

describe("text from evidence", () => {
  test.each([
    ["# heading", "\\# heading"],
    ["- item", "\\- item"],
    ["1. item", "1\\. item"],
    ["10.0.0.1 was reset", "10.0.0.1 was reset"],
    ["*bold* _it_ ~no~", "\\*bold\\* \\_it\\_ \\~no\\~"],
    ["[link](http://x)", "\\[link\\](http://x)"],
    ["<script>&amp;", "&lt;script>&amp;amp;"],
    ["a | b", "a \\| b"],
    ["two\nlines", "two lines"],
    ["@everyone", "@<!-- -->everyone"],
    ["\u001b[2J", "\\\\u{1b}\\[2J"],
  ])("%j is escaped", (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  test("a code span or block ends only where it should", () => {
    expect(codeSpan("a`b``c")).toBe("``` a`b``c ```");
    expect(codeBlock("```\nrm")).toBe("````\n```\\u{a}rm\n````");
    expect(inCell(codeSpan("a|b"))).toBe("`a\\|b`");
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", "\n", " ") }), (text) => {
        const span = codeSpan(text);
        const fence = /^`+/.exec(span)?.[0] ?? "";
        const inside = span.slice(fence.length, -fence.length);
        expect([...inside.matchAll(/`+/g)].every(([run]) => run.length !== fence.length)).toBe(true);
        expect(span).not.toContain("\n");
      }),
    );
  });
});
