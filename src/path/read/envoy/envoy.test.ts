import { expect, test } from "vitest";
import { linesOf } from "../../../../tests/helpers/judge-path.ts";
import { hopLines, readFixture, remarkLines } from "../../../../tests/helpers/read-config.ts";
import { check } from "../../check.ts";
import { READERS } from "../index.ts";

test("a bootstrap: HTTP with three clusters, TCP with one", () => {
  const reading = readFixture("envoy.yaml");
  expect(hopLines(reading)).toEqual([
    "listener ingress -> grpc | proxy 7 envoy -> http2 | idleTimeoutMs=900000@19 maxAgeMs=3600000@20 maxStreams=100@22 serverPingIntervalMs=60000@23 streamIdleTimeoutMs=Infinity@15 headersTimeoutMs=5000@16 drainMs=20000@17 connectTimeoutMs=1000@60 pingIntervalMs=30000@67 pingTimeoutMs=5000@68 pingsWithoutStreams=1*@67 tcpKeepaliveMs=120000@71 tcpKeepaliveIntervalMs=10000@72 tcpKeepaliveProbes=3@73 responseTimeoutMs=Infinity@30",
    "listener ingress -> web | proxy 7 envoy -> http1 | idleTimeoutMs=900000@19 maxAgeMs=3600000@20 maxStreams=100@22 serverPingIntervalMs=60000@23 streamIdleTimeoutMs=Infinity@15 headersTimeoutMs=5000@16 drainMs=20000@17 connectTimeoutMs=250@49 poolIdleTimeoutMs=55000@55 poolMaxRequests=1000@56 responseTimeoutMs=30000@33",
    "listener ingress -> canary | proxy 7 envoy | idleTimeoutMs=900000@19 maxAgeMs=3600000@20 maxStreams=100@22 serverPingIntervalMs=60000@23 streamIdleTimeoutMs=Infinity@15 headersTimeoutMs=5000@16 drainMs=20000@17 responseTimeoutMs=30000@33",
    "listener mysql -> mysql | proxy 4 envoy tcp | idleTimeoutMs=28800000@46 connectTimeoutMs=2000@75 healthCheckIntervalMs=5000@77 healthCheckTimeoutMs=1000@77 unhealthyThreshold=2@77 healthyThreshold=1@77",
    "cluster unused | proxy 7 envoy | poolMaxRequests=1@79 reusesConnections=0@79",
  ]);
  expect(remarkLines(reading)).toEqual([
    "error bad-value envoy.yaml:80 static_resources.clusters[3].common_http_protocol_options.idle_timeout: what stands there (not shown) is not a value that it takes",
  ]);
});

test("xDS resources in JSON, with Protobuf's camelCase", () => {
  const reading = readFixture("envoy-lds.json");
  expect(hopLines(reading)).toEqual(["listener outbound -> backend | proxy 7 envoy | idleTimeoutMs=300000@16"]);
  expect(remarkLines(reading)).toEqual([]);
});

/** A cluster that is told what to speak, in a path in front of a server and, between them, of what is given. */
function behind(options: string, carries: string, between = ""): string[] {
  const envoy = `static_resources:
  clusters:
    - name: app
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          common_http_protocol_options: { idle_timeout: 300s }
          explicit_http_config: { ${options} }
`;
  const path = `path: 1
carries: [${carries}]
hops:
  - { id: cli, role: client }
  - { id: envoy, files: [envoy.yaml] }
${between}  - { id: app, role: server, settings: { idleTimeout: 300s } }
`;
  const files = [
    { file: "path.yaml", text: path },
    { file: "envoy.yaml", text: envoy },
  ];
  return check(files, { readers: READERS })
    .paths.flatMap(linesOf)
    .filter((line) => line.includes("envoy.pool") || line.includes("nlb"));
}

test.each([
  ["http_protocol_options: {}", "http", "", ["error keep-alive-order envoy.poolIdleTimeout app.idleTimeout"]],
  ["http2_protocol_options: {}", "http", "", []],
  [
    "http2_protocol_options: { connection_keepalive: { interval: 30s, timeout: 5s } }",
    "streams",
    "  - { id: nlb, product: aws-nlb }\n",
    [],
  ],
  [
    "http2_protocol_options: {}",
    "streams",
    "  - { id: nlb, product: aws-nlb }\n",
    ["error box-forgets-first envoy.tcpKeepalive nlb.idleTimeout"],
  ],
])("a cluster with %s that carries %s", (options, carries, between, found) => {
  expect(behind(options, carries, between)).toEqual(found);
});
