/**
 * What holds where a scenario says nothing, and where each figure comes from: the source code or page that was read, or the
 * measurement. "Chosen" is said where there is no figure to be had and something had to be taken.
 */

import type { Default, Otherwise, Siblings } from "./shape.ts";

/** Defaults by name of the field. */
type Of<Name extends string> = Readonly<Record<Name, Otherwise>>;

const from = (source: string, value: unknown): Default => ({ value, source });

const GO_CLIENT = "kubernetes/apimachinery@eed236ce:pkg/util/net/http.go, read 2026-11-20";
const NLB_GUIDE = "awsdocs/elb-network-load-balancers-user-guide@b5d87736";
const NLB_ATTRIBUTES =
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html, read 2026-11-20";
const KUBELET = "kubernetes/kubelet@63b32497:config/v1beta1/types.go, read 2026-11-20";

/** A part of the network that is there without being said: its fields have defaults of their own. */
export const FILLED: Default = from("its own defaults", {});

export const ZONES: Default = from("chosen: three zones, one balancer node each", ["a", "b", "c"]);
export const IP_VERSION: Default = from("chosen", 4);

export const LINKS: Of<"delay" | "jitter" | "loss"> = {
  delay: from("chosen: half a millisecond one way, as within a region", 0.5),
  jitter: from("chosen: a fifth of the delay", 0.1),
  loss: from("chosen: none, so that every loss is of the story's making", 0),
};

const LONGEST_CHECK = 10_000;

export const TARGET_HEALTH_CHECK: Of<"interval" | "timeout" | "healthyThreshold" | "unhealthyThreshold"> = {
  interval: from(`${NLB_GUIDE}:doc_source/target-group-health-checks.md:33`, 30_000),
  timeout: ({ intervalMs }: Siblings): Default =>
    from(
      `${NLB_GUIDE}:doc_source/target-group-health-checks.md:34 (TCP; taken for application balancers too), the interval at most`,
      Math.min(LONGEST_CHECK, Number(intervalMs)),
    ),
  healthyThreshold: from(`${NLB_GUIDE}:doc_source/target-group-health-checks.md; older documents differ`, 5),
  unhealthyThreshold: from(`${NLB_GUIDE}:doc_source/target-group-health-checks.md; older documents differ`, 2),
};

export const NETWORK_BALANCER: Of<
  | "crossZone"
  | "preserveClientIp"
  | "idleTimeout"
  | "forgotten"
  | "choice"
  | "replyPath"
  | "snatPorts"
  | "deregistrationDelay"
  | "resetAfterDeregistration"
> = {
  crossZone: from(`${NLB_ATTRIBUTES} (load_balancing.cross_zone.enabled)`, false),
  preserveClientIp: from(`${NLB_ATTRIBUTES} (preserve_client_ip.enabled: on for instance targets)`, true),
  idleTimeout: from(
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html, read 2026-11-20",
    350_000,
  ),
  forgotten: from(`${NLB_GUIDE}:doc_source/network-load-balancers.md:157 (RST to the next packet)`, "reset"),
  choice: from(`${NLB_GUIDE}:doc_source/introduction.md:28 (flow hash with the sequence number)`, "hash"),
  replyPath: from("chosen: the latest, which alone explains the clock of the published captures", "latest"),
  snatPorts: from(
    "chosen: every port from 1024 on; Robinhood's account of 2024 speaks of about 65,000",
    [1024, 65_535],
  ),
  deregistrationDelay: from(`${NLB_ATTRIBUTES} (deregistration_delay.timeout_seconds)`, 300_000),
  resetAfterDeregistration: from(`${NLB_ATTRIBUTES} (deregistration_delay.connection_termination.enabled)`, false),
};

const ALB_GUIDE = "awsdocs/elb-application-load-balancers-user-guide@01a945e0";

export const APPLICATION_BALANCER: Of<
  | "idleTimeout"
  | "poolIdleTimeout"
  | "responseTimeout"
  | "retries"
  | "goawayAfterRequests"
  | "drain"
  | "deregistrationDelay"
