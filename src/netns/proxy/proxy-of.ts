import { Fault } from "../../net/fault.ts";
import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { haproxy } from "./haproxy.ts";
import { nghttpx } from "./nghttpx.ts";
import { nginx } from "./nginx.ts";
import type { PlannedProxy, ProxyPlace, ProxySoftware } from "./proxy.ts";

/** Throws a `Fault` where the software has no way to do what the scenario is about. */
export function proxyOf(software: ProxySoftware, balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  const proxy = planned(software, balancer, place);
  if (place.protocol === "http2" || !isMet(balancer)) return proxy;
  const none = `no connection is ended after ${balancer.goawayAfterRequests} requests: that is of HTTP/2, and clients speak HTTP/1.1`;
  return { ...proxy, said: [...proxy.said, none] };
}

function planned(software: ProxySoftware, balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  switch (software) {
    case "nginx":
      return nginx(balancer, place);
    case "haproxy":
      if (place.protocol === "http2" && isMet(balancer))
        throw new Fault(
          "proxy-cannot",
          "haproxy 2.6 does not end an HTTP/2 connection after a number of requests, and this scenario is about that.",
          "Run it with --proxy nginx or --proxy nghttpx.",
        );
      return haproxy(balancer, place);
    case "nghttpx":
      return nghttpx(balancer, place);
  }
}

/** A limit as high as an ALB's is not met in a run. */
const isMet = ({ goawayAfterRequests }: ApplicationBalancer): boolean =>
  goawayAfterRequests > 0 && goawayAfterRequests < ALB;

/** Requests after which an ALB sends GOAWAY (its troubleshooting page). */
const ALB = 10_000;
