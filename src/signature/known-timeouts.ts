import { type Nanoseconds, SECOND } from "../net/time.ts";

/** A timeout that a product ships with. */
export interface KnownTimeout {
  readonly seconds: number;
  readonly whose: string;
}

/**
 * After how long an idle server closes a kept connection, as products ship (vendor documentation and
 * source, read 2026-11). Node closes one second after the figure it advertises.
 */
export const SERVER_IDLE_LIMITS: readonly KnownTimeout[] = [
  { seconds: 2, whose: "gunicorn" },
  { seconds: 5, whose: "Node before its 1 s buffer, Apache httpd, uvicorn, hypercorn" },
  { seconds: 6, whose: "Node (keepAliveTimeout 5 s and 1 s of buffer)" },
  { seconds: 20, whose: "Tomcat as shipped, Puma before 7" },
  { seconds: 30, whose: "Jetty" },
  { seconds: 60, whose: "AWS ALB, nginx upstream, Tomcat, Undertow, Kong, Contour" },
  { seconds: 65, whose: "Puma" },
  { seconds: 75, whose: "nginx, ingress-nginx, aiohttp" },
  { seconds: 90, whose: "kube-apiserver" },
  { seconds: 120, whose: "IIS" },
  { seconds: 130, whose: "Kestrel" },
  { seconds: 180, whose: "Traefik" },
  { seconds: 600, whose: "Google Cloud regional load balancer" },
  { seconds: 610, whose: "Google Cloud external load balancer" },
  { seconds: 3600, whose: "Envoy, Istio" },
];

/** After how long a box on the path forgets a silent connection, as vendors document it (read 2026-11). */
export const PATH_IDLE_LIMITS: readonly KnownTimeout[] = [
  { seconds: 240, whose: "Azure Load Balancer and NAT gateway" },
  { seconds: 350, whose: "AWS NLB, NAT gateway, Network Firewall, security groups of newer instances" },
  { seconds: 600, whose: "Google Cloud firewall" },
  { seconds: 1200, whose: "Google Cloud NAT" },
  { seconds: 86400, whose: "conntrack as kube-proxy sets it" },
  { seconds: 432000, whose: "Linux conntrack" },
];

/** How long proxies wait for a response before they give up, as products ship (read 2026-11). */
export const RESPONSE_LIMITS: readonly KnownTimeout[] = [
  { seconds: 15, whose: "Envoy routes" },
  { seconds: 20, whose: "Azure Application Gateway" },
  { seconds: 29, whose: "AWS API Gateway (REST)" },
  { seconds: 30, whose: "AWS API Gateway (HTTP), Azure Front Door" },
  { seconds: 60, whose: "nginx proxy_read_timeout, Kong, AWS ALB idle timeout" },
  { seconds: 120, whose: "Cloudflare" },
  { seconds: 300, whose: "Envoy stream idle timeout" },
];

/** The shipped timeout that `span` agrees with, within 2 % and at most `slack`. */
export function timeoutNear(
  list: readonly KnownTimeout[],
  span: Nanoseconds,
  slack: Nanoseconds = 0.2 * SECOND,
): KnownTimeout | undefined {
  const distance = (known: KnownTimeout): number => Math.abs(span - known.seconds * SECOND);
  const near = list.filter((known) => distance(known) <= Math.max(slack, 0.02 * known.seconds * SECOND));
  return near.sort((a, b) => distance(a) - distance(b))[0];
}

/** The longest shipped timeout that `span` exceeds. */
export const timeoutExceeded = (list: readonly KnownTimeout[], span: Nanoseconds): KnownTimeout | undefined =>
  list.findLast((known) => span > known.seconds * SECOND);
