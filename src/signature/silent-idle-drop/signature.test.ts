import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["reset-on-next-packet certain 10.1.2.3:42852 > 10.9.9.9:80: client#8,10,11 target#9"]],
  ["blackhole", ["blackhole likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#5,7,8,9,10,11,12"]],
  ["lost-ping", ["blackhole possible 10.1.2.3:42852 > 10.9.9.9:443: capture#8,10,11,12,13,14,15,16"]],
  ["own-reset", []],
  ["same-hops", ["reset-on-next-packet possible 10.1.2.3:42852 > 10.9.9.9:8080: capture#5,7,8"]],
  [
    "restarted-host",
    [
      "reset-on-next-packet possible 10.1.2.3:42852 > 10.9.9.9:443: capture#5,13,14",
      "reset-on-next-packet possible 10.1.2.3:42860 > 10.9.9.9:443: capture#11,15,16",
    ],
  ],
  ["server-speaks", ["reset-on-next-packet likely [2001:db8::3]:42852 > [2001:db8:9::9]:5432: target#6,7,8"]],
  ["near-miss", []],
  ["from-logs", ["reset-on-next-packet likely 10.8.3.44:34596 > 10.8.10.9:443: client.log:4"]],
  ["survived", []],
  ["cut-between", []],
  ["metrics", ["reset-on-next-packet likely ? > 10.0.9.5:443: cloudwatch.json:1 gateway-access.log:1,3"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
