import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["dropped-on-the-way certain 10.1.2.3:42852 > 10.9.9.9:8443: client#6,7,8,9,10"]],
  ["client-only", ["likely [2001:db8::3]:42852 > [2001:db8:9::9]:8443: client#4,5,6"]],
  ["at-the-server", ["dropped-at-the-server likely 10.1.2.3:42852 > 10.9.9.9:8443: target#6,7,8"]],
  ["answer-lost", ["answer-lost possible 10.1.2.3:42852 > 10.9.9.9:8443: client#4,5,6 target#1,2"]],
  ["nothing-else", ["possible 10.1.2.3:42852 > 10.9.9.9:8443: capture#1,2,3"]],
  ["other-version", ["possible [2001:db8::3]:42001 > [2001:db8:9::9]:443: capture#1,8,15"]],
  ["stray-answers", []],
  ["host-died", []],
  ["one-way", []],
  ["near-miss", []],
  ["from-logs", ["from-logs likely ? > 10.7.1.40:9090: client.log:2,3,1"]],
  ["one-in-three", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
