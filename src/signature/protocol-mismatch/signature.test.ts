import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["tls-to-plain-http certain 10.1.2.3:42852 > 10.9.9.9:80: capture#4,5"]],
  [
    "each",
    [
      "plain-http-to-tls certain [2001:db8::3]:42852 > [2001:db8:9::9]:443: capture#4,5",
      "http2-to-http1 certain [2001:db8::3]:42854 > [2001:db8:9::9]:80: capture#10,11",
      "http1-to-http2 certain [2001:db8::3]:42856 > [2001:db8:9::9]:81: capture#16,17",
      "proxy-header-unexpected likely [2001:db8::3]:42858 > [2001:db8:9::9]:82: capture#22,24",
    ],
  ],
  [
    "logs",
    [
      "http2-to-http1 certain : nginx-error.log:1",
      "http1-to-http2 certain : nginx-error.log:2",
      "plain-http-to-tls certain : nginx-error.log:3",
      "tls-to-plain-http certain : client.log:1",
    ],
  ],
  ["near-miss", []],
  ["told", ["proxy-header-missing certain 10.1.2.3:42852 > 10.9.9.9:80: capture#4,5 haproxy.log:1"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
