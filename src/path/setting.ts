/**
 * The settings that rules compare, under one name whatever a product calls them. A value is a number in the unit
 * of its key: milliseconds, a count, a ratio from 0 to 1, or a flag (0 or 1). What never happens is `NEVER`, so that
 * "keepalive off" and "idle connections are kept for ever" need no special case.
 */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** What a number means: milliseconds, how many, from 0 to 1, or 0 and 1. */
export type SettingUnit = "ms" | "count" | "ratio" | "flag";

/**
 * Whose end of which connection a setting rules. `client`: the connections that this hop accepts. `server`: those
 * that it opens. `both`: a box between two ends. `host`: the machine. `detector`: who declares others dead.
 */
export type SettingSide = "client" | "server" | "both" | "host" | "detector";

export interface SettingMeaning {
  readonly unit: SettingUnit;
  readonly side: SettingSide;
  readonly means: string;
}

/** Every setting there is. The names are part of `path.yaml` and of the JSON output: added to, never renamed. */
export const SETTINGS = {
  // Towards the client: connections that the hop accepts.
  idleTimeoutMs: {
    unit: "ms",
    side: "client",
    means: "silence after which it closes a connection of its client; at layer 4: after which the box forgets it",
  },
  idleSlackMs: { unit: "ms", side: "client", means: "how much later than idleTimeoutMs it really closes" },
  advertisesIdleTimeout: {
    unit: "flag",
    side: "client",
    means: "says its idle timeout in a Keep-Alive: timeout=N header",
  },
  headersTimeoutMs: { unit: "ms", side: "client", means: "time for a whole request header to arrive" },
  requestTimeoutMs: { unit: "ms", side: "client", means: "time for a whole request to arrive or be handled" },
  streamIdleTimeoutMs: { unit: "ms", side: "client", means: "silence after which it ends an open stream or response" },
  maxAgeMs: { unit: "ms", side: "client", means: "age at which it ends a client's connection" },
  maxRequests: { unit: "count", side: "client", means: "requests after which it ends a client's connection" },
  maxStreams: { unit: "count", side: "client", means: "HTTP/2 streams that may be open at once" },
  minPingIntervalMs: {
    unit: "ms",
    side: "client",
    means: "least time between two HTTP/2 PINGs of a client with open streams before it is told to go away",
  },
  minPingIntervalIdleMs: {
    unit: "ms",
    side: "client",
    means: "the same for a client without open streams",
  },
  serverPingIntervalMs: { unit: "ms", side: "client", means: "silence after which it sends its client an HTTP/2 PING" },
  serverTcpKeepaliveMs: { unit: "ms", side: "client", means: "silence after which it probes its client with TCP" },
  goawayChance: { unit: "ratio", side: "client", means: "chance that a request is answered with GOAWAY" },
  preStopMs: { unit: "ms", side: "client", means: "how long it goes on serving after it was told to stop" },
  drainMs: { unit: "ms", side: "client", means: "how long requests in flight may take once it stops" },
  terminationGraceMs: { unit: "ms", side: "client", means: "when it is killed, counted from being told to stop" },
  // Towards the server: connections that the hop opens.
  reusesConnections: { unit: "flag", side: "server", means: "keeps connections for further requests" },
  poolIdleTimeoutMs: { unit: "ms", side: "server", means: "how long an idle connection is kept for the next request" },
  poolPurgeIntervalMs: {
    unit: "ms",
    side: "server",
    means: "time between two purges of a pool, each of which closes half of the idle connections that are not needed",
  },
  poolMaxAgeMs: { unit: "ms", side: "server", means: "age after which a connection is not used again" },
  poolMaxRequests: { unit: "count", side: "server", means: "requests after which a connection is not used again" },
  serverHintMarginMs: {
    unit: "ms",
    side: "server",
    means: "obeys Keep-Alive: timeout=N and closes this much earlier",
  },
  serverHintMostMs: {
    unit: "ms",
    side: "server",
    means: "the longest that Keep-Alive: timeout=N makes it keep an idle connection, where N lengthens poolIdleTimeout",
  },
  connectTimeoutMs: { unit: "ms", side: "server", means: "time for a connection to be accepted" },
  responseTimeoutMs: { unit: "ms", side: "server", means: "time for the server to answer, or between two reads" },
  tcpKeepalive: { unit: "flag", side: "server", means: "sets SO_KEEPALIVE without times of its own: the host's hold" },
  tcpKeepaliveMs: { unit: "ms", side: "server", means: "silence after which it probes its server with TCP" },
  tcpKeepaliveIntervalMs: { unit: "ms", side: "server", means: "time between unanswered probes" },
  tcpKeepaliveProbes: { unit: "count", side: "server", means: "unanswered probes after which it gives up" },
  tcpUserTimeoutMs: { unit: "ms", side: "server", means: "how long sent data may stay unacknowledged" },
  readIdleTimeoutMs: { unit: "ms", side: "server", means: "silence after which a health check (PING) is sent" },
  pingTimeoutMs: { unit: "ms", side: "server", means: "how long the answer to a PING may take" },
  pingIntervalMs: { unit: "ms", side: "server", means: "time between HTTP/2 PINGs of a gRPC keepalive" },
  pingsWithoutStreams: { unit: "flag", side: "server", means: "sends those PINGs without open streams too" },
  heartbeatMs: { unit: "ms", side: "server", means: "longest silence of the application itself on an open stream" },
  // Balancers and boxes.
  clientIpPreservation: { unit: "flag", side: "both", means: "targets see the client's own address and port" },
  crossZone: { unit: "flag", side: "both", means: "a node forwards to targets of every zone" },
  countsPing: { unit: "flag", side: "both", means: "an HTTP/2 PING resets its idle timers" },
  countsTcpKeepalive: { unit: "flag", side: "both", means: "a TCP keepalive probe resets its idle timer" },
  resetsOnExpiry: { unit: "flag", side: "both", means: "sends RST to both ends when it forgets a connection" },
  deregistrationDelayMs: { unit: "ms", side: "both", means: "how long it serves a target that was taken out" },
  healthCheckIntervalMs: { unit: "ms", side: "both", means: "time between two health checks of a target" },
  healthCheckTimeoutMs: { unit: "ms", side: "both", means: "how long a target may take to answer one" },
  unhealthyThreshold: { unit: "count", side: "both", means: "failed health checks before a target is taken out" },
  healthyThreshold: { unit: "count", side: "both", means: "passed health checks before a target is used" },
  snatPorts: { unit: "count", side: "both", means: "source ports that it has towards one target" },
  // The host under a hop.
  hostTcpKeepaliveMs: { unit: "ms", side: "host", means: "net.ipv4.tcp_keepalive_time" },
  hostTcpKeepaliveIntervalMs: { unit: "ms", side: "host", means: "net.ipv4.tcp_keepalive_intvl" },
  hostTcpKeepaliveProbes: { unit: "count", side: "host", means: "net.ipv4.tcp_keepalive_probes" },
  hostRetries2: { unit: "count", side: "host", means: "net.ipv4.tcp_retries2" },
  hostTwReuse: { unit: "count", side: "host", means: "net.ipv4.tcp_tw_reuse (0, 1, 2)" },
  hostFinTimeoutMs: { unit: "ms", side: "host", means: "net.ipv4.tcp_fin_timeout" },
  localPortFirst: { unit: "count", side: "host", means: "first port of net.ipv4.ip_local_port_range" },
  localPortLast: { unit: "count", side: "host", means: "last port of net.ipv4.ip_local_port_range" },
  conntrackEstablishedMs: {
    unit: "ms",
    side: "host",
    means: "silence after which the host's connection tracking forgets a connection",
  },
  conntrackMax: { unit: "count", side: "host", means: "net.netfilter.nf_conntrack_max" },
  // Failure detectors.
  nodeMonitorGracePeriodMs: { unit: "ms", side: "detector", means: "silence of a node before it is marked NotReady" },
  nodeMonitorPeriodMs: { unit: "ms", side: "detector", means: "how often that is looked at" },
  nodeLeaseDurationMs: { unit: "ms", side: "detector", means: "lease duration; renewed each quarter of it" },
  leaseRenewIntervalMs: { unit: "ms", side: "detector", means: "how often a node says that it lives" },
  nodeStatusUpdateMs: { unit: "ms", side: "detector", means: "nodeStatusUpdateFrequency of the kubelet" },
  leaderLeaseMs: { unit: "ms", side: "detector", means: "leader election: lease duration" },
  leaderRenewDeadlineMs: { unit: "ms", side: "detector", means: "leader election: renew deadline" },
  leaderRetryMs: { unit: "ms", side: "detector", means: "leader election: retry period" },
} as const;

