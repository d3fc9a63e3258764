import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["both-seen certain 10.1.2.3:42852 > 10.9.9.9:5432: client#9,10 server#9,10"]],
  ["between", ["both-seen certain 10.1.2.3:42852 > 10.9.9.9:5432: capture#6,7,8"]],
  ["one-end", ["one-seen likely 10.1.2.3:42852 > 10.9.9.9:5432: capture#6,7"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
