import { expect, test } from "vitest";
import { judgePath, linesOf, pathText } from "../../../../tests/helpers/judge-path.ts";
import { solve } from "../../fix/solve.ts";

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
c: grpc-go-server serverTcpKeepalive=never
`,
    "carries: [streams]",
    ["error keepalive-too-slow a.pingInterval b.idleTimeout"],
  ],
  [
    "a server in Go probes of its own accord",
    `
a: grpc-go-client pingInterval=10m
b: aws-nlb
c: grpc-go-server
`,
    "carries: [http, streams]",
    [],
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
    ["error keepalive-too-slow a.pingsWithoutStreams b.idleTimeout"],
  ],
  [
    "calls come and go: with them it pings, without them it does not",
    `
a: grpc-go-client pingInterval=60s
b: aws-nlb
c: server protocol=http2 minPingInterval=10s
`,
    "carries: [http, streams]",
    ["error keepalive-too-slow a.pingsWithoutStreams b.idleTimeout"],
  ],
  [
    "calls come and go, and idle connections are closed in time",
    `
a: grpc-go-client pingInterval=60s poolIdleTimeout=5m
b: aws-nlb
c: server protocol=http2 minPingInterval=10s
`,
    "carries: [http, streams]",
    [],
  ],
  [
    "closing idle connections does not help open ones",
    `
a: grpc-go-client pingInterval=10m poolIdleTimeout=5m
b: aws-nlb
c: server protocol=http2
`,
    "carries: [http, streams]",
    ["error keepalive-too-slow a.pingInterval b.idleTimeout"],
  ],
  [
    "too slow with calls and without is one finding",
    `
a: urllib3 tcpKeepalive=true
b: aws-nlb
c: server idleTimeout=never
`,
    "carries: [http, streams]",
    ["error keepalive-too-slow a.hostTcpKeepalive b.idleTimeout"],
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
    "slow, but both ends are told by RST",
    `
a: client tcpKeepalive=true poolIdleTimeout=never
b: azure-load-balancer resetsOnExpiry=true
c: server idleTimeout=never
`,
    "carries: [http, streams]",
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

test("a remedy leaves the room for a lost keepalive of which it speaks", () => {
  const { path, findings } = judgePath(
    pathText(
      "a: client tcpKeepalive=10m poolIdleTimeout=never\nb: aws-nat-gateway\nc: server idleTimeout=never",
      "carries: [streams]",
    ),
  );
  expect(findings.map(({ remedy }) => remedy)).toEqual([expect.stringContaining("173 s or less leaves room")]);
  const fix = solve(path);
  expect(fix.kind === "changes" && fix.changes.map(({ key, to }) => [key, to])).toEqual([["tcpKeepaliveMs", 173_000]]);
});

test("where the server tolerates no faster PING the remedy stays within what it tolerates", () => {
  const fix = solve(
    judgePath(
      pathText(
        "a: grpc-go-client pingInterval=10m\nb: aws-nat-gateway\nc: server protocol=http2 minPingInterval=5m",
        "carries: [streams]",
      ),
    ).path,
  );
  expect(fix.kind === "changes" && fix.changes.map(({ key, to }) => [key, to])).toEqual([["pingIntervalMs", 348_000]]);
});
