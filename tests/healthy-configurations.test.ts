import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "./helpers/judge-path.ts";

/** Ordinary set-ups that lose nothing: a name, hops from client to server, and what else the path says. */
const HEALTHY: readonly (readonly [name: string, hops: string, more?: string])[] = [
  ["nginx with its defaults in front of an application that says nothing", "u: client\na: nginx@1.24\nb: server"],
  ["nginx 1.24, which reuses nothing, in front of uvicorn", "u: client\na: nginx@1.24\nb: uvicorn"],
  ["an ALB in front of Node with 65 s", "u: client\na: aws-alb\nb: node-server@20 idleTimeout=65s headersTimeout=66s"],
  ["an ALB in front of nginx with its 75 s", "u: client\na: aws-alb\nb: nginx@1.24\nc: server"],
  ["an ALB in front of Puma 7", "u: client\na: aws-alb\nb: puma@7.0.0"],
  ["an ALB in front of Kestrel", "u: client\na: aws-alb\nb: kestrel@8"],
  [
    "CloudFront with its 5 s in front of an ALB",
    "u: client\na: aws-cloudfront\nb: aws-alb\nc: node-server@20 idleTimeout=65s",
  ],
  [
    "Google's balancer in front of a server with 620 s",
    "u: client\na: gcp-http-balancer\nb: go-server idleTimeout=620s",
  ],
  ["Cloudflare in front of a server with 1000 s", "u: client\na: cloudflare\nb: server idleTimeout=1000s"],
  ["ingress-nginx in front of Kestrel", "u: client\na: ingress-nginx\nb: kestrel@8"],
  ["Traefik in front of a Go server", "u: client\na: traefik\nb: go-server"],
  ["Envoy with 55 s in front of Tomcat", "u: client\na: envoy poolIdleTimeout=55s\nb: tomcat"],
  ["Go's DefaultTransport to a server with 120 s", "a: go-client\nb: iis"],
  ["Go through a network balancer: it probes every 30 s", "a: go-client\nn: aws-nlb\nb: go-server"],
  ["undici to Node", "a: undici\nb: node-server@20"],
  ["Node's agent to Node: it obeys the hint", "a: node-agent@20.18\nb: node-server@20.18"],
  ["httpx to nginx", "a: httpx\nb: nginx@1.24 role=server"],
  [".NET 8 to Kestrel", "a: dotnet-httpclient@8\nb: kestrel@8"],
  ["Java 21 to Tomcat", "a: java-httpclient@21\nb: tomcat"],
  ["requests to a Go server that never closes", "a: urllib3\nb: go-server"],
  [
    "a kubelet's and controllers' client through a network balancer",
    "a: kubernetes-client@1.32\nn: aws-nlb\nb: kube-apiserver",
    "carries: [watches]",
  ],
  [
    "a controller on its own host",
    "a: kubernetes-client@1.32\nb: kube-apiserver goawayChance=0.001",
    "carries: [watches]",
  ],
  [
    "goaway-chance behind a balancer without cross-zone",
    "a: kubernetes-client@1.32\nn: aws-nlb clientIpPreservation=true\nb: kube-apiserver goawayChance=0.001",
    "carries: [watches]",
  ],
  [
    "gRPC with a keepalive of five minutes",
    "a: grpc-go-client pingInterval=5m\nn: aws-nlb\nb: grpc-go-server",
    "carries: [streams]",
  ],
  [
    "a watch through Envoy with heartbeats",
    "a: grpc-go-client pingInterval=5m heartbeat=60s\nb: envoy protocol=http2 pingInterval=5m\nc: grpc-go-server",
    "carries: [streams]",
  ],
  [
    "an application behind an ALB that waits before it stops",
    "u: client\na: aws-alb deregistrationDelay=30s\nb: node-server@20 idleTimeout=65s preStop=40s drain=20s terminationGrace=90s",
  ],
  [
    "Azure's balancer that sends RST to both ends",
    "a: client poolIdleTimeout=10m\nn: azure-load-balancer resetsOnExpiry=true\nb: server idleTimeout=20m",
  ],
];

test.each(HEALTHY.map(([name, hops, more]) => ({ name, text: pathText(hops, more) })))(
  "$name: no error",
  ({ text }) => {
    expect(linesOf(judgePath(text)).filter((line) => line.startsWith("error"))).toEqual([]);
  },
);

test("there are enough of them", () => {
  expect(HEALTHY.length).toBeGreaterThanOrEqual(20);
});
