import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: ["connection-closed certain 10.1.2.3:40001 > 10.9.9.9:80: capture#4,7,10"],
  "debug-log": ["connection-closed certain 10.1.2.3:40001 > 10.9.9.9:443: capture#11 client.log:4,7,9"],
  "cancelled-after-close": ["connection-closed certain 10.1.2.3:40001 > 10.9.9.9:80: capture#6,7,8"],
  "near-miss": [],
  "unknown-to-the-server": ["connection-closed possible 10.1.2.3:40001 > 10.9.9.9:80: capture#4,6,10 client.log:2"],
  "streams-reset": ["streams-reset certain [2001:db8::3]:40001 > [2001:db8::9]:8443: capture#4,6,7,8,9"],
  "reset-by-peer": ["connection-closed possible 10.1.2.3:42006 > 10.9.9.9:443: client.log:11,14,15,16"],
  words: ["connection-closed likely : client.log:2"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
