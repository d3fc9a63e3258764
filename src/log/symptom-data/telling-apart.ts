import type { PossibleCause } from "../symptom.ts";

/** How each cause shows itself, whatever the symptom: the evidence that decides. */
const TELLS: Readonly<Record<string, string>> = {
  "backend-tuple-collision":
    "The same client port is used towards two addresses of one balancer. At the target: a SYN on an established four-tuple, a challenge ACK, and a RST with exactly the acknowledged number. Needs client-IP preservation and cross-zone routing (or the like).",
  "keep-alive-race":
    "The failed request was the first after a pause about as long as the server's idle limit (Node 5 s, uvicorn 5 s, gunicorn 2 s, Apache 5 s, nginx 75 s, balancers 60 s). In the capture the server's FIN crosses the request, whose data is never acknowledged.",
  "accepted-then-abandoned":
    "The request was acknowledged, then a RST or FIN came after a round time (10, 30, 60 s) without a response: somebody in front of the server gave up.",
  "silent-idle-drop":
    "The connection was silent for longer than a box on the path remembers (240 s Azure, 350 s AWS, 600 s Google), with no FIN before. The packet after the pause meets a RST at once or no answer at all, and the far side never sees it.",
  "middlebox-reset":
    "The RST's TTL, IP identification or options differ from the peer's other packets, and a capture at the peer shows that it sent none.",
  "peer-vanished":
    "Data is repeated with doubling gaps and nobody answers; no pause of a known length came before, and no second connection used the port. New connections to the same host fail too.",
  "process-gone":
    "Many connections of one server end in the same instant, without GOAWAY; new ones are refused for a while; the server's own log or its orchestrator shows a restart, a crash or an out-of-memory kill.",
  "drain-cut-short":
    "A GOAWAY with NO_ERROR came first; then the server closed while streams up to its last stream id were unfinished (long watches, slow responses). The grace period is shorter than the requests.",
  "goaway-mishandled":
    "A GOAWAY with NO_ERROR came; streams above its last stream id were reported as failed instead of being sent again, or streams below it were dropped by the client.",
  "goaway-error":
    "The GOAWAY carries an error code. ENHANCE_YOUR_CALM with too_many_pings: the client's keepalive is more frequent than the server permits.",
  "slow-health-check":
    "The time to notice a dead connection (30 s of silence + 15 s for the PING with client-go) exceeds the grace of the failure detector (40 s, 50 s since Kubernetes 1.32). Many nodes turn NotReady at once while their kubelets renew their leases (audit log).",
  "hairpin-loopback":
    "Only hosts that are targets themselves fail, about 1 in N attempts; the SYN comes back with the host's own address as its source and is dropped.",
  "connection-refused": "The SYN is answered by RST: nothing listens there, or the backlog policy refuses.",
  "connection-rejected": "The SYN is answered by an ICMP error or by a RST whose TTL is not the server's: a firewall.",
  "syn-blackhole":
    "SYNs to one destination are never answered, while others are: a firewall that drops, a stale entry that leads to a pod that is gone, a wrong route.",
  "snat-port-exhaustion":
    "New connections through a translating box fail while established ones work: the SYN enters the box and does not leave it; PortAllocationErrorCount or conntrack's insert_failed grow.",
  "client-port-exhaustion":
    "The whole source-port range towards one destination is in use, TIME_WAIT included: count them with ss.",
  "accept-queue-overflow":
    "TcpExtListenOverflows and TcpExtListenDrops grow together at the server; ss -lnt shows Recv-Q at its limit; the client believes the connection is open.",
  "tls-handshake-failure": "A fatal alert or a close stands in the handshake; the alert's name says which rule failed.",
  "pmtu-black-hole": "Small packets pass, full-size ones are repeated; lowering the MSS cures it.",
  "client-hello-rejected":
    "Reset or silence right after a ClientHello of more than one segment (post-quantum key shares): a smaller ClientHello passes.",
  "close-with-unread-data":
    "The server closed while request data was still arriving (an early 413 or 401, a body not read): its RST follows its FIN or response at once; TCPAbortOnClose grows.",
  "abortive-close": "A RST in place of FIN with all data acknowledged: SO_LINGER 0 or a kill; TCPAbortOnData grows.",
  "dead-pool-entry":
    "One local port fails again and again while new connections succeed: the pool keeps a dead connection.",
  "stream-limit":
    "As many streams are open as SETTINGS_MAX_CONCURRENT_STREAMS allows; further requests wait or meet REFUSED_STREAM.",
  "conntrack-full": "The kernel logs that the table is full; nf_conntrack_count is at nf_conntrack_max.",
  "conntrack-invalid":
    "A packet arrives from the backend's own address instead of the service's after loss or reordering, and the client's kernel resets; conntrack -S counts invalid.",
  "conntrack-entry-lost":
    "In the middle of a connection the answers' address changes from the service's to the backend's, with the sequence going on.",
  "target-deregistered":
    "The losses cluster at a deployment, after the deregistration delay, or when a target turns unhealthy.",
  "terminated-too-early":
    "Refused or reset connections for the seconds after SIGTERM: the process ended before the balancer stopped sending to it.",
  "proxy-reload": "All idle connections of a proxy end at one instant, which its log gives as a reload.",
  "max-lifetime": "Connections end at a constant age, whatever the pause before.",
  "protocol-mismatch":
    "One side speaks TLS or HTTP/2 and the other does not: the first bytes after the handshake show it.",
  "keepalive-failure": "Nine keepalive probes without an answer, then RST (7200 + 9 × 75 s by default on Linux).",
  "time-wait-collision":
    "The SYN is answered by an ACK that belongs to the previous connection to the same destination; PAWS counters grow.",
};

/** The causes of a symptom by id, each with what tells it from the others. */
export function causes(...ids: readonly string[]): readonly PossibleCause[] {
  return ids.map((cause) => ({ cause, tell: TELLS[cause] ?? "" }));
}

/** Ids that `causes` knows, for the test that every symptom names known ones. */
export const KNOWN_CAUSES: ReadonlySet<string> = new Set(Object.keys(TELLS));
