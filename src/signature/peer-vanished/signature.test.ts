import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  [
    "match",
    [
      "no-answer certain 10.1.2.3:42850 > 10.9.9.9:443: capture#11,16,17,18,19,21,27,29",
      "no-answer certain 10.1.2.3:42852 > 10.9.9.9:443: capture#14,16,19,20,22,26,28,30",
    ],
  ],
  ["host-mute", ["host-mute certain 10.1.2.3:42850 > 10.9.9.9:443: client#5,7,8,9,10,11,12 target#7"]],
  ["ping", ["no-answer likely 10.1.2.3:42852 > 10.9.9.9:443: capture#18,20,21,22,23,24,25"]],
  ["unreachable", ["no-answer certain 10.1.2.3:42850 > 10.9.9.9:443: capture#5,7,8,9,10,11,12,13"]],
  ["way-back-cut", ["return-path-cut certain 10.1.2.3:42850 > 10.9.9.9:443: client#5,7,8,9,10,11,12 target#7"]],
  ["near-miss", []],
  ["from-logs", ["mute likely ? > 10.7.1.40:443: client.log:3,4,5"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
