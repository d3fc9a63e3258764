import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  [
    "match",
    [
      "all-at-once likely 10.1.2.3:42850 > 10.9.9.9:8080: capture#20,21,22,25,26",
      "all-at-once likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#18,20,21,22",
      "all-at-once likely 10.1.2.3:42854 > 10.9.9.9:8080: capture#16,20,21,22",
    ],
  ],
  ["one-failure", []],
  [
    "refused",
    [
      "all-at-once certain 10.1.2.3:42850 > 10.9.9.9:8080: capture#20,21,22,25,26,27,28",
      "all-at-once certain 10.1.2.3:42852 > 10.9.9.9:8080: capture#18,20,21,22,27,28",
      "all-at-once certain 10.1.2.3:42854 > 10.9.9.9:8080: capture#16,20,21,22,27,28",
    ],
  ],
  [
    "socket-gone",
    [
      "socket-gone likely [2001:db8::3]:42850 > [2001:db8:9::9]:8080: capture#13,14",
      "socket-gone likely [2001:db8::3]:42852 > [2001:db8:9::9]:8080: capture#15,16",
    ],
  ],
  ["told-to-go", []],
  ["watch", ["mid-stream likely 10.1.2.3:42852 > 10.9.9.9:443: capture#20,22,23,25"]],
  ["near-miss", []],
  ["same-timer", []],
  ["from-logs", ["from-logs likely ? > 10.6.9.9:443: client.log:3,4,5"]],
  ["oom", ["from-logs possible ? > 10.6.9.9:443: kernel.log:1 client.log:2"]],
  ["one-cut", []],
  [
    "handed-on",
    [
      "all-at-once likely 10.9.9.9:51000 > 10.7.7.7:9000: capture#27,31,34",
      "all-at-once likely 10.9.9.9:51002 > 10.7.7.7:9000: capture#30,31,34",
    ],
  ],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
