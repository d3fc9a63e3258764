import { expect, test } from "vitest";
import { meantWord, nearestWord } from "./nearest-word.ts";

const KNOWN = ["crossZone", "preserveClientIp", "idleTimeout", "kind"];

test("the nearest word is found, whatever its capitals", () => {
  expect(nearestWord("crosszone", KNOWN)).toBe("crossZone");
  expect(nearestWord("idleTimout", KNOWN)).toBe("idleTimeout");
  expect(nearestWord("anything", [])).toBeUndefined();
});

test("only a likely misspelling was meant", () => {
  expect(meantWord("preserveClientIP", KNOWN)).toBe("preserveClientIp");
  expect(meantWord("kimd", KNOWN)).toBe("kind");
  expect(meantWord("colour", KNOWN)).toBeUndefined();
  expect(meantWord("k".repeat(10_000), KNOWN)).toBeUndefined();
});
