/**
 * The form of a scenario's file, field for field as in `scenario.ts`: shape, meaning and default of each. Names of times are without
 * the `Ms` that the data has. The types below hold the two together: a field that the data has and the form lacks is no program.
 * Long because it is one format.
 */

import {
  APPLICATION_BALANCER,
  CLIENTS,
  FILLED,
  IP_VERSION,
  KEEPALIVE,
  KUBERNETES,
  LINKS,
  MOST_GOAWAY_CHANCE,
  NAT,
  NETWORK_BALANCER,
  REQUESTS,
  SERVERS,
  STORY,
  TARGET_HEALTH_CHECK,
  WHY_NO_MORE,
  ZONES,
} from "./defaults.ts";
import type {
  ApplicationBalancer,
  Clients,
  Happening,
  Kubernetes,
  Links,
  Network,
  NetworkBalancer,
  Requests,
  Servers,
  TargetHealthCheck,
  TcpKeepalive,
} from "./scenario.ts";
import {
  type Field,
  MOST_NAME,
  NAME,
  type ObjectShape,
  type Otherwise,
  type Shape,
  type Siblings,
  type TextShape,
  type UnionShape,
} from "./shape.ts";

/** Version of the format. */
export const VERSION = 1;

/** The fields of a type, by their names in the file. */
type FieldsOf<T> = { readonly [Key in keyof T as Key extends `${infer Name}Ms` ? Name : Key]-?: Field };

const DAY = 86_400_000;
/** Longest that a scenario may last. */
const LONGEST = 31 * DAY;

const field = (shape: Shape, about: string, otherwise?: Field["otherwise"], none = false): Field => ({
  shape,
  about,
  ...(otherwise === undefined ? {} : { otherwise }),
  required: false,
  none,
});
const needed = (shape: Shape, about: string): Field => ({ shape, about, required: true, none: false });
const object = <T>(fields: FieldsOf<T>): ObjectShape => ({ kind: "object", fields });
const duration = (least = 0, never = false): Shape => ({ kind: "duration", least, most: LONGEST, never });
const NEVER_IS_0 = true;
const count = (least: number, most: number): Shape => ({ kind: "number", least, most, whole: true });
const chance = (most = 1): Shape => ({ kind: "number", least: 0, most, whole: false });
const word = (...words: readonly string[]): Shape => ({ kind: "word", words });
const FLAG: Shape = { kind: "flag" };
const PORTS: Shape = { kind: "ports" };
const name = (): TextShape => ({
  kind: "text",
  most: MOST_NAME,
  pattern: NAME,
  says: "small letters, digits and hyphens",
});
const GOAWAY_CHANCE: Shape = { kind: "number", least: 0, most: MOST_GOAWAY_CHANCE, whole: false, because: WHY_NO_MORE };

const links = object<Links>({
  delay: field(duration(), "one way, between neighbours", LINKS.delay),
  jitter: field(duration(), "uniform on top of the delay, from 0 to this", LINKS.jitter),
  loss: field(chance(), "probability that a packet is lost, on each link", LINKS.loss),
});

const healthCheck = object<TargetHealthCheck>({
  interval: field(duration(1), "between two checks of a target", TARGET_HEALTH_CHECK.interval),
  timeout: field(
    duration(1),
    "how long a check waits for an answer, the interval at most",
    TARGET_HEALTH_CHECK.timeout,
  ),
  healthyThreshold: field(count(1, 100), "passed checks before a target is used", TARGET_HEALTH_CHECK.healthyThreshold),
  unhealthyThreshold: field(
    count(1, 100),
    "failed checks before it is taken out",
    TARGET_HEALTH_CHECK.unhealthyThreshold,
  ),
});

const N = NETWORK_BALANCER;
const networkBalancer = object<Omit<NetworkBalancer, "kind">>({
  crossZone: field(FLAG, "a node forwards to targets of every zone", N.crossZone),
  preserveClientIp: field(FLAG, "targets see the client's own address and port", N.preserveClientIp),
  idleTimeout: field(duration(1), "silence after which a flow is forgotten, without a word", N.idleTimeout),
  forgotten: field(word("reset", "drop"), "what a packet of a forgotten flow meets", N.forgotten),
  choice: field(word("hash", "random"), "how a new flow's target is found", N.choice),
  replyPath: field(word("latest", "first"), "which node gets the replies where two share a flow", N.replyPath),
  snatPorts: field(PORTS, "source ports of a node, where it does not preserve the client's", N.snatPorts),
  healthCheck: field(healthCheck, "of the targets", FILLED),
  deregistrationDelay: field(duration(), "how long a target that is taken out keeps its flows", N.deregistrationDelay),
  resetAfterDeregistration: field(FLAG, "flows that outlive that delay are reset", N.resetAfterDeregistration),
});

