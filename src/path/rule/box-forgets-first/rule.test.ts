import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "both ends keep longer than the box",
    `
a: client poolIdleTimeout=10m
b: aws-nlb
c: server idleTimeout=20m
`,
    "",
    ["error box-forgets-first a.poolIdleTimeout b.idleTimeout c.idleTimeout"],
  ],
  [
    "the caller closes first",
    `
a: client poolIdleTimeout=5m
b: aws-nlb
c: server idleTimeout=20m
`,
    "",
    [],
  ],
  [
    "the server closes first: the box is content",
    `
a: client poolIdleTimeout=10m
b: aws-nlb
c: server idleTimeout=5m
`,
    "",
    [],
  ],
  [
    "half a second before is too close",
    `
a: client poolIdleTimeout=349500ms
b: aws-nlb
c: server idleTimeout=20m
`,
    "",
    ["warning box-forgets-first a.poolIdleTimeout b.idleTimeout c.idleTimeout"],
  ],
  [
    "the server probes",
    `
a: client poolIdleTimeout=10m
b: aws-nlb
c: server idleTimeout=20m serverTcpKeepalive=60s
`,
    "",
    [],
  ],
  [
    "one end is not known",
    `
a: client poolIdleTimeout=10m
b: aws-nlb
c: server
`,
    "",
    ["warning box-forgets-first a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "nothing is known",
    `
a: client
b: aws-nlb
c: server
`,
    "",
    [],
  ],
  [
    "RST to both ends is a close",
    `
a: client poolIdleTimeout=10m
b: azure-load-balancer resetsOnExpiry=true
c: server idleTimeout=20m
`,
    "",
    [],
  ],
  [
    "on a stream too",
    `
a: client poolIdleTimeout=10m
b: azure-load-balancer resetsOnExpiry=true
c: server idleTimeout=20m
`,
    "carries: [streams]",
    [],
  ],
  [
    "two boxes, the shorter counts",
    `
a: client poolIdleTimeout=5m
b: aws-nlb
n: azure-nat-gateway
c: server idleTimeout=20m
`,
    "",
    ["error box-forgets-first a.poolIdleTimeout n.idleTimeout c.idleTimeout"],
  ],
  [
    "on a stream closing idle connections does not help",
    `
a: client poolIdleTimeout=60s
b: aws-nlb
c: server idleTimeout=20m
`,
    "carries: [streams]",
    ["error box-forgets-first a.tcpKeepalive b.idleTimeout"],
  ],
  [
    "a watch with a health check",
    `
a: kubernetes-client
b: aws-nlb
c: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "a host's own connection tracking",
    `
a: client poolIdleTimeout=10m
c: server idleTimeout=20m conntrackEstablished=300s
`,
    "",
    ["error box-forgets-first a.poolIdleTimeout c.conntrackEstablished c.idleTimeout"],
  ],
  [
    "Go probes every 30 s",
    `
a: go-client
b: aws-nlb
c: server idleTimeout=20m
`,
    "",
    [],
  ],
  [
    "one request to a connection: none is idle",
    `
a: client poolIdleTimeout=10m
b: aws-nlb
c: server idleTimeout=20m maxRequests=1
`,
    "",
    [],
  ],
  [
    "a pool that uses a connection once keeps none",
    `
a: client poolIdleTimeout=10m poolMaxRequests=1
b: aws-nlb
c: server idleTimeout=20m
`,
    "",
    [],
  ],
  [
    "undici probes every minute of its own accord",
    `
a: undici poolIdleTimeout=300s
n: azure-nat-gateway
m: aws-nlb
c: server idleTimeout=400s
`,
    "",
    [],
  ],
  [
    "undici without its probes",
    `
a: undici poolIdleTimeout=300s tcpKeepalive=never
n: azure-nat-gateway
m: aws-nlb
c: server idleTimeout=400s
`,
    "",
    ["error box-forgets-first a.poolIdleTimeout n.idleTimeout c.idleTimeout"],
  ],
  [
    "what a server says of its idle timeout makes a pool of 4 s one of 400 s",
    `
a: undici tcpKeepalive=never
m: aws-nlb
c: node-server idleTimeout=402s
`,
    "",
    ["error box-forgets-first a.poolIdleTimeout m.idleTimeout c.idleTimeout"],
  ],
  [
    "unless it is told not to believe that for so long",
    `
a: undici tcpKeepalive=never serverHintMost=5m
m: aws-nlb
c: node-server idleTimeout=402s
`,
    "",
    [],
  ],
  [
    "a server that says nothing",
    `
a: undici tcpKeepalive=never
m: aws-nlb
c: node-server idleTimeout=402s advertisesIdleTimeout=false
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "box-forgets-first");
  expect(mine).toEqual(found);
});
