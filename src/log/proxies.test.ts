import { expect, test } from "vitest";
import { contents, fixture, readWhole } from "../../tests/helpers/log-entries.ts";

test("nginx error log: the upstream closed early, with upstream and request", () => {
  const { entries, reader } = readWhole(fixture("nginx-error.log"));
  expect(reader.counts.text).toBe(0);
  expect(contents(entries, "failure")[0]).toMatchObject({
    error: "end-of-file",
    operation: "read",
    remote: { address: "10.44.7.31", port: 3000 },
    method: "POST",
    target: "/v1/orders",
  });
  expect(contents(entries, "process").map((p) => p.event)).toContain("started");
  expect(contents(entries, "connection")[0]).toMatchObject({ event: "idle-closed", id: "*1" });
});

test.each([
  ["recv() failed (104: Connection reset by peer) while reading response header from upstream", "reset", "read"],
  ["connect() failed (111: Connection refused) while connecting to upstream", "refused", "connect"],
  ["upstream timed out (110: Connection timed out) while reading response header from upstream", "timed-out", "read"],
])("nginx: %s", (message, error, operation) => {
  const line = `2026/11/20 15:33:18 [error] 7#7: *4 ${message}, client: 192.0.2.1, server: , request: "GET /x HTTP/1.1", upstream: "http://[2001:db8::1]:3000/x", host: "h"`;
  expect(contents(readWhole(line).entries, "failure")).toMatchObject([
    { error, operation, remote: { address: "2001:db8::1", port: 3000 }, target: "/x" },
  ]);
});

test("nginx access log with upstream fields: 502 in milliseconds, finer time", () => {
  const { entries } = readWhole(fixture("nginx-access-extended.log"));
  expect(contents(entries, "request")[2]).toMatchObject({
    method: "POST",
    target: "/v1/orders",
    status: 502,
    upstream: { address: "10.44.7.31", port: 3000 },
    upstreamStatus: 502,
    upstreamDuration: 15e6,
    duration: 15e6,
  });
  expect(entries[2]?.time).toEqual({ kind: "instant", at: 1795188798260000000n, resolution: 1e6 });
});

test("the combined format, and what ingress-nginx adds to it", () => {
  const { entries } = readWhole(fixture("nginx-access-combined.log"));
  expect(contents(entries, "request")[0]).toMatchObject({
    client: { address: "10.23.1.9" },
    protocol: "HTTP/2.0",
    bytesSent: 6,
    userAgent: "curl/7.88.1",
  });
  const ingress =
    '192.0.2.7 - - [20/Nov/2026:15:32:00 +0000] "POST /pay HTTP/2.0" 502 150 "-" "okhttp/4" 812 5.003 [shop-pay-80] [] 10.1.2.3:8080, 10.1.2.4:8080 0, 0 5.001, 0.002 502, 502 7f3a';
  expect(contents(readWhole(ingress).entries, "request")).toMatchObject([
    {
      status: 502,
      duration: 5.003e9,
      upstreamName: "shop-pay-80",
      bytesReceived: 812,
      upstream: { address: "10.1.2.4", port: 8080 },
      upstreamStatus: 502,
      upstreamDuration: 2e6,
    },
  ]);
});

test("HAProxy: termination states of server closes, refusals and a TCP session", () => {
  const requests = contents(readWhole(fixture("haproxy.log")).entries, "request");
  expect(requests.map((r) => [r.status, r.termination, r.upstreamName])).toEqual([
    [502, "SH--", "b/s1"],
    [502, "SH--", "b2/s1"],
    [503, "SC--", "b3/s1"],
    [undefined, "--", "bt/s1"],
  ]);
  expect(requests[0]).toMatchObject({
    client: { address: "127.0.0.1", port: 39704 },
    target: "/v1/orders",
    upstreamDuration: undefined,
  });
  const syslog =
    'Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"';
  expect(contents(readWhole(syslog).entries, "request")).toMatchObject([
    { status: 200, termination: "----", duration: 109e6, upstreamDuration: 69e6 },
  ]);
});

test("Envoy's default format and Istio's, with response flags", () => {
  const log = `[2026-11-20T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 503 UC 154 95 7 - "10.0.35.28" "nsq2http" "cc21d9b0" "locations" "10.0.2.1:8080"
[2026-11-20T20:18:00.310Z] "GET /x HTTP/1.1" 503 UC upstream_reset_before_response_started{connection_termination} - "-" 0 95 1 - "-" "curl/8" "6f2a" "orders:8080" "10.4.1.7:8080" inbound|8080|| 127.0.0.6:49583 10.4.1.7:8080 10.4.0.9:41234 - default
`;
  const { entries, reader } = readWhole(log);
  expect(reader.recognition?.format).toBe("envoy-access");
  expect(contents(entries, "request")).toMatchObject([
    {
      status: 503,
      termination: "UC",
      duration: 7e6,
      upstream: { address: "10.0.2.1", port: 8080 },
      bytesReceived: 154,
    },
    {
      status: 503,
      termination: "UC",
      duration: 1e6,
      upstream: { port: 8080 },
      upstreamName: "inbound|8080||",
      client: { address: "10.4.0.9", port: 41234 },
    },
  ]);
});

test("Istio's JSON", () => {
  const line = JSON.stringify({
    start_time: "2026-11-20T15:00:00.000Z",
    method: "POST",
    path: "/a",
    protocol: "HTTP/1.1",
    response_code: 503,
    response_flags: "UC",
    upstream_host: "10.4.1.7:8080",
    duration: 3,
    bytes_sent: 95,
    bytes_received: 7,
    downstream_remote_address: "10.4.0.9:41234",
  });
  expect(contents(readWhole(`${line}\n`).entries, "request")).toMatchObject([
    { status: 503, termination: "UC", duration: 3e6, client: { port: 41234 } },
  ]);
});

test("AWS application balancer: no status from the target, milliseconds", () => {
  const line =
    'https 2026-11-20T22:23:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:3000 0.000 0.018 -1 502 - 34 366 "POST https://www.example.com:443/orders HTTP/1.1" "okhttp/4.9" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2d6bc24d8a067 "Root=1-58337281" "www.example.com" "arn:aws:acm" 0 2026-11-20T22:22:59.364000Z "forward" "-" "-" "10.0.0.1:3000" "-" "-" "-"';
  const { entries, reader } = readWhole(line);
  expect(reader.recognition?.format).toBe("alb-access");
  expect(contents(entries, "request")).toMatchObject([
    {
      client: { port: 2817 },
      upstream: { address: "10.0.0.1", port: 3000 },
      status: 502,
      upstreamStatus: undefined,
      upstreamDuration: 18e6,
      method: "POST",
    },
  ]);
});

test("AWS network balancer's TLS log: times are UTC", () => {
  const line =
    "tls 2.0 2026-11-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer.example - - - 2026-11-20T02:59:30";
  expect(readWhole(line).entries).toMatchObject([
    {
      time: { kind: "instant" },
      content: { client: { port: 51341 }, upstream: { port: 443 }, duration: 5e6, bytesReceived: 98, bytesSent: 246 },
    },
  ]);
});
