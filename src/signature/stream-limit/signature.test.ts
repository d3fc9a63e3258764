import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: ["limit-reached certain 10.1.2.3:40001 > 10.9.9.9:80: capture#5,4,6,8,9"],
  "near-miss": [],
  "other-reason": ["refused possible 10.1.2.3:40001 > 10.9.9.9:80: capture#5,4"],
  words: ["refused possible : client.log:2"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
