import { expect, test } from "vitest";
import { claimsOf } from "../../../tests/helpers/claims.ts";
import { signature } from "./signature.ts";

test.each([
  ["match", ["icmp-prohibited certain 10.77.5.14:51976 > 10.77.5.60:8080: capture#1,2,3,4,5,6"]],
  ["ipv6-policy", ["icmp-prohibited certain [2001:db8:5::14]:51976 > [2001:db8:9::60]:443: client#1,2"]],
  ["no-neighbour", ["icmp-unreachable possible 10.77.5.14:51976 > 10.77.9.60:443: capture#1,3"]],
  ["firewall-reset", ["firewall-reset likely 10.77.5.14:51976 > 10.77.9.60:9200: capture#6,7"]],
  ["firewall-next-door", ["firewall-reset likely 10.77.5.14:34120 > 10.77.9.60:5432: capture#1,2"]],
  ["firewall-reset-two-sides", ["firewall-reset certain 10.77.5.14:51976 > 10.77.9.60:9200: client#6,7"]],
  ["near-miss", []],
  ["from-logs", ["from-logs likely ? > 10.77.5.60:8080: client.log:1"]],
])("%s", (trace, claims) => {
  expect(claimsOf(signature, import.meta.dirname, trace)).toEqual(claims);
});