> = {
  idleTimeout: from(`${ALB_GUIDE}: idle_timeout.timeout_seconds`, 60_000),
  poolIdleTimeout: from(`${ALB_GUIDE}: idle_timeout.timeout_seconds holds towards targets too`, 60_000),
  responseTimeout: from(
    `${ALB_GUIDE}:doc_source/load-balancer-troubleshooting.md (504: no response in the idle timeout)`,
    60_000,
  ),
  retries: from(
    `${ALB_GUIDE}:doc_source/load-balancer-troubleshooting.md (502: closed with a request outstanding)`,
    "never",
  ),
  goawayAfterRequests: from(`${ALB_GUIDE}:doc_source/load-balancer-troubleshooting.md:56`, 10_000),
  drain: from(
    "https://github.com/golang/go/issues/18639 (an ALB's GOAWAY with the true last stream at once)",
    "one-phase",
  ),
  deregistrationDelay: from(`${ALB_GUIDE}: deregistration_delay.timeout_seconds`, 300_000),
};

export const SERVERS: Of<
  | "protocol"
  | "port"
  | "serviceTime"
  | "fixedServiceTime"
  | "capacity"
  | "idleTimeout"
  | "requestDeadline"
  | "goawayChance"
  | "exempt"
  | "drain"
  | "drainGrace"
> = {
  protocol: from("chosen: kube-apiserver's", "http2"),
  port: from("IANA: https", 443),
  serviceTime: from("chosen", 5),
  fixedServiceTime: from("chosen: exponential, as of a queue's textbook server", false),
  capacity: from("chosen: no bound", 0),
  /** kube-apiserver for HTTP/2, nginx for HTTP/1. */
  idleTimeout: ({ protocol }: Siblings): Default =>
    protocol === "http1"
      ? from("nginx/nginx@3f6f7824:src/http/ngx_http_core_module.c:3946 (keepalive_timeout)", 75_000)
      : from("kubernetes/apiserver@24a394e5:pkg/server/secure_serving.go (IdleTimeout)", 90_000),
  requestDeadline: from("chosen: none", 0),
  goawayChance: from("kubernetes/apiserver@24a394e5:pkg/server/options/server_run_options.go (--goaway-chance)", 0),
  exempt: from("kubernetes/apiserver@24a394e5:pkg/server/filters/goaway.go (no exemptions)", []),
  drain: from("golang/net@0ca694d2:http2/server.go (one GOAWAY with the last stream)", "one-phase"),
  drainGrace: from("kubernetes/apiserver@24a394e5: --request-timeout, for which a server that stops waits", 60_000),
};

/** Largest chance that kube-apiserver takes: server_run_options.go:208 refuses more, :367 suggests 0.001 to begin with. */
export const MOST_GOAWAY_CHANCE = 0.02;
export const WHY_NO_MORE =
  "kube-apiserver refuses --goaway-chance above 0.02, one request in fifty, and suggests 0.001";

const LINUX = "torvalds/linux@0326074f:Documentation/networking/ip-sysctl.rst; measured on 6.18.44";
/** Kubelets and controllers are made with client-go. */
const goes = (kind: unknown): boolean => kind === "kubelet" || kind === "controller";

export const CLIENTS: Of<
  | "hosts"
  | "connections"
  | "watches"
  | "shortestWatch"
  | "longestWatch"
  | "healthCheck"
  | "readIdleTimeout"
  | "pingTimeout"
  | "keepalive"
  | "poolIdleTimeout"
  | "connectTimeout"
  | "requestTimeout"
  | "retries"
  | "portRange"
  | "twReuse"
