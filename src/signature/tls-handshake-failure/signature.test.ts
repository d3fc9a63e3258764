import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["certificate-expired certain 10.1.2.3:42852 > 10.9.9.9:443: capture#4,5,6"]],
  [
    "encrypted",
    [
      "encrypted-alert likely [2001:db8::3]:42852 > [2001:db8:9::9]:443: capture#4,5,6,7",
      "client-certificate-required likely [2001:db8::3]:42854 > [2001:db8:9::9]:443: capture#13,14,16,17",
    ],
  ],
  ["large-hello", ["client-hello-rejected likely 10.1.2.3:42852 > 10.9.9.9:443: client#4,6"]],
  [
    "logs",
    [
      "certificate-expired certain ? > 10.9.9.9:443: curl.log:6,7 server.log:1",
      "handshake-failure certain : java.log:2",
    ],
  ],
  ["near-miss", []],
  [
    "silent",
    [
      "closed-without-alert likely 10.1.2.3:42852 > 10.9.9.9:443: capture#4,5",
      "closed-without-alert likely 10.1.2.3:42854 > 10.9.9.9:443: capture#11,12",
      "closed-without-alert likely 10.1.2.3:42856 > 10.9.9.8:443: capture#18,19,20",
      "closed-without-alert likely 10.1.2.3:42858 > 10.9.9.8:443: capture#26,27,28",
    ],
  ],
  ["version", ["protocol-version certain 10.1.2.3:42852 > 10.9.9.9:443: capture#4,5 client.log:1 server.log:1"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
