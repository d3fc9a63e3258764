import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "PINGs that an ALB does not count",
    `
a: grpc-go-client pingInterval=30s
b: aws-alb protocol=http2
c: server
`,
    "carries: [streams]",
    ["error ping-not-activity a.pingInterval b.streamIdleTimeout"],
  ],
  [
    "TCP keepalives neither",
    `
a: client tcpKeepaliveMs=15000
b: aws-clb
c: server
`,
    "carries: [streams]",
    ["error ping-not-activity a.tcpKeepalive b.streamIdleTimeout"],
  ],
  [
    "a heartbeat of the application",
    `
a: grpc-go-client pingInterval=30s heartbeat=20s
b: aws-alb protocol=http2
c: server
`,
    "carries: [streams]",
    [],
  ],
  [
    "nothing known speaks",
    `
a: client
b: envoy
c: server
`,
    "carries: [streams]",
    ["warning ping-not-activity a.heartbeat b.streamIdleTimeout"],
  ],
  [
    "Envoy does not count PINGs either",
    `
a: go-client readIdleTimeout=30s
b: istio protocol=http2
c: server
`,
    "carries: [streams]",
    ["error ping-not-activity a.readIdleTimeout b.streamIdleTimeout"],
  ],
  [
    "plain requests are not concerned",
    `
a: grpc-go-client pingInterval=30s
b: aws-alb protocol=http2
c: server
`,
    "",
    [],
  ],
  [
    "a proxy that lets streams be silent",
    `
a: client
b: haproxy
c: server
`,
    "carries: [streams]",
    [],
  ],
  [
    "a proxy that passes bytes on closes what is as quiet as the PINGs leave it",
    `
a: kubernetes-client@1.32
b: haproxy layer=4 idleTimeout=30s
c: kube-apiserver
`,
    "carries: [watches]",
    ["warning ping-not-activity a.readIdleTimeout b.idleTimeout"],
  ],
  [
    "PINGs are bytes",
    `
a: kubernetes-client@1.32
b: haproxy layer=4 idleTimeout=60s
c: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "TCP keepalives are not",
    `
a: client tcpKeepaliveMs=15000
b: haproxy layer=4 idleTimeout=60s
c: server
`,
    "carries: [streams]",
    ["warning ping-not-activity a.heartbeat b.idleTimeout"],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "ping-not-activity");
  expect(mine).toEqual(found);
});
