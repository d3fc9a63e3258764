import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certain 172.31.7.31:51924 > 172.31.18.200:443: client#1,2,3,4,7,8,9,10"]],
  ["ipv6-any", ["certain [2001:db8:7::31]:51924 > [2001:db8:18::200]:443: any#1,2,3,5,6"]],
  ["two-interfaces", ["certain 10.0.3.7:51924 > 10.0.9.1:443: host#1,3,5,7"]],
  ["arrival-only", ["likely 172.31.7.31:51924 > 172.31.7.31:443: capture#1,2"]],
  ["near-miss", []],
  ["from-logs", ["from-logs likely ? > 10.170.50.91:6443: kernel.log:1 curl.log:2"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
