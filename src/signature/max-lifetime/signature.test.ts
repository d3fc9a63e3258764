import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: [
    "cut-in-use likely 10.1.2.3:40001 > 10.9.9.9:80: capture#1,14,6,19,9,24",
    "cut-in-use likely 10.1.2.3:40002 > 10.9.9.9:80: capture#6,19,1,14,9,24",
    "cut-in-use likely 10.1.2.3:40003 > 10.9.9.9:80: capture#9,24,1,14,6,19",
  ],
  "by-logs": [
    "by-logs likely 10.1.2.3:40001 > 10.9.9.9:443: client.log:1,5,3,7,4,8,2,6",
    "by-logs likely 10.1.2.3:40003 > 10.9.9.9:443: client.log:3,7,1,5,4,8,2,6",
    "by-logs likely 10.1.2.3:40004 > 10.9.9.9:443: client.log:4,8,1,5,3,7,2,6",
    "by-logs likely 10.1.2.3:40002 > 10.9.9.9:443: client.log:2,6,1,5,3,7,4,8",
  ],
  "near-miss": [],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
