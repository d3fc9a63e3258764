import { expect, test } from "vitest";
import type { Note } from "../incident/explanation.ts";
import { notesTold } from "./notes-told.ts";

const note = (kind: string, summary: string, variant?: string): Note => ({
  kind,
  ...(variant === undefined ? {} : { variant }),
  summary,
  count: 1,
  connections: [],
  evidence: [],
});

test("a few are all told", () => {
  const notes = [note("goaway-planned", "a"), note("reset-after-close", "b")];
  expect(notesTold(notes)).toEqual({ told: notes, more: [] });
});

test("of hundreds of one kind the first three are, and the rest is counted; another kind and another variant are told", () => {
  const hundreds = Array.from({ length: 350 }, (_, i) => note("goaway-planned", `the ${i}th`));
  const others = [note("goaway-planned", "idle", "idle-timeout"), note("reset-after-close", "b")];
  expect(notesTold([...hundreds, ...others])).toEqual({
    told: [...hundreds.slice(0, 3), ...others],
    more: [{ kind: "goaway-planned", count: 347 }],
  });
});
