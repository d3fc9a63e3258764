import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { CONFIG, type PlannedProxy, type ProxyPlace } from "./proxy.ts";
import { hostPort, ms, patienceMs } from "./words.ts";

/**
 * HAProxy 2.6, HTTP/2 on both sides where it is spoken there. Its names for the scenario's (configuration.txt §4.2, §5.2): timeout client and
 * timeout http-keep-alive, pool-purge-delay, timeout server, retry-on, hard-stop-after. `http-reuse always`: like the others here, it sends a client's first
 * request on a kept connection too, where the default ("safe") sends only later ones, which a client is expected to repeat by itself.
 * That it says GOAWAY once, and what it does with open streams, was seen with 2.6.12.
 */
export function haproxy(balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  const secure = place.protocol === "http2";
  const target = place.targetProtocol === "http2" ? " ssl verify none alpn h2" : "";
  // A pool of no time is no pool.
  const noPool = balancer.poolIdleTimeoutMs < NO_POOL_MS;
  const config = `${[
    "global",
    " log stdout format raw daemon",
    " nbthread 1",
    ` stats socket ${place.work}/haproxy.sock`,
    ...(balancer.drain === "cut" ? [" hard-stop-after 1s"] : []),
    "defaults",
    " mode http",
    " log global",
    " option httplog",
    " timeout connect 5000ms",
    ` timeout client ${ms(balancer.idleTimeoutMs)}`,
    ` timeout http-keep-alive ${ms(balancer.idleTimeoutMs)}`,
    ` timeout server ${ms(patienceMs(balancer))}`,
    ` retries ${balancer.retries === "never" ? 0 : 1}`,
    ...retryOn(balancer.retries),
    "frontend clients",
    ` bind ${hostPort(place.address, place.port)}${secure ? ` ssl crt ${place.bothFile} alpn h2,http/1.1` : ""}`,
    ...(balancer.retries === "idempotent" ? [` http-request disable-l7-retry unless { method ${IDEMPOTENT} }`] : []),
    " default_backend targets",
    "backend targets",
    " balance roundrobin",
    noPool ? " option http-server-close" : " http-reuse always",
    ...place.targets.map(
      (address, i) =>
        ` server target-${i + 1} ${hostPort(address, place.port)}${target} pool-purge-delay ${ms(balancer.poolIdleTimeoutMs)}`,
    ),
  ].join("\n")}\n`;
  // Master and worker: on SIGUSR2 the master starts a worker with the new file, and the old one ends with its last connection.
  const argv = ["haproxy", "-W", "-q", "-f", `${place.work}/${CONFIG}`];
  return {
    config,
    argv,
    reload: "SIGUSR2",
    logs: true,
    said: [
      ...(noPool
        ? []
        : ["haproxy closes half of its idle connections to targets each time that pool-purge-delay is over"]),
      ...(place.protocol === "http2"
        ? [
            `haproxy says GOAWAY once, without its last stream (2^31-1), and ${balancer.drain === "cut" ? "ends open streams a second or two later" : "waits for open streams"}`,
          ]
        : []),
      ...(balancer.retries === "never" ? [] : ["haproxy repeats requests that a new connection lost, too"]),
    ],
  };
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = "GET HEAD OPTIONS TRACE PUT DELETE";

const NO_POOL_MS = 100;

function retryOn(retries: ApplicationBalancer["retries"]): readonly string[] {
  return retries === "never" ? [] : [" retry-on conn-failure empty-response"];
}