const A = APPLICATION_BALANCER;
const DRAIN = word("two-phase", "one-phase", "cut");
const applicationBalancer = object<Omit<ApplicationBalancer, "kind">>({
  protocol: field(word("http1", "http2"), "spoken with clients; where it is not said, what the servers speak"),
  idleTimeout: field(duration(1), "towards clients: silence after which a connection is closed", A.idleTimeout),
  poolIdleTimeout: field(duration(1), "towards targets: how long an idle connection is kept", A.poolIdleTimeout),
  responseTimeout: field(duration(1), "how long a target may take to answer", A.responseTimeout),
  retries: field(word("never", "idempotent", "always"), "repeats a request lost with a reused connection", A.retries),
  goawayAfterRequests: field(
    count(0, 1e9),
    "after which an HTTP/2 client is told to go away; 0: never",
    A.goawayAfterRequests,
  ),
  drain: field(DRAIN, "how an HTTP/2 connection is ended", A.drain),
  healthCheck: field(healthCheck, "of the targets", FILLED),
  deregistrationDelay: field(
    duration(),
    "how long a target that is taken out is still answered for",
    A.deregistrationDelay,
  ),
});

const balancer: UnionShape = {
  kind: "union",
  by: "kind",
  cases: { network: networkBalancer, application: applicationBalancer },
};

const keepalive = object<TcpKeepalive>({
  idle: field(duration(1), "silence before the first probe (TCP_KEEPIDLE)", KEEPALIVE.idle),
  interval: field(duration(1), "between unanswered probes (TCP_KEEPINTVL)", KEEPALIVE.interval),
  probes: field(count(1, 127), "unanswered probes before the connection is given up (TCP_KEEPCNT)", KEEPALIVE.probes),
});

const servers = object<Servers>({
  count: needed(count(1, 1000), "of servers, all alike"),
  protocol: field(word("http1", "http2"), "what they speak", SERVERS.protocol),
  port: field(count(1, 65_535), "where they listen", SERVERS.port),
  serviceTime: field(duration(), "mean time to answer a request", SERVERS.serviceTime),
  fixedServiceTime: field(FLAG, "every answer takes the mean time; otherwise exponential", SERVERS.fixedServiceTime),
  capacity: field(count(0, 1e6), "requests in service at once on one server; 0: no bound", SERVERS.capacity),
  idleTimeout: field(
    duration(0, NEVER_IS_0),
    "a connection without a request for so long is closed",
    SERVERS.idleTimeout,
  ),
  requestDeadline: field(
    duration(0, NEVER_IS_0),
    "a request not answered by then is abandoned, its connection reset",
    SERVERS.requestDeadline,
  ),
  goaway: field(
    object<Servers["goaway"]>({
      chance: field(GOAWAY_CHANCE, "of each HTTP/2 request to be answered with GOAWAY", SERVERS.goawayChance),
      exempt: field(
        { kind: "list", of: name(), least: 0, most: 64 },
        "groups of clients that are spared",
        SERVERS.exempt,
      ),
    }),
    "the goaway filter of kube-apiserver",
    FILLED,
  ),
  drain: field(DRAIN, "how a connection is ended by a server that stops", SERVERS.drain),
  drainGrace: field(duration(), "what a stopping server waits for requests in flight", SERVERS.drainGrace),
  keepalive: field(keepalive, "TCP keepalive; none: no probes", undefined, true),
});

const requests = object<Requests>({
  every: field(duration(), "mean time between requests on one connection; 0s: none", REQUESTS.every),
  spacing: field(word("steady", "poisson"), "at equal distances, or exponential gaps", REQUESTS.spacing),
  method: field(word("GET", "POST", "PUT"), "of the requests", REQUESTS.method),
  requestBytes: field(count(0, 1e8), "of a request's body", REQUESTS.requestBytes),
  responseBytes: field(count(0, 1e8), "of an answer's body", REQUESTS.responseBytes),
});
/** Of kubelets and controllers, which have requests of their own. */
const fewerRequests: ObjectShape = {
  kind: "object",
  fields: { ...requests.fields, every: { ...(requests.fields.every as Field), otherwise: REQUESTS.everyOfKind } },
};

