import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { columns, padEnd, padStart, wrap } from "./lines.ts";

test("columns counts what a terminal shows", () => {
  expect(columns("10.0.0.1 → 10.0.0.2")).toBe(19);
  expect(columns("e\u0301te\u0301")).toBe(3);
  expect(columns("漢字.pcap")).toBe(9);
  expect(columns("😀")).toBe(2);
});

test("padding fills up to a width and cuts nothing", () => {
  expect(padEnd("漢", 4)).toBe("漢  ");
  expect(padStart("7", 3)).toBe("  7");
  expect(padEnd("long", 2)).toBe("long");
});

test("no-break blanks hold words together", () => {
  expect(wrap("client.pcap\u00a0tcp.stream\u00a00, b", 12)).toEqual(["client.pcap tcp.stream 0,", "b"]);
});

test("wrapped lines hold all words in order and are too long only for one word", () => {
  const words = fc.array(fc.string({ minLength: 1 }).filter((word) => !/[ \u00a0]/.test(word)));
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 60 }), (given, width) => {
      const lines = wrap(given.join(" "), width);
      expect(lines.flatMap((line) => line.split(" "))).toEqual(given);
      for (const line of lines) expect(columns(line) <= width || !line.includes(" ")).toBe(true);
    }),
  );
});
