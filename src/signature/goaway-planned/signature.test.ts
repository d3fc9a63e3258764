import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

/** What is claimed of each trace: variant, confidence, connection, packets and lines. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  match: [
    "count certain 10.1.2.3:40001 > 10.9.9.9:80: capture#9,10,21",
    "count certain 10.1.2.3:40002 > 10.9.9.9:80: capture#21,22,9",
  ],
  chance: [
    "chance certain 10.1.2.3:40001 > 10.9.9.9:6443: capture#7,29,12,24",
    "chance certain 10.1.2.4:40002 > 10.9.9.9:6443: capture#12,13,7,24",
    "chance certain 10.1.2.5:40003 > 10.9.9.9:6443: capture#24,25,7,12",
  ],
  "log-only": ["undetermined certain 10.1.2.3:40001 > 10.9.9.9:443: client.log:7,9"],
  "max-age": ["age certain [2001:db8::3]:40001 > [2001:db8::9]:50051: capture#6,8,10"],
  "near-miss": [],
  reload: [
    "reload certain 10.1.2.3:40001 > 10.9.9.9:80: capture#13,15,14",
    "reload certain 10.1.2.4:40002 > 10.9.9.9:80: capture#14,16,13",
  ],
  snapped: ["undetermined likely 10.1.2.3:40001 > 10.9.9.9:80: capture#8,9"],
};

test.each(Object.entries(CLAIMS))("%s", (name, claims) => {
  expect(claimsOf(signature, import.meta.dirname, name)).toEqual(claims);
});
