import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["closed likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,5,7 access.log:1"]],
  ["packets-only", ["reset possible 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,5,7"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
