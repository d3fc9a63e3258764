import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certain 10.13.1.9:0 > 10.13.1.80:80: client.log:2,3 ss.txt:2,5 sysctl.txt:1"]],
  [
    "languages",
    [
      "likely : python.log:4",
      "likely ? > [2001:db8:6::60]:80: node.log:4",
      "certain ? > 10.78.6.61:80: curl.log:3",
      "certain ? > 10.78.6.62:80: nginx-error.log:1",
    ],
  ],
  ["near-miss", []],
  ["other-reasons", []],
  ["table-only", ["range-used-up likely 10.13.1.9:0 > 10.13.1.80:80: ss.txt:2,5 sysctl.txt:1"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
