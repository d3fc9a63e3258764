import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: ["too-many-pings certain 10.1.2.3:40001 > 10.9.9.9:50051: capture#6,8,10,11,12"],
  kinds: [
    "header-list-too-large certain 10.1.2.3:40001 > 10.9.9.9:80: capture#4,5,6",
    "protocol-error certain 10.1.2.3:40002 > 10.9.9.9:80: capture#13,14,15",
  ],
  "near-miss": [],
  words: ["too-many-pings certain : client.log:2,3"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
