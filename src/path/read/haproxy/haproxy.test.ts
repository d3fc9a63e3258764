import { expect, test } from "vitest";
import { hopLines, readFixture, readText, remarkLines } from "../../../../tests/helpers/read-config.ts";

test("haproxy.cfg with two defaults, frontends, backends and listen sections", () => {
  const reading = readFixture("haproxy.cfg");
  expect(hopLines(reading)).toEqual([
    "frontend web -> backend api | proxy 7 haproxy | idleTimeoutMs=75000@16 headersTimeoutMs=10000@12 streamIdleTimeoutMs=50000@10 connectTimeoutMs=5000@9 tcpKeepalive=1@32 tcpKeepaliveMs=60000@33 tcpKeepaliveIntervalMs=10000@34 tcpKeepaliveProbes=3@35 responseTimeoutMs=300000@31 drainMs=30000@4",
    "frontend web -> backend app | proxy 7 haproxy | idleTimeoutMs=75000@16 headersTimeoutMs=10000@12 streamIdleTimeoutMs=50000@10 connectTimeoutMs=5000@9 healthCheckIntervalMs=2000@27 unhealthyThreshold=3@27 healthyThreshold=2@27 poolMaxRequests=100@27 responseTimeoutMs=50000@11 reusesConnections=1@25 drainMs=30000@4",
    "frontend plain -> backend closing | proxy 7 haproxy http1 | headersTimeoutMs=10000@12 streamIdleTimeoutMs=50000@10 idleTimeoutMs=10000*@12 connectTimeoutMs=5000@9 responseTimeoutMs=50000@11 reusesConnections=0@39 drainMs=30000@4",
    "listen postgres | proxy 4 haproxy tcp | idleTimeoutMs=1800000@46 connectTimeoutMs=5000@44 drainMs=30000@4",
    "listen redis | proxy 4 haproxy tcp | idleTimeoutMs=7200000@54 connectTimeoutMs=5000@44 drainMs=30000@4",
  ]);
  expect(remarkLines(reading)).toEqual([
    "assumed haproxy.cfg:16 timeout http-keep-alive is longer than timeout client: versions without the fix of haproxy/haproxy#2334 (2023) close after timeout client",
    "error bad-value haproxy.cfg:55 timeout client: what stands there (not shown) is not a value that it takes",
  ]);
});

const settings = (text: string): string =>
  hopLines(readText("haproxy.cfg", text))
    .join("\n")
    .replace(/^.*\| /gm, "");

test.each([
  [
    "no keep-alive timeout: the request's, then the client's",
    " timeout http-request 5s\n timeout client 9s",
    "headersTimeoutMs=5000@4 streamIdleTimeoutMs=9000@5 idleTimeoutMs=5000*@4",
  ],
  [
    "0 is no timeout",
    " timeout http-keep-alive 0\n timeout client 9s",
    "streamIdleTimeoutMs=9000@5 idleTimeoutMs=9000*@5",
  ],
  ["a client timeout of 0 is none", " timeout client 0", "streamIdleTimeoutMs=Infinity@4"],
  ["closing after each answer", " option httpclose", "maxRequests=1@4 reusesConnections=0@4"],
  ["closing towards the server only", " option http-server-close", "reusesConnections=0@4"],
  ["the later of two modes", " option httpclose\n option http-keep-alive", ""],
  ["switched off again", " option http-server-close\n no option http-server-close", ""],
  ["never reusing", " http-reuse never", "reusesConnections=0@4"],
  ["a pool purged every 10 s", " server s a:1 pool-purge-delay 10s", "poolPurgeIntervalMs=10000@4"],
  ["a pool that keeps none", " server s a:1 pool-purge-delay 0", "reusesConnections=0*@4"],
  ["a pool without room", " default-server pool-max-conn 0", "reusesConnections=0*@4"],
  ["a variable", ' timeout client "$T"', ""],
])("in a listen section: %s", (_, lines, expected) => {
  expect(settings(`listen a\n mode http\n bind :80\n${lines}\n`)).toBe(expected);
});

test("a frontend that names a backend of its defaults, and one that is not there", () => {
  const reading = readText(
    "haproxy.cfg",
    "defaults\n mode http\n default_backend b\nfrontend f\n bind :80\n use_backend gone if x\nbackend b\n server s a:1",
  );
  expect(reading.hops.map(({ name }) => name)).toEqual(["frontend f -> backend b"]);
  expect(remarkLines(reading)).toEqual([
    "ignored haproxy.cfg:6 use_backend: no backend of that name stands in this file",
  ]);
});

test.each([
  [":443 ssl alpn h2,http/1.1", undefined],
  [":443 ssl alpn h2", "http2"],
  [":443 ssl alpn http/1.1", "http1"],
  [":443 ssl", undefined],
  [":80", "http1"],
  [":80 proto h2", "http2"],
])("bind %s", (bind, protocol) => {
  expect(readText("haproxy.cfg", `frontend f\n mode http\n bind ${bind}\n timeout client 1s`).hops[0]?.protocol).toBe(
    protocol,
  );
});

test("mode http: what timeout tunnel is for is said, and other streams are judged", () => {
  const text =
    "defaults\n  mode http\n  timeout client 50s\nfrontend f\n  bind :80\n  default_backend ws\nbackend ws\n  timeout tunnel 1h\n  server a 10.0.0.1:80\n";
  const reading = readText("haproxy.cfg", text);
  expect(reading.assumed.map(({ line, says }) => `${line} ${says.slice(0, 14)}`)).toContain("8 timeout tunnel");
  expect(reading.hops[0]?.settings.find(({ key }) => key === "streamIdleTimeoutMs")?.value).toBe(50_000);
});

test("a page of statistics or metrics is no way to a server; one that stands beside servers is", () => {
  const names = (text: string): string[] => readText("haproxy.cfg", text).hops.map(({ name }) => name);
  const web = "frontend web\n mode http\n bind :80\n default_backend app\nbackend app\n mode http\n server a a:1\n";
  const page = "listen stats\n mode http\n bind :8404\n stats enable\n stats uri /\n";
  const metrics =
    "frontend metrics\n mode http\n bind :8405\n http-request use-service prometheus-exporter if { path /metrics }\n no log\n";
  expect(names(web + page + metrics)).toEqual(["frontend web -> backend app"]);
  expect(names(`${page} server a a:1\n`)).toEqual(["listen stats"]);
});
