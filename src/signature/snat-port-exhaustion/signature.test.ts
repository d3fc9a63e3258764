import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["likely 10.13.1.9:50005 > 10.20.11.5:443: client#2,21,22,25,26,27,29 target#1,16"]],
  ["box", ["certain 10.13.1.9:50005 > 10.20.11.5:443: box#2,4,20,25,26,34,40"]],
  ["client-only", ["possible [2001:db8:13::9]:50004 > [2001:db8:20::5]:443: capture#2,10,11,15,20"]],
  ["ports-in-order", ["possible 10.1.2.3:43005 > 10.9.9.9:443: client#2,16,17,18,22 server#1,10"]],
  ["again", ["possible [2001:db8:13::9]:50004 > [2001:db8:20::5]:443: capture#2,10,11,15,20,24,25,26"]],
  ["two-boxes", ["certain 10.13.1.9:50005 > 10.20.11.5:443: box#2,4,20,25,26,34,40"]],
  ["box-counts", ["likely 10.13.1.9:50004 > 10.20.11.5:443: client#2,12,13,18,20 conntrack-stat.txt:2"]],
  ["dead-target", []],
  ["target-gone", []],
  ["leaves-the-box", []],
  ["arrives", []],
  ["near-miss", []],
  ["from-logs", ["from-logs likely ? > 10.9.1.31:8080: conntrack-stat.txt:2 client.log:2,3"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
