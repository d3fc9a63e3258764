import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["terminated-too-early likely ? > 10.3.7.21:8080: pod.log:2 proxy-error.log:1,2"]],
  ["delay", ["deregistered likely ? > 10.3.7.5:443: deploy.log:1 client.log:2,3"]],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
