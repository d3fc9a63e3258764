import { expect, test } from "vitest";
import { hopLines, readFixture, readText, remarkLines } from "../../../../tests/helpers/read-config.ts";

test("describe-load-balancers and describe-target-groups in one file", () => {
  const reading = readFixture("elbv2-load-balancers.json");
  expect(hopLines(reading)).toEqual([
    "load balancer api | box 4 aws-nlb | ",
    "load balancer web | proxy 7 aws-alb | ",
    "target group api-6443 | box 4 aws-nlb | healthCheckIntervalMs=10000@18 healthCheckTimeoutMs=10000@19 unhealthyThreshold=3@21 healthyThreshold=3@20 clientIpPreservation=1*@22",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed elbv2-load-balancers.json:22 client-IP preservation of target group api-6443 taken from its target type, since no attribute says so here",
  ]);
});

test("describe-listener-attributes", () => {
  const reading = readFixture("elbv2-listener-attributes.json");
  expect(hopLines(reading)).toEqual(["attributes | box 4 aws-nlb | idleTimeoutMs=6000000@5"]);
  expect(remarkLines(reading)).toEqual([]);
});

test("describe-target-group-attributes", () => {
  const reading = readFixture("elbv2-target-group-attributes.json");
  expect(hopLines(reading)).toEqual([
    "attributes | box 4 aws-nlb | clientIpPreservation=0@3 deregistrationDelayMs=300000@4",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("describe-load-balancer-attributes", () => {
  const reading = readFixture("elbv2-load-balancer-attributes.json");
  expect(hopLines(reading)).toEqual([
    "attributes | proxy 7 aws-alb | idleTimeoutMs=60000@3 poolIdleTimeoutMs=60000@3 streamIdleTimeoutMs=60000@3 responseTimeoutMs=60000@3 maxAgeMs=3600000@4 crossZone=1@5",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

test("a classic balancer, a NAT gateway, a network interface", () => {
  const classic = {
    LoadBalancerAttributes: {
      CrossZoneLoadBalancing: { Enabled: true },
      ConnectionDraining: { Enabled: true, Timeout: 300 },
      ConnectionSettings: { IdleTimeout: 60 },
    },
  };
  const nat = { NatGateways: [{ NatGatewayId: "nat-1" }] };
  const card = {
    NetworkInterfaces: [
      { NetworkInterfaceId: "eni-1", ConnectionTrackingConfiguration: { TcpEstablishedTimeout: 350 } },
    ],
  };
  expect([classic, nat, card].flatMap((answer) => hopLines(readText("x.json", JSON.stringify(answer))))).toEqual([
    "classic load balancer | proxy 7 aws-clb | idleTimeoutMs=60000@1 poolIdleTimeoutMs=60000@1 streamIdleTimeoutMs=60000@1 crossZone=1@1 deregistrationDelayMs=300000@1",
    "NAT gateway nat-1 | box 4 aws-nat-gateway | ",
    "network interface eni-1 | box 4 aws-security-group | idleTimeoutMs=350000@1",
  ]);
});
