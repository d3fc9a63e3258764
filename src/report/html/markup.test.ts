import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { escapeHtml, html, printHtml } from "./markup.ts";

test("text is escaped, markup is not", () => {
  const bold = html`<b>${"a < b & c"}</b>`;
  expect(printHtml(html`<p title="${"\"x\" 'y' `z`"}">${bold}${["<i>", bold]}${1}${undefined}${false}</p>`)).toBe(
    '<p title="&quot;x&quot; &#39;y&#39; &#96;z&#96;"><b>a &lt; b &amp; c</b>&lt;i&gt;<b>a &lt; b &amp; c</b>1</p>',
  );
});

test("what looks like markup and is not made by html is text", () => {
  const forged = { text: "<script>" } as unknown as string;
  expect(() => printHtml(html`${forged}`)).toThrow(TypeError);
  expect(printHtml(html`${String(html`<b></b>`)}`)).not.toContain("<");
});

test("signs that reorder or hide text become visible", () => {
  expect(escapeHtml("a\u202eb\u0000c\n")).toBe("a\\u{202e}b\\u{0}c\\u{a}");
});

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."<>&\"'`= /x-!") }));

test("no text opens a tag, ends an attribute, or is lost", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const escaped = escapeHtml(text);
      expect(escaped).not.toMatch(/[<>"'`]/);
      expect(escaped.replace(/&(amp|lt|gt|quot|#39|#96);/g, "")).not.toContain("&");
      // Once escaped, always the same text: every sign that was there can be read back.
      const back = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#96": "`" } as Record<string, string>;
      const read = escaped.replace(/&([a-z0-9#]+);/g, (_, name: string) => back[name] ?? "?");
      expect(escapeHtml(read)).toBe(escaped);
    }),
  );
});
