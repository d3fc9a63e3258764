import { describe, expect, test } from "vitest";
import { solve } from "../src/path/fix/solve.ts";
import { judge } from "../src/path/judge.ts";
import { judgePath, linesOf, pathText } from "./helpers/judge-path.ts";

/** The paths of the incidents that this project began with, with the reasons found then and the remedies chosen. */
interface Story {
  readonly name: string;
  readonly hops: string;
  readonly more?: string;
  /** What must be found. */
  readonly reasons: readonly string[];
  /** Each remedy, and which of the reasons it takes away (all, where it is not said). */
  readonly remedies: readonly {
    readonly name: string;
    readonly hops: string;
    readonly more?: string;
    readonly takes?: readonly string[];
  }[];
}

const CONTROL_PLANE = `carries: [watches]
clientsAreTargets: true
load: { connectionsPerClient: 20, targets: 5, balancerNodes: 3, requestsPerSecondPerConnection: 10 }
detectors:
  - id: lifecycle
    product: kube-controller-manager
    version: "1.27"
    hearsThrough: kcm
`;
const COLLISION = "error goaway-collision apiserver.goawayChance nlb.clientIpPreservation nlb.crossZone";
const HAIRPIN = "error hairpin-prone nlb.clientIpPreservation";
const SLOW = "error slow-health-check kcm.readIdleTimeout kcm.pingTimeout lifecycle.nodeMonitorGracePeriod";

const STORIES: readonly Story[] = [
  {
    name: "goaway-chance behind a network balancer",
    hops: "kcm: kubernetes-client\nnlb: aws-nlb clientIpPreservation=true crossZone=true\napiserver: kube-apiserver goawayChance=0.001",
    more: CONTROL_PLANE,
    reasons: [SLOW, COLLISION, HAIRPIN],
    remedies: [
      {
        name: "no client IP preservation",
        hops: "kcm: kubernetes-client\nnlb: aws-nlb clientIpPreservation=false crossZone=true\napiserver: kube-apiserver goawayChance=0.001",
        takes: [COLLISION, HAIRPIN],
      },
      {
        name: "no cross-zone",
        hops: "kcm: kubernetes-client\nnlb: aws-nlb clientIpPreservation=true crossZone=false\napiserver: kube-apiserver goawayChance=0.001",
        takes: [COLLISION],
      },
      {
        name: "a smaller chance",
        hops: "kcm: kubernetes-client\nnlb: aws-nlb clientIpPreservation=true crossZone=true\napiserver: kube-apiserver goawayChance=0.0001",
        takes: [COLLISION],
      },
      {
        name: "a faster health check",
        hops: "kcm: kubernetes-client readIdleTimeout=15s pingTimeout=15s\nnlb: aws-nlb clientIpPreservation=true crossZone=true\napiserver: kube-apiserver goawayChance=0.001",
        takes: [SLOW],
      },
      {
        name: "the controller talks to its own host, with a faster health check",
        hops: "kcm: kubernetes-client readIdleTimeout=15s pingTimeout=15s\napiserver: kube-apiserver goawayChance=0.001",
      },
    ],
  },
  {
    name: "an ingress keeps connections longer than a Node service",
    hops: "client: client\nlb: aws-alb\ningress: ingress-nginx\nservice: node-server@18",
    reasons: ["error keep-alive-order ingress.poolIdleTimeout service.idleTimeout"],
    remedies: [
      {
        name: "further right, longer",
        hops: "client: client\nlb: aws-alb\ningress: ingress-nginx\nservice: node-server@18 idleTimeout=65s headersTimeout=66s",
      },
    ],
  },
  {
    name: "a .NET client with 120 s and a provider that closes sooner",
    hops: "app: dotnet-httpclient@5\nprovider: server idleTimeout=20s",
    reasons: ["error keep-alive-order app.poolIdleTimeout provider.idleTimeout"],
    remedies: [
      {
        name: "no keep-alive towards it",
        hops: "app: dotnet-httpclient@5 reusesConnections=false\nprovider: server idleTimeout=20s",
      },
      {
        name: "a shorter pool",
        hops: "app: dotnet-httpclient@5 poolIdleTimeout=10s\nprovider: server idleTimeout=20s",
      },
    ],
  },
  {
    name: "an application balancer tells a proxy to go away",
    hops: "u: client\nclient: envoy\nalb: aws-alb role=proxy protocol=http2",
    reasons: ["error connection-lifetime client.poolMaxRequests alb.maxRequests"],
    remedies: [
      {
        name: "connections are changed sooner",
        hops: "u: client\nclient: envoy poolMaxRequests=9500\nalb: aws-alb role=proxy protocol=http2",
      },
    ],
  },
  {
    name: "a network balancer forgets idle connections of an API gateway",
    hops: "gateway: client poolIdleTimeout=10m\nnlb: aws-nlb\nservice: reactor-netty-server",
    reasons: ["error box-forgets-first gateway.poolIdleTimeout nlb.idleTimeout service.idleTimeout"],
    remedies: [
      {
        name: "TCP keepalive",
        hops: "gateway: client poolIdleTimeout=10m\nnlb: aws-nlb\nservice: reactor-netty-server serverTcpKeepalive=300s",
      },
      {
        name: "the service closes first: the box is content",
        hops: "gateway: client poolIdleTimeout=10m\nnlb: aws-nlb\nservice: reactor-netty-server idleTimeout=300s",
        takes: ["error box-forgets-first gateway.poolIdleTimeout nlb.idleTimeout service.idleTimeout"],
      },
      {
        name: "and the gateway sooner still",
        hops: "gateway: client poolIdleTimeout=240s\nnlb: aws-nlb\nservice: reactor-netty-server idleTimeout=300s",
      },
    ],
  },
];

describe.each(STORIES)("$name", ({ hops, more, reasons, remedies }) => {
  const unsafe = judgePath(pathText(hops, more));

  test("is unsafe, for the reasons that were found then", () => {
    expect(linesOf(unsafe)).toEqual(reasons);
  });

  test.each(remedies)("$name", (remedy) => {
    const left = linesOf(judgePath(pathText(remedy.hops, remedy.more ?? more))).filter((line) =>
      reasons.includes(line),
    );
    const taken = remedy.takes ?? reasons;
    expect(left).toEqual(reasons.filter((reason) => !taken.includes(reason)));
    if (remedy.takes === undefined) expect(linesOf(judgePath(pathText(remedy.hops, remedy.more ?? more)))).toEqual([]);
  });

  test("is made safe by --fix, or it says what stands in the way", () => {
    const fix = solve(unsafe.path);
    if (fix.kind !== "changes") throw new Error(fix.kind);
    expect(judge(fix.path).filter(({ level }) => level === "error")).toEqual([]);
    expect(fix.smallest).toBe(true);
    expect(fix.changes.length).toBeLessThanOrEqual(reasons.length);
  });
});

test("closing first in the server only moves the loss: the race is found instead", () => {
  const half = judgePath(
    pathText("gateway: client poolIdleTimeout=10m\nnlb: aws-nlb\nservice: reactor-netty-server idleTimeout=300s"),
  );
  expect(linesOf(half)).toEqual(["error keep-alive-order gateway.poolIdleTimeout service.idleTimeout"]);
});
