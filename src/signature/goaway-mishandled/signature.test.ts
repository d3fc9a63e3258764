import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: ["requests-abandoned likely 10.1.2.3:40001 > 10.9.9.9:80: capture#6,7,9"],
  "near-miss": [],
  "cancelled-before-close": ["requests-abandoned likely 10.1.2.3:40001 > 10.9.9.9:80: capture#6,7,10,9"],
  "connect-failed": [],
  "given-up": ["reported-as-failure certain 10.1.2.3:40001 > 10.9.9.9:80: capture#7,8 client.log:2"],
  "never-told": [],
  "used-on": ["used-after-goaway likely [2001:db8::3]:40001 > [2001:db8::9]:80: capture#7,6,9,10"],
  words: ["cannot-retry certain : go.log:2", "used-after-goaway likely : node.log:1"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
