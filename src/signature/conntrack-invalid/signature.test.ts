import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certain 10.1.2.3:42852 > 10.9.9.9:80: client#6,8,9,10,11 router-conntrack.txt:3"]],
  ["near-miss", []],
  ["no-counter", ["likely [2001:db8::3]:42852 > [2001:db8:9::9]:80: client#5,7,8"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
