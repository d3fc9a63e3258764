import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["silent likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#7,8,9,10,11,12,13,14"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
