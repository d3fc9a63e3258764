import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certain 10.77.5.14:46028 > 10.77.5.60:9090: client#5,6,7,8 target#5,6"]],
  ["snapped-ipv6", ["likely [2001:db8:1::14]:46028 > [2001:db8:9::60]:9090: capture#6,7,8,9"]],
  ["localhost-fallback", ["possible [::1]:51000 > [::1]:8080: capture#1,2"]],
  ["other-path", ["likely 10.77.5.14:46028 > 10.77.5.60:9090: capture#5,6"]],
  ["unasked-reset", []],
  ["scan", []],
  ["near-miss", []],
  [
    "from-logs",
    ["from-logs likely ? > 127.0.0.1:5432: client.log:1", "from-logs possible ? > 10.7.1.40:5432: client.log:2"],
  ],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
