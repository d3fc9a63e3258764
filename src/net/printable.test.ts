import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { printable } from "./printable.ts";

test.each([
  ["plain.pcap", "plain.pcap"],
  ["Zürich 東京 🙂", "Zürich 東京 🙂"],
  ["\u001b[2J", "\\u{1b}[2J"],
  ["a\nb\tc", "a\\u{a}b\\u{9}c"],
  ["\u007f\u0085", "\\u{7f}\\u{85}"],
  ["exe.\u202egnp", "exe.\\u{202e}gnp"],
  ["a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ["\u2066x\u2069\u200f\u061c", "\\u{2066}x\\u{2069}\\u{200f}\\u{61c}"],
  ["\ud800", "\\u{d800}"],
  ["\u{e0041}", "\\u{e0041}"],
])("prints %j as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("nothing that it prints needs printing again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const once = printable(text);
      expect(printable(once)).toBe(once);
      for (const mark of once) expect((mark.codePointAt(0) ?? 0) >= 0x20).toBe(true);
    }),
  );
});
