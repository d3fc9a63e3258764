import { describe, expect, test } from "vitest";
import { type CheckedPath, check } from "../src/path/check.ts";
import { READERS } from "../src/path/read/index.ts";
import { linesOf } from "./helpers/judge-path.ts";

/** A path over files that stand beside it. */
function checked(path: string, files: Readonly<Record<string, string>>): CheckedPath {
  const all = Object.entries({ "path.yaml": `path: 1\n${path}`, ...files }).map(([file, text]) => ({ file, text }));
  const [found] = check(all, { readers: READERS }).paths;
  if (found === undefined) throw new Error("no path");
  return found;
}

const ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333";
const resource = (type: string, name: string, values: object): object => ({
  address: `${type}.${name}`,
  type,
  name,
  values,
});
const state = (resources: readonly object[]): string =>
  JSON.stringify(
    { format_version: "1.0", terraform_version: "1.9.0", values: { root_module: { resources } } },
    null,
    1,
  );

/** A network balancer with a listener and a target group, as an applied state has them; without ARNs as a plan has them. */
const balancer = (name: string, applied: boolean, crossZone: boolean): readonly object[] => {
  const arn = (kind: string): object => (applied ? { arn: `${ARN}:${kind}/${name}` } : {});
  return [
    resource("aws_lb", name, {
      ...arn("loadbalancer"),
      load_balancer_type: "network",
      enable_cross_zone_load_balancing: crossZone,
    }),
    resource("aws_lb_listener", name, {
      ...arn("listener"),
      ...(applied ? { load_balancer_arn: `${ARN}:loadbalancer/${name}` } : {}),
      protocol: "TCP",
      tcp_idle_timeout_seconds: 6000,
      default_action: [{ type: "forward", ...(applied ? { target_group_arn: `${ARN}:targetgroup/${name}` } : {}) }],
    }),
    resource("aws_lb_target_group", name, {
      ...arn("targetgroup"),
      protocol: "TCP",
      target_type: "instance",
      preserve_client_ip: "true",
    }),
  ];
};

const COLLISION = `load: { connectionsPerClient: 20, requestsPerSecondPerConnection: 10, targets: 5 }
carries: [http, watches]
hops:
  - { id: kubelet, product: kubelet }
  - { id: nlb, files: [state.json] }
  - { id: api, product: kube-apiserver, settings: { goawayChance: 0.001 } }
`;
const IDLE = (nlb: string): string => `hops:
  - { id: svc, product: go-client, settings: { poolIdleTimeout: 1000s, tcpKeepalive: never } }
  - { id: nlb, ${nlb} }
  - { id: app, role: server, settings: { idleTimeout: 1200s } }
`;

