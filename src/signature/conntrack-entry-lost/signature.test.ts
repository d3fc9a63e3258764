import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["reply-untranslated certain 10.1.2.3:42852 > 10.9.9.9:80: client#7,9,10,11,12"]],
  ["deleted", ["entry-deleted likely 10.1.2.3:42852 > 10.9.9.9:80: capture#7,8 conntrack.txt:1"]],
  ["full", ["table-full certain 10.1.2.3:42852 > 10.9.9.9:80: capture#1,2,4,5 kern.log:1,2"]],
  ["moved", ["request-moved certain [2001:db8::3]:42852 > [2001:db8:20::6]:8080: targets#6,7,8"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
