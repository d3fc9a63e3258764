import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["logged likely 10.77.1.2:45555 > 10.77.2.2:8080: client.log:1,2,3,4,5"]],
  ["asked-again", ["asked-again likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#5,7,16,21"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
