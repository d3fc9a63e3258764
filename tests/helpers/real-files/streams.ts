import type { RealFiles } from "./real-files.ts";

const pair = (a: string, b: string): string =>
  `path: 1\ncarries: [streams]\nhops:\n  - { id: a, ${a} }\n  - { id: b, ${b} }\n`;

const envoy = (idle: string, requests: string): string => `static_resources:
  listeners:
    - name: ingress
      address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                stream_idle_timeout: ${idle}
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          route: { cluster: app }
                http_filters:
                  - name: envoy.filters.http.router
  clusters:
    - name: app
      type: STRICT_DNS
      connect_timeout: 1s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options:
            idle_timeout: 50s
${requests}          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: app
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: app, port_value: 8443 } } }
`;

/** Pings, streams and announced ends. */
export const STREAM_FILES: readonly RealFiles[] = [
  {
    thread: "grpc/grpc-node#1164",
    figures: "a client of 10 s against the 5 minutes of a Go server",
    files: {
      "path.yaml": pair("product: grpc-node-client, settings: { pingInterval: 10s }", "product: grpc-go-server"),
    },
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: {
      "path.yaml": pair(
        "product: grpc-node-client, settings: { pingInterval: 6m, heartbeat: 60s }",
        "product: grpc-go-server",
      ),
    },
  },
  {
    thread: "alibaba/nacos#4751",
    figures: "pings of a client faster than a server's five minutes (a minute stands for it)",
    files: {
      "path.yaml": pair(
        "role: client, protocol: http2, settings: { pingIntervalMs: 60000 }",
        "role: server, protocol: http2, settings: { minPingInterval: 5m }",
      ),
    },
    finds: "ping-too-fast a.pingInterval b.minPingInterval",
    cured: {
      "path.yaml": pair(
        "role: client, protocol: http2, settings: { pingInterval: 6m, heartbeat: 60s }",
        "role: server, protocol: http2, settings: { minPingInterval: 5m }",
      ),
    },
  },
  {
    thread: "golang/go#18639",
    figures: "an ALB's GOAWAY after 10 000 requests to a proxy that does not change connections before",
    files: {
      "path.yaml": `path: 1
hops:
  - { id: u, role: client }
  - { id: a, files: [envoy.yaml] }
  - { id: b, product: aws-alb, role: proxy, protocol: http2 }
`,
      "envoy.yaml": envoy("300s", ""),
    },
    finds: "connection-lifetime a.poolMaxRequests b.maxRequests",
    cured: { "envoy.yaml": envoy("300s", "            max_requests_per_connection: 9000\n") },
  },
];
