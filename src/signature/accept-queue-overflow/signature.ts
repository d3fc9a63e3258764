import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly } from "../findings.ts";
import { type PortSigns, portSigns } from "../listen-queue.ts";
import { firstInstant } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, Signature } from "../signature.ts";
import { acceptEvidence, type HostSays, hostSays, requestEvidence } from "./from-host.ts";
import { packetsOf, summaryOf, trailsOf, type Variant, weigh } from "./tell.ts";

/** Packets and lines shown. */
const MOST_PACKETS = 8;
const MOST_LINES = 4;

export const signature: Signature = {
  id: "accept-queue-overflow",
  kind: "incident",
  title:
    "The server's listen queue was full: its kernel dropped SYNs or last ACKs because the application did not accept in time",
  symptoms: ["connect-timeout", "request-timeout"],
  certainFrom:
    "packets at either end together with the server's counters (ListenOverflows, TCPReqQFullDrop) before and after",
  remedy:
    "Find why the application does not accept (blocked event loop, too few workers, a pause). Then raise the backlog given to listen() and net.core.somaxconn together " +
    "(the smaller counts); for half-open connections net.ipv4.tcp_max_syn_backlog and net.ipv4.tcp_syncookies=1. Watch ListenOverflows and Recv-Q of ss -ltn.",
  references: [
    "Linux net/ipv4/tcp_input.c, tcp_conn_request, and tcp_ipv4.c, tcp_v4_syn_recv_sock (queue full: dropped, ListenOverflows, ListenDrops)",
    "listen(2) (backlog, somaxconn); ip-sysctl.rst (tcp_abort_on_overflow, tcp_max_syn_backlog, tcp_syncookies)",
    "ss(8): of a listener Recv-Q is the queue and Send-Q the backlog",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const host = hostSays(scene);
  const seen = portSigns(scene).flatMap((signs) => seenOnTheWire(signs, host) ?? []);
  return seen.length > 0 ? seen : fromHost(scene, host);
}

function seenOnTheWire(signs: PortSigns, host: HostSays): Finding | undefined {
  const weighed = weigh(signs) ?? counted(signs, host);
  if (weighed === undefined) return undefined;
  const { variant } = weighed;
  const { server, vantage } = signs;
  const told =
    variant === "syn-queue-overflow" ? requestEvidence(host, server.port) : acceptEvidence(host, server.port);
  const confidence: Confidence =
    told.length > 0 && weighed.confidence !== "possible" ? "certain" : told.length > 0 ? "likely" : weighed.confidence;
  // What may be loss or a dead path as well is told only where the host counts it.
  if (confidence === "possible") return undefined;
  const packets = briefly(packetsOf(signs, variant), MOST_PACKETS);
  return {
    cause: signature.id,
    ...(variant === "accept-queue-overflow" ? {} : { variant }),
    confidence,
    initiator: "server",
    at: packets[0]?.at ?? vantage.from,
    trails: trailsOf(signs),
    evidence: [...packets, ...told.slice(0, MOST_LINES)],
    summary: summaryOf(signs, variant, told.length > 0),
    ruledOut: [
      {
        cause: "syn-blackhole",
        because: "the same port took other connections right before, and its host answers for them",
      },
      ...(signs.halfOpened.length > 0
        ? [{ cause: "peer-vanished", because: "the server's kernel goes on sending SYN-ACKs" }]
        : []),
    ],
    refutedBy:
      "ListenOverflows and ListenDrops of the server's host that stand still meanwhile, or a filter on that host that counts these packets",
    ...(confidence === "certain" ? {} : { next: nextOf(signs) }),
    symptoms: [signs.dropped.length > 0 ? "connect-timeout" : "request-timeout"],
  };
}

/** Half-open connections beside dropped SYNs that the host counts. */
const FEW_UNFINISHED = 2;

/** SYNs dropped at the host, of which the packets alone do not say why, and its counters that do. */
function counted(
  { dropped, atHost, unfinished }: PortSigns,
  host: HostSays,
): { variant: Variant; confidence: Confidence } | undefined {
  if (dropped.length === 0) return undefined;
  const requests = host.overflows === undefined && host.drops !== undefined && unfinished.length >= FEW_UNFINISHED;
  if (host.overflows !== undefined)
    return { variant: "accept-queue-overflow", confidence: atHost ? "likely" : "possible" };
  if (host.requestsDropped !== undefined || host.floods.length > 0 || requests)
    return { variant: "syn-queue-overflow", confidence: atHost ? "likely" : "possible" };
  return undefined;
}

function nextOf({ server }: PortSigns): string {
  return `On ${server.address}, now and again while it happens: nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop; ss -ltn 'sport = :${server.port}'. ${captureAt("that host", hostFilter(server.address, server.port), "do the SYNs arrive")}`;
}

/** Only the host tells: how many, not whose. */
function fromHost(scene: Scene, host: HostSays): Finding[] {
  const findings: Finding[] = [];
  const accept = acceptEvidence(host);
  if (accept.length > 0) findings.push(tellHost(scene, undefined, accept, host));
  const requests = host.requestsDropped !== undefined || host.floods.length > 0 ? requestEvidence(host) : [];
  if (requests.length > 0) findings.push(tellHost(scene, "syn-queue-overflow", requests, host));
  return findings;
}

function tellHost(
  scene: Scene,
  variant: "syn-queue-overflow" | undefined,
  evidence: Finding["evidence"],
  host: HostSays,
): Finding {
  const by = (variant === undefined ? host.overflows : host.requestsDropped)?.by;
  const queue = variant === undefined ? "connections to be accepted" : "half-open connections";
  const port = variant === undefined ? host.fullListeners[0]?.local?.port : host.floods[0]?.said.port;
  return {
    cause: signature.id,
    ...(variant === undefined ? {} : { variant }),
    confidence: "likely",
    initiator: "server",
    at: firstInstant(scene, host.floods),
    trails: [],
    evidence,
    summary: `A listener's queue of ${queue} was full on the server's host${port === undefined ? "" : ` (port ${port})`}${by === undefined ? "" : `: its kernel dropped ${by} ${by === 1 ? "packet" : "packets"} between the two readings`}.`,
    ruledOut: [{ cause: "syn-blackhole", because: "the server's own kernel counts what it drops" }],
    refutedBy: "a capture at the server in which every SYN of that time is answered at once",
    next: `${captureAt("the server's host", "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", "shows which clients were passed over")}; and ss -ltn`,
    symptoms: ["connect-timeout"],
  };
}
