import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["reset certain 10.1.2.3:42852 > 10.9.9.9:443: client#8,10,11,12 target#11,12"]],
  ["client-gave-up", []],
  ["gateway-timeout", ["gateway-timeout certain 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,5,6"]],
  ["one-way-message", []],
  ["proxy-gives-up", ["closed likely [2001:db8::3]:42852 > [2001:db8:9::9]:9000: capture#5,7,8,9"]],
  ["sender-only", []],
  ["near-miss", []],
  ["from-logs", ["gateway-timeout likely : haproxy.log:2"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
