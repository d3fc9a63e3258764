/**
 * A network and a story, as data. The simulator runs it in memory, the lab runs it on a Linux kernel, and `explain` must name
 * the expected cause from the captures of either. All times are milliseconds. Everything has been filled in: the reader of
 * YAML files (`read-scenario.ts`) and `defineScenario` add the defaults of `defaults.ts`.
 */
export interface Scenario {
  /** kebab-case; the file bears its name. */
  readonly name: string;
  /** One sentence that names the mechanism. */
  readonly title: string;
  /** What happens and why, for somebody who has not met it. */
  readonly about: string;
  readonly durationMs: number;
  readonly network: Network;
  /** What happens, ordered by time. */
  readonly story: readonly Happening[];
  /** What must be found. Absent cause: nothing may be found. */
  readonly expect: Expectation;
  /** Each with its changes already applied to a whole scenario; the key is the name, as in `--variant preservation-off`. */
  readonly variants: Readonly<Record<string, Variant>>;
}

export interface Variant {
  readonly title: string;
  /** "mitigation": what people do against it; `scenario.expect` says what of the incident is left. "variation": another shape of it. */
  readonly kind: "mitigation" | "variation";
  readonly scenario: Omit<Scenario, "variants">;
}

export interface Expectation {
  /** An id of the signatures; absent: no incident may be found. */
  readonly cause?: string;
  /** The variant of the cause, where it has some. */
  readonly variant?: string;
  /** Whether nodes become NotReady in the course of it; absent: not asked. */
  readonly notReady?: boolean;
  /**
   * Only what is lost from then on counts; absent: from the beginning. For mitigations that cannot help with the first connections,
   * which meet what they meet.
   */
  readonly fromMs?: number;
}

export interface Network {
  /** Availability zones; servers, balancer nodes and clients are spread over them in turn. */
  readonly zones: readonly string[];
  readonly ipVersion: 4 | 6;
  readonly links: Links;
  /** Absent: clients connect to the servers themselves, chosen at random for each connection. */
  readonly balancer?: Balancer;
  readonly servers: Servers;
  /** By name of the group; the name is the user agent too. */
  readonly clients: Readonly<Record<string, Clients>>;
  /** Absent: no kubelets, no node lifecycle. */
  readonly kubernetes?: Kubernetes;
}

/** One way, between neighbours: client - balancer node - server. */
export interface Links {
  readonly delayMs: number;
  /** Uniform on top of the delay, from 0 to this. Packets of one direction of one connection keep their order. */
  readonly jitterMs: number;
  /** Probability from 0 to 1 that a packet is lost, on each link. */
  readonly loss: number;
}

export type Balancer = NetworkBalancer | ApplicationBalancer;

/** Forwards packets (layer 4). One node, one address a zone. */
export interface NetworkBalancer {
  readonly kind: "network";
  /** On: a node sends to targets of every zone. Off: only to those of its own, where there are some. */
  readonly crossZone: boolean;
  /** On: targets see the client's address and port. Off: the node's address and a port of `snatPorts`. */
  readonly preserveClientIp: boolean;
  /** A flow that was silent so long is forgotten, without a word. */
  readonly idleTimeoutMs: number;
  /** What a packet of a forgotten flow meets. */
  readonly forgotten: "reset" | "drop";
  /** How a new flow's target is found: by a hash of the four-tuple and the initial sequence number, or at random. */
  readonly choice: "hash" | "random";
  /**
   * With `preserveClientIp`, where two nodes have a flow of one client port to one target: do replies follow the node that forwarded
   * latest (what was seen with AWS) or the first?
   */
  readonly replyPath: "latest" | "first";
  /** Inclusive. */
  readonly snatPorts: readonly [first: number, last: number];
  readonly healthCheck: TargetHealthCheck;
  /** How long a target that is taken out keeps its flows before they are reset or left. */
  readonly deregistrationDelayMs: number;
  /** Whether flows that outlive the delay are reset. */
  readonly resetAfterDeregistration: boolean;
}

