import { expect, test } from "vitest";
import { including, without } from "./destinations.ts";

test("a place is avoided unless there is no other, and dialled again once", () => {
  expect(without([3, 4, 5], 4)).toEqual([3, 5]);
  expect(without([3, 5], 4)).toEqual([3, 5]);
  expect(without([4], 4)).toEqual([4]);
  expect(including([3, 5], 4)).toEqual([3, 5, 4]);
  expect(including([3, 4], 4)).toEqual([3, 4]);
});
