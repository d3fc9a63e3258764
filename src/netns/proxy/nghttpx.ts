import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { CONFIG, type PlannedProxy, type ProxyPlace } from "./proxy.ts";
import { ms, patienceMs } from "./words.ts";

/**
 * nghttpx (nghttp2 1.52), HTTP/2 on both sides where it is spoken there. Its names for the scenario's (nghttpx(1)): frontend-http2-read-timeout and
 * frontend-keep-alive-timeout, backend-keep-alive-timeout, backend-read-timeout, frontend-max-requests. It always goes away in two phases
 * (2^31-1 first, its last stream 2 s later), waits for open streams, and has no setting for retries: a POST that was lost with a kept connection
 * is answered 502. frontend-max-requests would end HTTP/1.1 connections as well, which the scenario's number does not.
 */
export function nghttpx(balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  const tls = place.protocol === "http2" ? "" : ";no-tls";
  const target = place.targetProtocol === "http2" ? ";;proto=h2;tls" : "";
  const config = `${[
    `frontend=${place.address},${place.port}${tls}`,
    ...place.targets.map((address) => `backend=${address},${place.port}${target}`),
    ...(place.targetProtocol === "http2" ? ["insecure=yes"] : []),
    "workers=1",
    "no-ocsp=yes",
    `pid-file=${place.work}/nghttpx.pid`,
    `errorlog-file=${place.logs}/balancer-error.log`,
    `accesslog-file=${place.logs}/balancer-access.log`,
    'accesslog-format=$remote_addr:$remote_port - - [$time_local] "$request" $status $body_bytes_sent "-" "$http_user_agent" rt=$request_time up=$backend_host:$backend_port',
    `frontend-http2-read-timeout=${ms(balancer.idleTimeoutMs)}`,
    `frontend-read-timeout=${ms(balancer.idleTimeoutMs)}`,
    `frontend-keep-alive-timeout=${ms(balancer.idleTimeoutMs)}`,
    `backend-keep-alive-timeout=${ms(balancer.poolIdleTimeoutMs)}`,
    `backend-read-timeout=${ms(patienceMs(balancer))}`,
    ...(place.protocol === "http1" || balancer.goawayAfterRequests === 0
      ? []
      : [`frontend-max-requests=${balancer.goawayAfterRequests}`]),
  ].join("\n")}\n`;
  const argv = ["nghttpx", `--conf=${place.work}/${CONFIG}`, place.keyFile, place.certFile];
  return {
    config,
    argv,
    reload: "SIGHUP",
    logs: false,
    said: [
      ...(balancer.drain === "two-phase" || place.protocol === "http1"
        ? []
        : ["nghttpx always says GOAWAY in two phases, the first refusing nothing"]),
      ...(balancer.drain === "cut" && place.protocol === "http2" ? ["nghttpx waits for open streams"] : []),
      ...(balancer.retries === "never" ? [] : ["nghttpx has no setting for retries"]),
    ],
  };
}
