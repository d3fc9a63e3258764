import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["during-upload likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,8,9,11,12"]],
  ["at-server", ["during-upload certain 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,7,8,9"]],
  ["request-unread", ["request-unread likely 10.1.2.3:42852 > 10.9.9.9:8080: capture#4,6 server-nstat.txt:6"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
