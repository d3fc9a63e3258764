import { expect, test } from "vitest";
import { hopLines, readFixture, readText, remarkLines } from "../../../tests/helpers/read-config.ts";

test("terraform show -json: AWS, Azure and Google, child modules", () => {
  const reading = readFixture("terraform-show.json");
  expect(hopLines(reading)).toEqual([
    "aws_lb.web | proxy 7 aws-alb | crossZone=1@16 idleTimeoutMs=120000@14 poolIdleTimeoutMs=120000@14 streamIdleTimeoutMs=120000@14 responseTimeoutMs=120000@14 maxAgeMs=3600000@15",
    "aws_lb.api | box 4 aws-nlb | crossZone=0@26",
    "aws_lb_listener.api | box 4 aws-nlb | idleTimeoutMs=350000@32",
    "module.net.aws_lb_target_group.api | box 4 aws-nlb | deregistrationDelayMs=60000@51 healthCheckIntervalMs=30000@52 healthCheckTimeoutMs=10000@52 unhealthyThreshold=3@52 healthyThreshold=3@52 clientIpPreservation=0*@49",
    "module.net.aws_nat_gateway.a | box 4 aws-nat-gateway | ",
    "module.net.azurerm_lb_rule.tls | box 4 azure-load-balancer | idleTimeoutMs=900000@63 resetsOnExpiry=1@63",
    "module.net.google_compute_router_nat.out | box 4 gcp-cloud-nat | idleTimeoutMs=1200000@68",
    "module.net.google_compute_target_https_proxy.web | proxy 7 gcp-http-balancer | idleTimeoutMs=620000@73",
  ]);
  expect(remarkLines(reading)).toEqual([]);
});

const state = (type: string, values: string): string =>
  `{ "format_version": "1.0", "values": { "root_module": { "resources": [\n{ "address": "${type}.a", "type": "${type}", "values": ${values} }\n] } } }`;

test.each([
  ["aws_lb_listener", '{ "protocol": "TCP", "tcp_idle_timeout_seconds": 400 }', "idleTimeoutMs=400000@2"],
  ["aws_alb_listener", '{ "protocol": "TCP", "tcp_idle_timeout_seconds": 400 }', "idleTimeoutMs=400000@2"],
  ["aws_lb", '{ "load_balancer_type": "application", "client_keep_alive": 7200 }', "maxAgeMs=7200000@2"],
  [
    "azurerm_lb_rule",
    '{ "idle_timeout_in_minutes": 4, "enable_tcp_reset": true }',
    "idleTimeoutMs=240000@2 resetsOnExpiry=1@2",
  ],
  [
    "azurerm_lb_rule",
    '{ "idle_timeout_in_minutes": 4, "tcp_reset_enabled": false }',
    "idleTimeoutMs=240000@2 resetsOnExpiry=0@2",
  ],
])("%s %s", (type, values, expected) => {
  expect(hopLines(readText("show.json", state(type, values))).map((line) => line.split(" | ")[2])).toEqual([expected]);
});

test.each(["aws_cloudfront_distribution", "kubernetes_service_v1", "helm_release"])(
  "%s is named as not read",
  (type) => {
    expect(remarkLines(readText("show.json", state(type, "{}")))).toEqual([`ignored show.json:2 ${type} is not read`]);
  },
);

test("what has no timeouts is passed over without a word", () => {
  expect(remarkLines(readText("show.json", state("kubernetes_service_account", "{}")))).toEqual([]);
});
