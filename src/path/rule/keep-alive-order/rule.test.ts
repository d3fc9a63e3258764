import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a server that closes first",
    `
a: client
b: aws-alb
c: node-server@20
`,
    "",
    ["error keep-alive-order b.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "a server that outlives the pool",
    `
a: client
b: aws-alb
c: node-server@20 idleTimeout=65s
`,
    "",
    [],
  ],
  [
    "equal is wrong",
    `
a: client poolIdleTimeout=60s
b: server idleTimeout=60s
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "half a second is too close",
    `
a: client poolIdleTimeout=60s
b: server idleTimeout=60500ms
`,
    "",
    ["warning keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "less than a round trip is nothing",
    `
a: client poolIdleTimeout=60s
b: server idleTimeout=60100ms
`,
    "roundTrip: 200ms",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "Node's second of slack counts, and is only a second",
    `
a: client
b: aws-alb
c: node-server@20.18 idleTimeout=60s
`,
    "",
    ["warning keep-alive-order b.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "older Node has none",
    `
a: client poolIdleTimeout=60s
b: node-server@12 idleTimeout=60s
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "direction matters: a pool that gives up first is right",
    `
a: undici
b: nginx
`,
    "",
    [],
  ],
  [
    "a pool that obeys the server's hint",
    `
a: undici
b: node-server@20 idleTimeout=3s
`,
    "",
    [],
  ],
  [
    "a hint in vain: a pool that does not obey it",
    `
a: go-client
b: node-server@20
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "a pool without end",
    `
a: urllib3
b: uvicorn
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "two ends that never close",
    `
a: urllib3
b: go-server
`,
    "",
    [],
  ],
  [
    "no reuse, no race",
    `
a: client poolIdleTimeout=60s reusesConnections=false
b: uvicorn
`,
    "",
    [],
  ],
  [
    "nginx before 1.29.7 reuses nothing unless told",
    `
a: client
b: nginx@1.24
c: uvicorn
`,
    "",
    [],
  ],
  [
    "nginx since 1.29.7 reuses",
    `
a: client
b: nginx@1.29.7
c: uvicorn
`,
    "",
    ["error keep-alive-order b.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "nginx of unknown version reuses only if it is new: no error",
    `
a: client
b: nginx
c: uvicorn
`,
    "",
    ["warning keep-alive-order b.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "whichever version, .NET waits longer",
    `
a: dotnet-httpclient
b: uvicorn
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "HTTP/2 announces its close",
    `
a: kubernetes-client
b: kube-apiserver
`,
    "",
    [],
  ],
  [
    "what is not known is not judged",
    `
a: client
b: server
`,
    "",
    [],
  ],
  [
    "a layer-4 box in between changes nothing",
    `
a: client poolIdleTimeout=90s
b: aws-nlb
c: server idleTimeout=75s
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "one request to a connection: nothing is kept",
    `
a: client poolIdleTimeout=60s
b: server idleTimeout=5s maxRequests=1
`,
    "",
    [],
  ],
  [
    "a pool that uses a connection once keeps none",
    `
a: client poolIdleTimeout=60s poolMaxRequests=1
b: server idleTimeout=5s
`,
    "",
    [],
  ],
  [
    "a pool that is purged now and then keeps connections longer than one purge",
    `
a: client
b: haproxy
c: node-server@18
`,
    "",
    ["warning keep-alive-order b.poolPurgeInterval c.idleTimeout"],
  ],
  [
    "a server that keeps them for several purges",
    `
a: client
b: haproxy
c: node-server@18 idleTimeout=60s
`,
    "",
    [],
  ],
  [
    "no pool, no order",
    `
a: client
b: haproxy reusesConnections=false
c: node-server@18
`,
    "",
    [],
  ],
  [
    "a proxy that only passes bytes on closes quiet connections too",
    `
a: go-client
b: haproxy layer=4 idleTimeout=50s
c: node-server@20 idleTimeout=120s
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout b.idleTimeout"],
  ],
  [
    "what the server closes reaches through it",
    `
a: go-client
b: haproxy layer=4 idleTimeout=2m
c: node-server@20
`,
    "",
    ["error keep-alive-order a.poolIdleTimeout c.idleTimeout"],
  ],
  [
    "both of them keep it longer, whatever boxes lie between",
    `
a: okhttp
n: aws-nlb
b: nginx layer=4 idleTimeout=10m
m: aws-nlb
c: tomcat idleTimeout=400s
`,
    "",
    [],
  ],
  [
    "HTTP/2 through it announces the server's close",
    `
a: kubernetes-client
b: haproxy layer=4 idleTimeout=2m
c: kube-apiserver
`,
    "",
    [],
  ],
  [
    "a server that ends after each request keeps nothing through it",
    `
a: go-client
b: haproxy layer=4 idleTimeout=50s
c: server idleTimeout=10s maxRequests=1
`,
    "",
    [],
  ],
  [
    "0 switches Node's idle timeout off",
    `
a: client
b: aws-alb
c: node-server@20 idleTimeout=0s
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "keep-alive-order");
  expect(mine).toEqual(found);
});

test("the ends of a chain are judged, and nothing is missed of who only passes bytes on", () => {
  const path = judgePath(pathText("a: go-client\nb: haproxy layer=4 idleTimeout=2m\nc: node-server@20"));
  expect(path.notJudged).toEqual([]);
  expect(path.findings[0]?.says).toContain("and b passes the close on");
  const unknown = judgePath(pathText("a: go-client\nb: haproxy layer=4 idleTimeout=2m\nc: server"));
  expect(unknown.notJudged).toEqual(["it is not known how long c keeps idle connections of a"]);
});
