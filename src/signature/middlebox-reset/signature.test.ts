import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["not-sent certain 10.1.2.3:42852 > 10.9.9.9:8080: client#8,10,11 server#9,10"]],
  ["natted", []],
  ["salvo", ["guessed certain 10.1.2.3:42852 > 10.9.9.9:8080: capture#5,7,8,9,10"]],
  ["stranger", ["stranger likely [2001:db8::3]:42852 > [2001:db8:9::9]:8080: capture#9,11,12"]],
  ["went-on", ["went-on likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#7,8,9,10"]],
  ["near-miss", []],
  ["taken-over", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