export interface TargetHealthCheck {
  readonly intervalMs: number;
  /** For a target that says nothing, the check has failed after so long; one that refuses has failed at once. */
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** Ends connections and opens its own (layer 7): an application balancer, an ingress, an API gateway. */
export interface ApplicationBalancer {
  readonly kind: "application";
  /** Spoken with clients; absent: what the servers speak. */
  readonly protocol?: "http1" | "http2";
  /** Towards clients: a connection without a request for so long is closed; a request without an answer for so long is answered 504. */
  readonly idleTimeoutMs: number;
  /** Towards targets: how long an idle connection is kept for reuse. */
  readonly poolIdleTimeoutMs: number;
  /** How long a request may wait for its answer from a target. */
  readonly responseTimeoutMs: number;
  /** Repeats a request, once, that was lost with a reused connection: never, when it is idempotent, always. */
  readonly retries: "never" | "idempotent" | "always";
  /** Requests after which an HTTP/2 client is told to go away; 0: never. */
  readonly goawayAfterRequests: number;
  /** How an HTTP/2 connection is ended: last id at once, or 2^31-1 first; "cut": GOAWAY and close without waiting for streams. */
  readonly drain: Drain;
  readonly healthCheck: TargetHealthCheck;
  readonly deregistrationDelayMs: number;
}

export type Drain = "two-phase" | "one-phase" | "cut";

/** TCP keepalive (Linux: TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT). */
export interface TcpKeepalive {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly probes: number;
}

/** The targets: API servers, application servers. All alike. */
export interface Servers {
  readonly count: number;
  readonly protocol: "http1" | "http2";
  readonly port: number;
  /** Mean time to answer a request; exponential unless `fixedServiceTime`. */
  readonly serviceTimeMs: number;
  readonly fixedServiceTime: boolean;
  /** Requests in service at once on one server; more wait. 0: no bound. */
  readonly capacity: number;
  /** A connection without an open request for so long is closed (HTTP/2: GOAWAY first). 0: never. */
  readonly idleTimeoutMs: number;
  /** A request not answered within this time is abandoned: the connection is reset. 0: never. */
  readonly requestDeadlineMs: number;
  /** HTTP/2: the goaway filter of kube-apiserver. */
  readonly goaway: { readonly chance: number; readonly exempt: readonly string[] };
  readonly drain: Drain;
  readonly drainGraceMs: number;
  readonly keepalive?: TcpKeepalive;
}

/** A group of clients that are alike. */
export interface Clients {
  /** kubelet: renews its lease, reports status, watches. controller: watches leases, judges nodes. plain: only its `requests`. */
  readonly kind: "kubelet" | "controller" | "plain";
  readonly count: number;
  /** On hosts of their own, or on those of the servers (which makes hairpin connections possible). */
  readonly hosts: "own" | "servers";
  /** Connections each keeps at once (separate transports or the pool's size). */
  readonly connections: number;
  readonly requests: Requests;
  /** Long streams each connection holds (HTTP/2), and after how long each is asked anew (uniform between the two). */
  readonly watches: { readonly count: number; readonly minMs: number; readonly maxMs: number };
  /** HTTP/2 PING after silence; absent: none. */
  readonly healthCheck?: { readonly readIdleTimeoutMs: number; readonly pingTimeoutMs: number };
  readonly keepalive?: TcpKeepalive;
  /** How long an idle connection stays in the client's pool. 0: for ever. */
  readonly poolIdleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long a request may wait for its answer. 0: for ever. */
  readonly requestTimeoutMs: number;
  /** Which lost requests are sent again: none; those surely not processed (RFC 9113 §8.7); those and the idempotent ones. */
  readonly retries: "none" | "unprocessed" | "idempotent";
  /** `net.ipv4.ip_local_port_range`, inclusive. */
  readonly portRange: readonly [first: number, last: number];
  /**
   * `net.ipv4.tcp_tw_reuse`: whether connect() takes a port that waits in TIME-WAIT towards the same destination, a second after
   * the last timestamp from there. 0: no. 1: yes. 2: over loopback only, where no connection of a scenario goes.
   */
  readonly twReuse: number;
  /** A translating box before the balancer, shared by the whole group: this many addresses, each with these ports. Absent: none. */
  readonly nat?: { readonly addresses: number; readonly portRange: readonly [first: number, last: number] };
}

export interface Requests {
  /** Mean time between requests on one connection. 0: no requests but those of the kind. */
  readonly everyMs: number;
  /** "steady": at equal distances from a random start; "poisson": exponential gaps. */
  readonly spacing: "steady" | "poisson";
  readonly method: "GET" | "POST" | "PUT";
  /** Bytes of body, there and back. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface Kubernetes {
  /** Minor version as in "1.31": decides the default of `nodeMonitorGraceMs` (40 s, from 1.32 on 50 s). */
  readonly version: string;
  readonly nodeMonitorPeriodMs: number;
  readonly nodeMonitorGraceMs: number;
  readonly leaseRenewMs: number;
  readonly nodeStatusMs: number;
  /** Bytes that a full list of nodes' leases brings back, per node: the price of a relist. */
  readonly leaseBytes: number;
}

/** One thing that happens. `server` and `node` count from 0. */
export type Happening =
  /**
   * Each server in turn is drained, away for `downMs`, and back; the next `stepMs` later. A server that is stopped on purpose (here and
   * in `server-restart`) is taken out of the balancer's choice, or of the clients' own, before it says anything.
   */
  | { readonly what: "rolling-update"; readonly atMs: number; readonly stepMs: number; readonly downMs: number }
  /** Drained as the servers' `drain` says, then away for `downMs`. */
  | { readonly what: "server-restart"; readonly atMs: number; readonly server: number; readonly downMs: number }
  /** Process killed: its kernel resets what comes; back after `downMs`. */
  | { readonly what: "server-killed"; readonly atMs: number; readonly server: number; readonly downMs: number }
  /** The host is gone without a word; back, with nothing remembered, after `downMs`. */
  | { readonly what: "server-lost"; readonly atMs: number; readonly server: number; readonly downMs: number }
  /** The process stands still: its kernel acknowledges, nobody answers. */
  | { readonly what: "server-hung"; readonly atMs: number; readonly server: number; readonly forMs: number }
  /** Taken out of the balancer: no new connections; after the deregistration delay the old ones end. */
  | { readonly what: "deregister"; readonly atMs: number; readonly server: number }
  /** The balancer node forgets its flows and answers nothing; DNS names the others only, after `dnsMs`. */
  | {
      readonly what: "balancer-node-lost";
      readonly atMs: number;
      readonly node: number;
      readonly forMs: number;
      readonly dnsMs: number;
    }
  | { readonly what: "latency"; readonly atMs: number; readonly forMs: number; readonly addMs: number }
  | { readonly what: "goaway-chance"; readonly atMs: number; readonly chance: number }
  /** Every group's own `requests` come `factor` times as often; a kubelet's leases and status reports keep their pace. */
  | { readonly what: "traffic"; readonly atMs: number; readonly forMs: number; readonly factor: number }
  /** Clients of the group send nothing for so long: the silence that a table's idle timeout measures. */
  | { readonly what: "quiet"; readonly atMs: number; readonly forMs: number; readonly clients: string };
