import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: ["http2-stream-window certain 10.1.2.3:40001 > 10.9.9.9:80: capture#4,5,9"],
  "near-miss": [],
  "zero-window": ["tcp-zero-window certain 10.1.2.3:40001 > 10.9.9.9:80: capture#7,8,10,12,13,14"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
