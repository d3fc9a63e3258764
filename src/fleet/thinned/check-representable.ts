import { Fault } from "../../net/fault.ts";
import type { Clients, Scenario } from "../../scenario/scenario.ts";

/** Throws a Fault if the scenario has a mechanism in which requests that this simulation skips would decide something. */
export function checkRepresentable(scenario: Omit<Scenario, "variants">): void {
  const why = [...reasons(scenario)];
  if (why.length === 0) return;
  throw new Fault(
    "not-thinnable",
    `${scenario.name}: ${why.join("; ")}`,
    "Use the full detail (--detail full), in which every request is an event.",
  );
}

/** Services and answers that are so much shorter than a timeout that none will reach it. */
const FAR = 20;

function* reasons({ network, story }: Omit<Scenario, "variants">): Generator<string> {
  const { balancer, servers, links, kubernetes } = network;
  if (balancer?.kind === "application") yield "an application balancer ends connections request by request";
  if (servers.protocol === "http1") yield "HTTP/1 connections live and die by single requests";
  if (links.loss > 0) yield "lost packets delay single requests";
  if (servers.requestDeadlineMs > 0 && servers.requestDeadlineMs < FAR * servers.serviceTimeMs)
    yield "the servers' request deadline is so near to the service time that single requests meet it";
  for (const [name, group] of Object.entries(network.clients)) {
    const { requestTimeoutMs } = group;
    if (requestTimeoutMs > 0 && requestTimeoutMs < FAR * servers.serviceTimeMs)
      yield `clients ${name}: the request timeout is so near to the service time that single requests meet it`;
    const longest = longestSilence(group, kubernetes?.leaseRenewMs);
    const hasWatches = group.watches.count > 0;
    // A watch is an open request: only connections without one are closed for being idle.
    const idle = [servers.idleTimeoutMs, group.poolIdleTimeoutMs].filter((limit) => limit > 0);
    if (!hasWatches && idle.some((limit) => longest > limit))
      yield `clients ${name}: connections may be closed for being idle`;
    // What was told to go away and holds a watch has no other requests.
    const silent = hasWatches ? keptAlive(group) : Math.min(longest, keptAlive(group));
    if (balancer?.kind === "network" && silent > balancer.idleTimeoutMs)
      yield `clients ${name}: the balancer may forget connections for being silent`;
  }
  for (const each of story) {
    switch (each.what) {
      case "server-hung":
        yield "a server that hangs is noticed by single requests";
        break;
      case "quiet":
        yield "clients that fall silent are noticed by single requests";
        break;
      case "latency":
        if (Object.values(network.clients).some((group) => FAR * each.addMs > shortestTimeout(group)))
          yield `${each.addMs} ms of latency come near to a timeout`;
        break;
      case "rolling-update":
      case "server-restart":
      case "server-killed":
      case "server-lost":
      case "deregister":
      case "balancer-node-lost":
      case "goaway-chance":
      case "traffic":
    }
  }
}

/** Between two requests of a connection, with a margin for exponential gaps. */
function longestSilence({ kind, connections, requests }: Clients, leaseRenewMs: number | undefined): number {
  const own = requests.everyMs === 0 ? Number.POSITIVE_INFINITY : requests.everyMs;
  const gaps = requests.spacing === "poisson" ? FAR * own : own;
  return kind === "kubelet" && connections === 1 ? Math.min(gaps, leaseRenewMs ?? gaps) : gaps;
}

/** Between two packets of any kind, on connections that wait for their watches to end. */
function keptAlive({ healthCheck, keepalive }: Clients): number {
  const ping =
    healthCheck === undefined || healthCheck.readIdleTimeoutMs === 0
      ? Number.POSITIVE_INFINITY
      : healthCheck.readIdleTimeoutMs;
  return Math.min(ping, keepalive?.idleMs ?? Number.POSITIVE_INFINITY);
}

function shortestTimeout({ healthCheck, connectTimeoutMs, requestTimeoutMs }: Clients): number {
  const all = [healthCheck?.pingTimeoutMs ?? 0, connectTimeoutMs, requestTimeoutMs].filter((each) => each > 0);
  return Math.min(...all);
}
