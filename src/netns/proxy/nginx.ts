import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { CONFIG, type PlannedProxy, type ProxyPlace } from "./proxy.ts";
import { hostPort, ms, patienceMs } from "./words.ts";

/**
 * nginx: HTTP/2 over TLS towards clients where the servers speak it, HTTP/1.1 towards targets, which is all that nginx 1.22 can. Its names
 * for the scenario's: keepalive_timeout, upstream keepalive_timeout, proxy_read_timeout, proxy_next_upstream, keepalive_requests,
 * worker_shutdown_timeout. keepalive_requests would end HTTP/1.1 connections as well, which the scenario's number does not. That it says GOAWAY
 * once, with its last stream, and what it does with open streams was seen with nginx 1.22.1.
 */
export function nginx(balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  const secure = place.protocol === "http2";
  const at = (address: string): string => hostPort(address, place.port);
  const retries = { never: "off", idempotent: "error", always: "error non_idempotent" }[balancer.retries];
  const config = `${[
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
    ` keepalive_requests ${secure && balancer.goawayAfterRequests > 0 ? balancer.goawayAfterRequests : 1_000_000};`,
    ` upstream targets { ${place.targets.map((target) => `server ${at(target)} max_fails=0;`).join(" ")} keepalive 64; keepalive_timeout ${ms(balancer.poolIdleTimeoutMs)}; }`,
    " server {",
    `  listen ${at(place.address)}${secure ? " ssl http2" : ""};`,
    ...(secure ? [`  ssl_certificate ${place.certFile};`, `  ssl_certificate_key ${place.keyFile};`] : []),
    "  location / {",
    `   proxy_pass ${place.targetProtocol === "http2" ? "https" : "http"}://targets;`,
    "   proxy_http_version 1.1;",
    '   proxy_set_header Connection "";',
    `   proxy_read_timeout ${ms(patienceMs(balancer))};`,
    `   proxy_next_upstream ${retries};`,
    "   proxy_next_upstream_tries 2;",
    "  }",
    " }",
    "}",
  ].join("\n")}\n`;
  const argv = ["nginx", "-p", place.work, "-c", `${place.work}/${CONFIG}`];
  return { config, argv, reload: "SIGHUP", logs: false, said: said(balancer, place) };
}

function said({ drain, retries }: ApplicationBalancer, place: ProxyPlace): readonly string[] {
  return [
    ...(place.targetProtocol === "http2" ? ["nginx speaks HTTP/1.1 with its targets"] : []),
    ...(place.protocol === "http2" && drain === "two-phase"
      ? ["nginx says GOAWAY in one phase, with its last stream at once"]
      : []),
    ...(place.protocol === "http2" && drain === "cut"
      ? ["nginx ends open streams a second after its file has changed, and waits for them after a number of requests"]
      : []),
    ...(retries === "never" ? [] : ["nginx repeats requests that a new connection lost, too"]),
  ];
}