/** The fields of a group of clients; those whose default depends on the kind ask for it. */
const clientFields = (kind: Clients["kind"]): ObjectShape => {
  const of = (otherwise: Otherwise): Otherwise | undefined =>
    typeof otherwise === "function" ? otherwise({ kind }) : otherwise;
  const watches = object<Clients["watches"]>({
    count: field(count(0, 1000), "long streams that each connection holds", of(CLIENTS.watches)),
    min: field(duration(1), "shortest time after which one is asked anew", CLIENTS.shortestWatch),
    max: field(duration(1), "longest", CLIENTS.longestWatch),
  });
  return object<Omit<Clients, "kind">>({
    count: needed(count(1, 200_000), "of clients in the group"),
    hosts: field(word("own", "servers"), "on hosts of their own, or on those of the servers", CLIENTS.hosts),
    connections: field(count(1, 1000), "that each keeps at once", CLIENTS.connections),
    requests: field(kind === "plain" ? requests : fewerRequests, "beside those of the kind", FILLED),
    watches: field(watches, "HTTP/2", FILLED),
    healthCheck: field(
      object<NonNullable<Clients["healthCheck"]>>({
        readIdleTimeout: field(duration(1), "silence after which a PING is sent", CLIENTS.readIdleTimeout),
        pingTimeout: field(duration(1), "how long its answer may take", CLIENTS.pingTimeout),
      }),
      "HTTP/2 PING after silence; none: no PINGs",
      of(CLIENTS.healthCheck),
      true,
    ),
    keepalive: field(keepalive, "TCP keepalive; none: no probes", of(CLIENTS.keepalive), true),
    poolIdleTimeout: field(duration(0, NEVER_IS_0), "how long an idle connection is kept", CLIENTS.poolIdleTimeout),
    connectTimeout: field(duration(1), "for a connection to be accepted", CLIENTS.connectTimeout),
    requestTimeout: field(duration(0, NEVER_IS_0), "for an answer", of(CLIENTS.requestTimeout)),
    retries: field(
      word("none", "unprocessed", "idempotent"),
      "which lost requests are sent again",
      of(CLIENTS.retries),
    ),
    portRange: field(PORTS, "net.ipv4.ip_local_port_range", CLIENTS.portRange),
    twReuse: field(
      count(0, 2),
      "net.ipv4.tcp_tw_reuse; 1: a port in TIME-WAIT is taken again after a second; 0 and 2 (loopback only): not before it ends",
      CLIENTS.twReuse,
    ),
    nat: field(
      object<NonNullable<Clients["nat"]>>({
        addresses: field(count(1, 10_000), "of the translating box", NAT.addresses),
        portRange: field(PORTS, "of each of them", NAT.portRange),
      }),
      "a translating box before the balancer, shared by the group; none: no such box",
      undefined,
      true,
    ),
  });
};

const clients: UnionShape = {
  kind: "union",
  by: "kind",
  cases: { kubelet: clientFields("kubelet"), controller: clientFields("controller"), plain: clientFields("plain") },
};

const kubernetes = object<Kubernetes>({
  version: field(
    { kind: "text", most: 10, pattern: "^1\\.(0|[1-9][0-9]{0,2})$", says: 'a minor version in quotes, as "1.31"' },
    "decides the default of nodeMonitorGrace",
    KUBERNETES.version,
  ),
  nodeMonitorPeriod: field(duration(1), "how often the controller looks at the nodes", KUBERNETES.nodeMonitorPeriod),
  nodeMonitorGrace: field(duration(1), "silence of a node before it is NotReady", KUBERNETES.nodeMonitorGrace),
  leaseRenew: field(duration(1), "how often a kubelet renews its lease", KUBERNETES.leaseRenew),
  nodeStatus: field(duration(1), "how often it reports its status", KUBERNETES.nodeStatus),
  leaseBytes: field(count(0, 1e6), "that a list of leases brings, for each node", KUBERNETES.leaseBytes),
});

const usesKubernetes = ({ clients: groups }: Siblings): typeof FILLED | undefined =>
  Object.values((groups ?? {}) as Record<string, { kind?: unknown } | undefined>).some(
    (group) => group?.kind === "kubelet" || group?.kind === "controller",
  )
    ? FILLED
    : undefined;

const network = object<Network>({
  zones: field({ kind: "list", of: name(), least: 1, most: 16 }, "one balancer node each", ZONES),
  ipVersion: field({ kind: "choice", values: [4, 6] }, "of every address", IP_VERSION),
  links: field(links, "between neighbours: client, balancer node, server", FILLED),
  balancer: field(balancer, "none: clients connect to the servers themselves", undefined, true),
  servers: needed(servers, "the targets"),
  clients: needed({ kind: "record", of: clients, least: 1, most: 64 }, "groups of clients that are alike, by name"),
  kubernetes: field(kubernetes, "heartbeats and node lifecycle", usesKubernetes, true),
});

