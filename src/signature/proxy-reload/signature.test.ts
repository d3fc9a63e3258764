import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["all-idle-closed certain 10.4.1.3:42852 > 10.4.9.9:8080: proxy#19,20,21,22 nginx-error.log:1"]],
  ["logs-only", ["from-logs likely ? > 10.4.9.9:8080: nginx-error.log:1 client.log:2,3"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
