import type { ApplicationBalancer } from "../scenario/scenario.ts";

export interface ProxyPlace {
  readonly address: string;
  readonly port: number;
  readonly targets: readonly string[];
  /** Towards clients. */
  readonly protocol: "http1" | "http2";
  readonly targetProtocol: "http1" | "http2";
  /** Folders for what nginx keeps, and for its logs. */
  readonly work: string;
  readonly logs: string;
  readonly keyFile: string;
  readonly certFile: string;
}

/**
 * An application balancer, as nginx: HTTP/2 over TLS towards clients where the servers speak it, HTTP/1.1 towards targets, which is all
 * that nginx 1.22 can. Its names for the scenario's: keepalive_timeout, upstream keepalive_timeout, proxy_read_timeout, proxy_next_upstream,
 * keepalive_requests, worker_shutdown_timeout.
 */
export function proxyConfig(balancer: ApplicationBalancer, place: ProxyPlace): string {
  const secure = place.protocol === "http2";
  const at = (address: string): string =>
    address.includes(":") ? `[${address}]:${place.port}` : `${address}:${place.port}`;
  const ms = (value: number): string => `${Math.max(1, Math.round(value))}ms`;
  const retries = { never: "off", idempotent: "error timeout", always: "error timeout non_idempotent" }[
    balancer.retries
  ];
  return `${[
    "worker_processes 1;",
    "daemon off;",
    "user root;",
    `pid ${place.work}/nginx.pid;`,
    `error_log ${place.logs}/balancer-error.log info;`,
    ...(balancer.drain === "cut" ? ["worker_shutdown_timeout 1s;"] : []),
    "events { worker_connections 1024; }",
    "http {",
    ` log_format balancer '$remote_addr:$remote_port - - [$time_local] "$request" $status $body_bytes_sent "-" "$http_user_agent" rt=$request_time up=$upstream_addr up_status=$upstream_status up_time=$upstream_response_time';`,
    ` access_log ${place.logs}/balancer-access.log balancer;`,
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => ` ${name}_temp_path ${place.work}/${name};`),
    ` keepalive_timeout ${ms(balancer.idleTimeoutMs)};`,
    ` keepalive_requests ${balancer.goawayAfterRequests === 0 ? 1_000_000 : balancer.goawayAfterRequests};`,
    ` upstream targets { ${place.targets.map((target) => `server ${at(target)} max_fails=0;`).join(" ")} keepalive 64; keepalive_timeout ${ms(balancer.poolIdleTimeoutMs)}; }`,
    " server {",
    `  listen ${at(place.address)}${secure ? " ssl http2" : ""};`,
    ...(secure ? [`  ssl_certificate ${place.certFile};`, `  ssl_certificate_key ${place.keyFile};`] : []),
    "  location / {",
    `   proxy_pass ${place.targetProtocol === "http2" ? "https" : "http"}://targets;`,
    "   proxy_http_version 1.1;",
    '   proxy_set_header Connection "";',
    `   proxy_read_timeout ${ms(balancer.responseTimeoutMs)};`,
    `   proxy_next_upstream ${retries};`,
    "   proxy_next_upstream_tries 2;",
    "  }",
    " }",
    "}",
  ].join("\n")}\n`;
}
