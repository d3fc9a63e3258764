import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "ten seconds against five minutes",
    `
a: grpc-go-client pingInterval=10s
b: grpc-go-server
`,
    "carries: [streams]",
    ["error ping-too-fast a.pingInterval b.minPingInterval"],
  ],
  [
    "exactly what is tolerated",
    `
a: grpc-go-client pingInterval=300s
b: grpc-go-server
`,
    "carries: [streams]",
    [],
  ],
  [
    "without calls once in two hours",
    `
a: grpc-go-client pingInterval=300s pingsWithoutStreams=true
b: grpc-go-server
`,
    "carries: [streams]",
    ["error ping-too-fast a.pingInterval b.minPingIntervalIdle"],
  ],
  [
    "a health check of Go's",
    `
a: go-client readIdleTimeout=30s
b: grpc-go-server
`,
    "carries: [streams]",
    ["error ping-too-fast a.readIdleTimeout b.minPingInterval"],
  ],
  [
    "a proxy in between answers PINGs itself",
    `
a: grpc-go-client pingInterval=10s
b: envoy protocol=http2
c: grpc-go-server
`,
    "carries: [streams]",
    [],
  ],
  [
    "an API server counts none",
    `
a: kubernetes-client
b: kube-apiserver
`,
    "carries: [watches]",
    [],
  ],
  [
    "a client that raises what is set too low does not PING so fast",
    `
a: grpc-go-client pingInterval=5s
b: grpc-go-server minPingInterval=10s
`,
    "carries: streams",
    [],
  ],
  [
    "raised to 10 s it is too fast all the same",
    `
a: grpc-go-client pingInterval=5s
b: grpc-go-server
`,
    "carries: streams",
    ["error ping-too-fast a.pingInterval b.minPingInterval"],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "ping-too-fast");
  expect(mine).toEqual(found);
});
