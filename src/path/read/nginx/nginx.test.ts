import { expect, test } from "vitest";
import { hopLines, readFixture, remarkLines } from "../../../../tests/helpers/read-config.ts";

test("nginx.conf with an include, upstreams, WebSocket, gRPC and stream", () => {
  const reading = readFixture("nginx.conf");
  expect(hopLines(reading)).toEqual([
    "server shop.example.com -> app | proxy 7 nginx | idleTimeoutMs=75000@1 maxRequests=1000@2 advertisesIdleTimeout=1@1 headersTimeoutMs=10000@3 drainMs=30000@4 poolIdleTimeoutMs=55000@24 reusesConnections=1@23 responseTimeoutMs=90000@44 streamIdleTimeoutMs=90000@44",
    "server shop.example.com -> app (location /live) | proxy 7 nginx | idleTimeoutMs=75000@1 maxRequests=1000@2 advertisesIdleTimeout=1@1 headersTimeoutMs=10000@3 drainMs=30000@4 poolIdleTimeoutMs=55000@24 reusesConnections=0@51 responseTimeoutMs=3600000@52 streamIdleTimeoutMs=3600000@52",
    "server shop.example.com -> legacy | proxy 7 nginx | idleTimeoutMs=0@58 maxRequests=1@58 headersTimeoutMs=10000@3 drainMs=30000@4",
    "server listen 80 | server 7 nginx http1 | idleTimeoutMs=75000@1 maxRequests=1000@2 advertisesIdleTimeout=1@1 headersTimeoutMs=10000@3 drainMs=30000@4 serverTcpKeepaliveMs=300000@63",
    "server api.example.com -> app | proxy 7 nginx http1 -> http2 | idleTimeoutMs=75000@1 maxRequests=1000@2 advertisesIdleTimeout=1@1 headersTimeoutMs=10000@3 drainMs=30000@4 poolIdleTimeoutMs=55000@24 reusesConnections=1@23",
    "stream 5432 -> db | proxy 4 nginx tcp | idleTimeoutMs=600000@82",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed nginx.conf:34 takes HTTP/2 and HTTP/1.1: which one its client speaks is not known here",
    'error bad-value nginx.conf:25 keepalive_requests: "10k0" is not a value that it takes',
  ]);
});
