import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";

/** A story, its hops from client to server, what else the path says, and what is found. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "the kernel's two hours",
    `
a: urllib3 tcpKeepalive=true
b: aws-nlb
c: server idleTimeout=never
`,
    "",
    ["error keepalive-too-slow a.hostTcpKeepalive b.idleTimeout"],
  ],
  [
    "a host with two minutes",
    `
a: urllib3 tcpKeepalive=true hostTcpKeepalive=120s
b: aws-nlb
c: server idleTimeout=never
`,
    "",
    [],
  ],
  [
    "a gRPC keepalive of ten minutes",
    `
a: grpc-go-client pingInterval=10m
b: aws-nlb
c: grpc-go-server
`,
    "carries: [streams]",
    ["error keepalive-too-slow a.pingInterval b.idleTimeout"],
  ],
  [
    "a gRPC keepalive of five",
    `
a: grpc-go-client pingInterval=5m
b: aws-nlb
c: grpc-go-server
`,
    "carries: [streams]",
    [],
  ],
  [
    "without calls a gRPC client does not ping",
    `
a: grpc-go-client pingInterval=60s
b: aws-nlb
c: server protocol=http2 minPingInterval=10s
`,
    "carries: [http]",
    ["error keepalive-too-slow a.pingInterval b.idleTimeout"],
  ],
  [
    "with them it does",
    `
a: grpc-go-client pingInterval=60s pingsWithoutStreams=true
b: aws-nlb
c: server protocol=http2 minPingInterval=10s
`,
    "carries: [http]",
    [],
  ],
  [
    "slow, but the pool closes first",
    `
a: client poolIdleTimeout=60s tcpKeepalive=true
b: aws-nlb
c: server idleTimeout=never
`,
    "",
    [],
  ],
  [
    "no box, no demand",
    `
a: client tcpKeepalive=true
c: server idleTimeout=never
`,
    "",
    [],
  ],
  [
    "one request to a connection: none is idle",
    `
a: urllib3 tcpKeepalive=true
b: aws-nlb
c: server idleTimeout=never maxRequests=1
`,
    "",
    [],
  ],
];

test.each(CASES)("%s", (_, hops, more, found) => {
  const mine = linesOf(judgePath(pathText(hops, more))).filter((line) => line.split(" ")[1] === "keepalive-too-slow");
  expect(mine).toEqual(found);
});