> = {
  hosts: from("chosen", "own"),
  connections: from("client-go shares one transport, and so one HTTP/2 connection, a configuration", 1),
  watches: ({ kind }: Siblings): Default =>
    from("chosen: one on each connection of a Kubernetes client", goes(kind) ? 1 : 0),
  shortestWatch: from("kubernetes/client-go@32ce75a7:tools/cache/reflector.go (minWatchTimeout 5 min)", 300_000),
  longestWatch: from("kubernetes/client-go@32ce75a7:tools/cache/reflector.go (up to twice minWatchTimeout)", 600_000),
  healthCheck: ({ kind }: Siblings): Default | undefined => (goes(kind) ? FILLED : undefined),
  readIdleTimeout: from(`${GO_CLIENT} (HTTP2_READ_IDLE_TIMEOUT_SECONDS)`, 30_000),
  pingTimeout: from(`${GO_CLIENT} (HTTP2_PING_TIMEOUT_SECONDS)`, 15_000),
  keepalive: ({ kind }: Siblings): Default | undefined => (goes(kind) ? FILLED : undefined),
  poolIdleTimeout: from(`${GO_CLIENT}; Go net/http DefaultTransport.IdleConnTimeout`, 90_000),
  connectTimeout: from(`${GO_CLIENT} (dial timeout)`, 30_000),
  requestTimeout: ({ kind }: Siblings): Default => {
    if (kind === "kubelet") return from(`${KUBELET}: heartbeats within the lesser of 10 s and the lease`, 10_000);
    if (kind === "controller") return from("client-go: none", 0);
    return from("AWS API Gateway, HTTP APIs: at most 30 s an integration", 30_000);
  },
  retries: ({ kind }: Siblings): Default =>
    goes(kind)
      ? from("golang/net@0ca694d2:http2/transport.go (streams above the last one of a GOAWAY)", "unprocessed")
      : from("chosen: a client that repeats nothing by itself", "none"),
  portRange: from(`${LINUX} (ip_local_port_range)`, [32_768, 60_999]),
  twReuse: from(`${LINUX} (tcp_tw_reuse: loopback only)`, 2),
};

export const REQUESTS: Of<"every" | "everyOfKind" | "spacing" | "method" | "requestBytes" | "responseBytes"> = {
  /** Kubelets and controllers have requests of their own. */
  every: from("chosen: one a second", 1000),
  everyOfKind: from("chosen: none but those of the kind", 0),
  spacing: from("chosen", "steady"),
  method: from("chosen", "GET"),
  requestBytes: from("chosen", 200),
  responseBytes: from("chosen", 1000),
};

/** Where only the silence is said, or nothing: Go sets the interval to the same, Linux has nine probes. */
export const KEEPALIVE: Of<"idle" | "interval" | "probes"> = {
  idle: from(`${GO_CLIENT} (net.Dialer KeepAlive)`, 30_000),
  interval: ({ idleMs }: Siblings): Default => from("Go net.Dialer KeepAlive: the same as the silence before", idleMs),
  probes: from(`${LINUX} (tcp_keepalive_probes)`, 9),
};

export const NAT: Of<"addresses" | "portRange"> = {
  addresses: from("chosen: one", 1),
  portRange: from("chosen: every port from 1024 on", [1024, 65_535]),
};

/** From this minor version on the controller waits 50 s instead of 40 s. */
const LONGER_GRACE_FROM = 32;

export const KUBERNETES: Of<
  "version" | "nodeMonitorPeriod" | "nodeMonitorGrace" | "leaseRenew" | "nodeStatus" | "leaseBytes"
> = {
  version: from("chosen: the first with the longer grace", "1.32"),
  nodeMonitorPeriod: from("kube-controller-manager --node-monitor-period", 5000),
  nodeMonitorGrace: ({ version }: Siblings): Default => {
    const minor = Number(String(version).split(".")[1]);
    const source =
      "kube-controller-manager --node-monitor-grace-period, raised by kubernetes/kubernetes#126287 in 1.32";
    return from(source, minor < LONGER_GRACE_FROM ? 40_000 : 50_000);
  },
  leaseRenew: from(`${KUBELET} (a quarter of nodeLeaseDurationSeconds, 40)`, 10_000),
  nodeStatus: from(`${KUBELET} (nodeStatusReportFrequency: 5 min while nothing changes)`, 300_000),
  leaseBytes: from("chosen: a lease with its metadata", 600),
};

export const STORY: Of<"down" | "for" | "dns"> = {
  down: from("chosen: half a minute to start again", 30_000),
  for: from("chosen: a minute", 60_000),
  dns: from("chosen: the minute for which a balancer's addresses are cached", 60_000),
};
