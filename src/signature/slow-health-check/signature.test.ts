import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["nodes-given-up certain : kube-controller-manager.log:2,3,4 audit.log:1,2"]],
  ["logs-only", ["nodes-given-up likely : kube-controller-manager.log:1,2,3"]],
  ["one-node", []],
  ["near-miss", []],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