export type SettingKey = keyof typeof SETTINGS;

/** What a setting means, with unit and side. */
export const meaningOf = (key: SettingKey): SettingMeaning => SETTINGS[key];

/** Whether a word is the name of a setting. */
export const isSettingKey = (word: string): word is SettingKey => Object.hasOwn(SETTINGS, word);

/** Where something is written. Lines and columns count from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** The key as the file spells it, for instance `keepalive_timeout` or `spec.tls.idle`. */
  readonly key: string;
  /** The value as the file spells it, never a secret. */
  readonly text: string;
}

/**
 * One setting of one hop. `configured`: a file says so. `derived`: it follows from something else that a file says.
 * `assumed-default`: no file says it; the catalogue's entry does.
 */
export interface Setting {
  readonly key: SettingKey;
  /** In the unit of the key; `NEVER` for what never happens. */
  readonly value: number;
  readonly stated: "configured" | "derived" | "assumed-default";
  /** Where it is written; for `derived` what it was derived from. */
  readonly source?: Source;
  /** Id of the catalogue entry behind it: always for `assumed-default`, else where one is known. */
  readonly entry?: string;
  /** What it follows from leaves no choice: nobody can change it while that stands. */
  readonly fixed?: true;
}

/**
 * Where a setting is changed: where it is written. What follows from something else, as a default from `TargetType: instance` or HAProxy's
 * keep-alive from `timeout http-request`, is changed by its own name: that other thing has a meaning of its own.
 */
export const placeToChange = ({ stated, source }: Setting): Source | undefined =>
  stated === "derived" ? undefined : source;