describe("a balancer, its listener and its target group are one hop", () => {
  test.each([
    ["by their ARNs", true],
    ["one of each, in a plan that has no ARNs yet", false],
  ])("%s: what collides is found", (_, applied) => {
    const path = checked(COLLISION, { "state.json": state(balancer("api", applied, true)) });
    expect(path.path.hops.map(({ id }) => id)).toEqual(["kubelet", "nlb", "api"]);
    expect(linesOf(path)).toEqual(["error goaway-collision api.goawayChance nlb.clientIpPreservation nlb.crossZone"]);
  });

  test("the listener's own idle timeout counts", () => {
    const path = checked(IDLE("files: [state.json]"), { "state.json": state(balancer("api", true, false)) });
    expect([linesOf(path), path.unread]).toEqual([[], []]);
  });

  test("two balancers in one state are two ways, each with its own parts", () => {
    const both = [...balancer("a", true, false), ...balancer("b", true, true)];
    const path = checked(COLLISION, { "state.json": state(both) });
    expect(path.path.hops.map(({ id }) => id)).toEqual([
      "kubelet",
      "nlb/aws_lb.a + aws_lb_listener.a + aws_lb_target_group.a",
      "nlb/aws_lb.b + aws_lb_listener.b + aws_lb_target_group.b",
      "api",
    ]);
    expect(path.findings.map(({ rule, hops }) => [rule, hops[1]])).toEqual([
      ["goaway-collision", "nlb/aws_lb.b + aws_lb_listener.b + aws_lb_target_group.b"],
    ]);
  });

  test("parts that name nobody beside two balancers are no verdict but a question", () => {
    const both = [...balancer("one", false, false), ...balancer("two", false, true)];
    const path = checked(COLLISION, { "state.json": state(both) });
    expect(path.unread.map(({ code, line }) => [code, line])).toEqual([["loose-parts", 6]]);
    expect(path.unread[0]?.says).toContain("aws_lb_target_group.two");
    const chosen = checked(COLLISION.replace("state.json]", "state.json], section: two"), {
      "state.json": state(both),
    });
    expect(linesOf(chosen).length).toBe(1);
    expect(chosen.unread).toEqual([]);
  });

  test("a target group's own cross-zone stands over the balancer's", () => {
    const [lb, listener, group] = balancer("api", true, true) as [object, object, { values: object }];
    const own = { ...group, values: { ...group.values, load_balancing_cross_zone_enabled: "false" } };
    expect(linesOf(checked(COLLISION, { "state.json": state([lb, listener, own]) }))).toEqual([]);
  });

  test("answers of describe-*, of which one names no resource", () => {
    const files = {
      "balancers.json": JSON.stringify({
        LoadBalancers: [
          { LoadBalancerArn: `${ARN}:loadbalancer/net/n/1`, LoadBalancerName: "n", Type: "network" },
          { LoadBalancerArn: `${ARN}:loadbalancer/app/a/1`, LoadBalancerName: "a", Type: "application" },
        ],
      }),
      "listener.json": JSON.stringify({ Attributes: [{ Key: "tcp.idle_timeout.seconds", Value: "6000" }] }),
      "groups.json": JSON.stringify({
        TargetGroups: [{ TargetGroupName: "tg", Protocol: "TCP", TargetType: "instance" }],
      }),
    };
    const path = checked(IDLE("product: aws-nlb, files: [balancers.json, listener.json, groups.json]"), files);
    expect(path.path.hops.length).toBe(3);
    expect(linesOf(path)).toEqual([]);
  });

  test("answers of describe-* with the ARNs that join them, and a TLS listener that stays at 350 s", () => {
    const lb = `${ARN}:loadbalancer/net/n/1`;
    const files = {
      "all.json": JSON.stringify({
        LoadBalancers: [
          { LoadBalancerArn: lb, LoadBalancerName: "n", Type: "network" },
          { LoadBalancerArn: `${lb}x`, LoadBalancerName: "m", Type: "network" },
        ],
        Listeners: [{ ListenerArn: `${ARN}:listener/1`, LoadBalancerArn: lb, Protocol: "TLS", Port: 443 }],
        TargetGroups: [
          {
            TargetGroupArn: `${ARN}:targetgroup/t`,
            TargetGroupName: "t",
            Protocol: "TLS",
            TargetType: "ip",
            LoadBalancerArns: [lb],
          },
        ],
      }),
    };
    const path = checked(IDLE("files: [all.json], section: load balancer n"), files);
    const nlb = path.path.hops[1];
    expect(nlb?.settings.get("idleTimeoutMs")).toMatchObject({ value: 350_000, stated: "derived" });
    expect(nlb?.settings.get("clientIpPreservation")?.value).toBe(0);
    expect(linesOf(path)).toEqual(["error box-forgets-first svc.poolIdleTimeout nlb.idleTimeout app.idleTimeout"]);
  });
});

const INGRESS = `apiVersion: v1
kind: ConfigMap
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
data:
  upstream-keepalive-timeout: "3"
  keep-alive: "360"
  proxy-read-timeout: "90"
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: { nginx.ingress.kubernetes.io/proxy-read-timeout: "30" }
spec: { ingressClassName: nginx }
`;

test("a controller's ConfigMap holds under the annotations of an Ingress", () => {
  const path = checked(
    `hops:
  - { id: alb, product: aws-alb, settings: { idleTimeout: 300s } }
  - { id: ing, files: [all.yaml] }
  - { id: app, product: node-server, version: "20" }
`,
    { "all.yaml": INGRESS },
  );
  expect(linesOf(path)).toEqual([]);
  const { settings } = path.path.hops[1] as CheckedPath["path"]["hops"][number];
  expect([settings.get("idleTimeoutMs")?.value, settings.get("responseTimeoutMs")?.value]).toEqual([360_000, 30_000]);
});

const ISTIO = (destination: string, host: string): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: app, namespace: shop }
spec:
  host: ${destination}
  trafficPolicy: { connectionPool: { http: { idleTimeout: 3s } } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: app }
spec:
  hosts: [app]
  http: [{ timeout: 10s, route: [{ destination: { host: ${host} } }] }]
`;

test.each([
  ["app.shop.svc.cluster.local", "app", 1],
  ["app", "app.shop.svc.cluster.local", 1],
  ["app.shop.svc.cluster.local", "app.shop.svc.cluster.local", 1],
  ["app", "apparatus", 2],
  ["app.shop.svc.cluster.local", "app.other.svc.cluster.local", 2],
])("a DestinationRule of %s and a VirtualService to %s: %i hop", (destination, host, hops) => {
  const path = checked(
    `hops:
  - { id: cli, role: client }
  - { id: mesh, files: [istio.yaml] }
  - { id: app, product: node-server, version: "22" }
`,
    { "istio.yaml": ISTIO(destination, host) },
  );
  expect(path.path.hops.length).toBe(2 + hops);
  const [mesh] = path.path.hops.slice(1);
  expect(mesh?.settings.get("poolIdleTimeoutMs")?.value).toBe(3000);
  if (hops === 1) expect([linesOf(path), mesh?.settings.get("responseTimeoutMs")?.value]).toEqual([[], 10_000]);
});