const AT = needed(duration(), "when");
const SERVER = needed(count(0, 999), "counted from 0");
const DOWN = field(duration(1), "how long it is away", STORY.down);
const FOR = field(duration(1), "how long", STORY.for);
type Fields<What extends Happening["what"]> = FieldsOf<Omit<Extract<Happening, { what: What }>, "what">>;
const happenings: { readonly [What in Happening["what"]]: Fields<What> } = {
  "rolling-update": { at: AT, step: needed(duration(1), "from one server to the next"), down: DOWN },
  "server-restart": { at: AT, server: SERVER, down: DOWN },
  "server-killed": { at: AT, server: SERVER, down: DOWN },
  "server-lost": { at: AT, server: SERVER, down: DOWN },
  "server-hung": { at: AT, server: SERVER, for: FOR },
  deregister: { at: AT, server: SERVER },
  "balancer-node-lost": {
    at: AT,
    node: needed(count(0, 15), "counted from 0"),
    for: FOR,
    dns: field(duration(), "until names lead to the others only", STORY.dns),
  },
  latency: { at: AT, for: FOR, add: needed(duration(1), "to every link's delay") },
  "goaway-chance": { at: AT, chance: needed(GOAWAY_CHANCE, "from then on") },
  traffic: {
    at: AT,
    for: FOR,
    factor: needed({ kind: "number", least: 0, most: 1000, whole: false }, "of request rates"),
  },
  quiet: { at: AT, for: FOR, clients: needed(name(), "the group that sends nothing") },
};
const happening: UnionShape = {
  kind: "union",
  by: "what",
  cases: Object.fromEntries(
    Object.entries(happenings).map(([what, fields]): [string, ObjectShape] => [what, { kind: "object", fields }]),
  ),
};

const expectation: ObjectShape = {
  kind: "object",
  fields: {
    cause: field(name(), "id of a signature; not said: nothing may be found"),
    variant: field(name(), "variant of the cause"),
    notReady: field(FLAG, "nodes become NotReady"),
    from: field(duration(), "only what is lost from then on counts"),
  },
};

/** What a scenario is, as far as a variant may change it. */
const SUBSTANCE: Readonly<Record<string, Field>> = {
  title: needed({ kind: "text", most: 200 }, "one sentence that names the mechanism"),
  about: field({ kind: "text", most: 5000 }, "what happens and why", { value: "", source: "empty" }),
  duration: needed({ kind: "duration", least: 1, most: LONGEST, never: false }, "virtual time from beginning to end"),
  network: needed(network, "who there is"),
  story: field({ kind: "list", of: happening, least: 0, most: 1000 }, "what happens", { value: [], source: "nothing" }),
};

const variant: ObjectShape = {
  kind: "object",
  fields: {
    title: needed({ kind: "text", most: 200 }, "what is different"),
    kind: needed(word("mitigation", "variation"), "what people do against it, or another shape of it"),
    extends: field(name(), "another variant, whose change comes first"),
    expect: field(
      expectation,
      "of the whole variant; a mitigation's is that nothing is found, a variation's the scenario's",
    ),
    change: field(
      { kind: "patch", of: { kind: "object", fields: SUBSTANCE } },
      "JSON Merge Patch (RFC 7396) of the scenario",
    ),
  },
};
const NAMED: Field = needed(name(), "the file bears it");

/** A scenario's file. */
export const FILE: ObjectShape = {
  kind: "object",
  fields: {
    scenario: needed({ kind: "choice", values: [VERSION] }, "version of this format"),
    extends: field(name(), "a built-in scenario, which this file changes as a JSON Merge Patch (RFC 7396)"),
    name: NAMED,
    ...SUBSTANCE,
    expect: field(expectation, "what must be found", { value: {}, source: "nothing" }),
    variants: field(
      { kind: "record", of: { kind: "whole", of: variant }, least: 0, most: 64 },
      "by name; one that is said again in an extending file takes the place of the other",
      { value: {}, source: "none" },
    ),
  },
};

const { scenario, extends: extended, name: named, ...rest } = FILE.fields as Readonly<Record<string, Field>>;

/** What a file that extends another has to say. */
export const EXTENDING: ObjectShape = {
  kind: "object",
  fields: { scenario: scenario as Field, extends: extended as Field, name: named as Field },
};

/** What it may say beside, as a patch. */
export const EXTENSION: ObjectShape = { kind: "object", fields: rest };

/** A scenario without its variants, all of it said: what a variant is after its change. */
export const WHOLE: ObjectShape = {
  kind: "object",
  fields: { name: NAMED, ...SUBSTANCE, expect: FILE.fields.expect as Field },
};
