import { Fault } from "../../net/fault.ts";
import type { ApplicationBalancer } from "../../scenario/scenario.ts";
import { haproxy } from "./haproxy.ts";
import { nghttpx } from "./nghttpx.ts";
import { nginx } from "./nginx.ts";

import type { PlannedProxy, ProxyPlace, ProxySoftware } from "./proxy.ts";

/** Throws a `Fault` where the software has no way to do what the scenario is about. */
export function proxyOf(software: ProxySoftware, balancer: ApplicationBalancer, place: ProxyPlace): PlannedProxy {
  switch (software) {
    case "nginx":
      return nginx(balancer, place);
    case "haproxy":
      // A limit as high as an ALB's is not met in a run.
      if (place.protocol === "http2" && balancer.goawayAfterRequests > 0 && balancer.goawayAfterRequests < ALB)
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

/** Requests after which an ALB sends GOAWAY (its troubleshooting page). */
const ALB = 10_000;
