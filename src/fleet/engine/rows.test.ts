import { expect, test } from "vitest";
import { Rows } from "./rows.ts";

test("rows that were written are there after the table has grown, in both views of it", () => {
  const rows = new Rows(6);
  const many = 20_000;
  for (let row = 0; row < many; row++) {
    rows.reserve(row);
    rows.words[row * 6] = row;
    rows.times[row * 3 + 2] = row / 2;
  }
  for (let row = 0; row < many; row++) {
    expect(rows.words[row * 6]).toBe(row);
    expect(rows.times[row * 3 + 2]).toBe(row / 2);
  }
  expect(rows.times.buffer).toBe(rows.words.buffer);
  rows.reserve(10 * many);
  expect(rows.words.length).toBeGreaterThan(10 * many * 6);
  expect(rows.words[6 * (many - 1)]).toBe(many - 1);
});
