import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["closed-by-fin certain 10.1.2.3:42852 > 10.9.9.9:3000: client#6,8,9,11,12 target#8,9,10,12"]],
  ["client-only", ["closed-by-fin likely [2001:db8::3]:42852 > [2001:db8:9::9]:8080: capture#5,7,8,9"]],
  ["closed-by-reset", ["closed-by-reset certain 10.1.2.3:42852 > 10.9.9.9:8080: target#5,7,8,9"]],
  ["early-answer", []],
  ["goaway", []],
  ["stale-reuse", []],
  ["near-miss", []],
  ["from-logs", ["from-logs likely ? > 10.9.9.9:3000: nginx-access.log:2,4"]],
  ["one-line", ["from-logs likely : pasted.txt:1"]],
  ["long-pause", []],
  ["healthy-logs", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
