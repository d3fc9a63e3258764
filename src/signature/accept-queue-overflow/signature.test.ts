import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certain 10.1.2.3:42854 > 10.9.9.9:8080: server#5,10,11,12,13,14 server-nstat.txt:5,6"]],
  ["client-only", ["likely [2001:db8::3]:42854 > [2001:db8:9::9]:8080: capture#5,10,11,12"]],
  ["counters", ["likely : nstat.txt:5,6 ss.txt:2"]],
  ["half-open-queue", ["syn-queue-overflow certain 10.1.2.3:42854 > 10.9.9.9:8080: server#2,4,11,12 kern.log:1"]],
  ["half-open", ["likely 10.1.2.3:42850 > 10.9.9.9:8080: server#3,4,7,10"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
