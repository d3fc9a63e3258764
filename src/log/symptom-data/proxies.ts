import type { Symptom } from "../symptom.ts";
import { AT_CLIENT, AT_PROXY, AT_SERVER, CONNTRACK, OPENING_AT_SERVER, SERVER_COUNTERS } from "./captures.ts";
import { causes } from "./telling-apart.ts";

const issue = (thread: string): string => `https://github.com/${thread}`;

/** What proxies, balancers and the kernel print. */
export const PROXY_SYMPTOMS: readonly Symptom[] = [
  {
    id: "nginx-prematurely-closed",
    title: "upstream prematurely closed connection while reading response header from upstream",
    patterns: [/upstream prematurely closed connection/i],
    meaning: "The upstream closed with FIN before the response header (502), or in the body.",
    causes: causes("keep-alive-race", "process-gone", "terminated-too-early"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [issue("kubernetes/ingress-nginx/issues/11244"), issue("kubernetes/ingress-nginx/issues/3099")],
  },
  {
    id: "nginx-recv-reset",
    title: "recv() failed (104: Connection reset by peer) while reading response header from upstream",
    patterns: [/(?:recv|readv|writev|send)\(\) failed \((?:104|32|54): [^)]{1,40}\)(?: while [a-z ]{3,60})?/i],
    meaning: "A RST came from the upstream's side: before the header 502, in the body (readv) a cut response.",
    causes: causes("keep-alive-race", "silent-idle-drop", "process-gone", "close-with-unread-data"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [
      issue("kubernetes/ingress-nginx/issues/10301"),
      issue("nginx/kubernetes-ingress/issues/1063"),
      issue("Kong/kong/issues/5220"),
    ],
  },
  {
    id: "nginx-upstream-timed-out",
    title: "upstream timed out (110: Connection timed out)",
    patterns: [/upstream timed out \(110/i],
    meaning:
      "No answer within proxy_connect_timeout or proxy_read_timeout (60 s each); the words after `while` say which.",
    causes: causes("silent-idle-drop", "syn-blackhole", "peer-vanished", "accept-queue-overflow"),
    capture: [AT_PROXY, AT_SERVER, SERVER_COUNTERS],
    sources: ["https://nginx.org/en/docs/http/ngx_http_proxy_module.html"],
  },
  {
    id: "nginx-connect-refused",
    title: "connect() failed (111: Connection refused) while connecting to upstream",
    patterns: [/connect\(\) failed \(111/i],
    meaning: "The upstream refused the connection.",
    causes: causes("terminated-too-early", "connection-refused", "process-gone"),
    capture: [AT_PROXY, OPENING_AT_SERVER],
    sources: [issue("kubernetes/kubernetes/issues/43576")],
  },
  {
    id: "envoy-upstream-disconnect",
    title: "upstream connect error or disconnect/reset before headers (UC, UF)",
    patterns: [
      /upstream connect error or disconnect\/reset before headers/i,
      /reset reason: connection (?:termination|failure)/i,
      /upstream_reset_before_response_started/i,
    ],
    meaning:
      "connection termination (flag UC): an open connection ended before the response. connection failure (UF): none could be opened.",
    causes: causes("keep-alive-race", "terminated-too-early", "process-gone", "goaway-mishandled"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [
      issue("istio/istio/issues/55138"),
      issue("istio/istio/issues/13205"),
      issue("envoyproxy/envoy/issues/36450"),
    ],
  },
  {
    id: "haproxy-server-abort",
    title: "HAProxy termination state SH--, SD--",
    patterns: [/ SH-- /, / SD-- /, /\bSH--/, /\bSD--/],
    meaning:
      "The server's connection ended (FIN or RST, HAProxy does not tell) before the headers (SH, 502) or in the body (SD).",
    causes: causes("keep-alive-race", "process-gone", "accepted-then-abandoned"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [issue("haproxy/haproxy/issues/2751"), "https://docs.haproxy.org/2.6/configuration.html#8.5"],
  },
  {
    id: "haproxy-server-timeout",
    title: "HAProxy termination state sH--, sC--, SC--",
    patterns: [/\bsH--/, /\bsC--/, /\bSC--/],
    meaning:
      "sH: no response within timeout server (504). sC: no connection within timeout connect. SC: refused (503).",
    causes: causes("silent-idle-drop", "syn-blackhole", "connection-refused", "accept-queue-overflow"),
    capture: [AT_PROXY, AT_SERVER],
    sources: ["https://docs.haproxy.org/2.6/configuration.html#8.5"],
  },
  {
    id: "http-502",
    title: "502 Bad Gateway",
    patterns: [
      /502 Bad Gateway/i,
      /HTTPCode_ELB_502_Count/,
      /\bstatus(?: code)?[:= ]+502\b/i,
      /target_status_code.{0,10}"-"/,
    ],
    meaning:
      "A proxy got no valid response from its upstream. On an AWS balancer with target status `-`, milliseconds of target time and only for POST: the keep-alive race.",
    causes: causes("keep-alive-race", "process-gone", "terminated-too-early", "target-deregistered"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [
      "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
      issue("cardstack/boxel/pull/6107"),
      issue("traefik/traefik/issues/3237"),
    ],
  },
  {
    id: "http-504",
    title: "504 Gateway Timeout",
    patterns: [/504 Gateway Time-?out/i, /HTTPCode_ELB_504_Count/, /\bstatus(?: code)?[:= ]+504\b/i],
    meaning: "The proxy's connect or response time-out ran out.",
    causes: causes("silent-idle-drop", "syn-blackhole", "accept-queue-overflow", "peer-vanished"),
    capture: [AT_PROXY, AT_SERVER, SERVER_COUNTERS],
    sources: ["https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html"],
  },
  {
    id: "gcp-backend-closed",
    title: "backend_connection_closed_before_data_sent_to_client",
    patterns: [/backend_connection_closed_before_data_sent_to_client/i],
    meaning:
      "The backend closed before its response. Google's balancer keeps connections for 600 s: the backend must keep them longer (620 s).",
    causes: causes("keep-alive-race", "process-gone"),
    capture: [AT_SERVER],
    sources: [
      issue("ninenines/cowboy/issues/1286"),
      issue("e2b-dev/infra/pull/617"),
      "https://cloud.google.com/load-balancing/docs/https",
    ],
  },
  {
    id: "origin-unreachable",
    title: "Unable to reach the origin service",
    patterns: [/Unable to reach the origin service/i],
    meaning: "cloudflared keeps connections for 90 s; the origin closed before (uvicorn: 5 s).",
    causes: causes("keep-alive-race", "process-gone", "connection-refused"),
    capture: [AT_PROXY, AT_SERVER],
    sources: [issue("avibe-bot/avibe/pull/1815")],
  },
  {
    id: "nlb-elb-reset",
    title: "TCP_ELB_Reset_Count",
    patterns: [/TCP_ELB_Reset_Count/i],
    meaning:
      "The network balancer itself sent RSTs: most often to the first packet after its idle timeout (350 s by default).",
    causes: causes("silent-idle-drop", "target-deregistered", "backend-tuple-collision"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: ["https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html"],
  },
  {
    id: "nlb-client-reset",
    title: "TCP_Client_Reset_Count",
    patterns: [/TCP_Client_Reset_Count/i],
    meaning:
      "RSTs from clients, passed on to targets: aborts, or answers to foreign acknowledgement numbers in a collision.",
    causes: causes("backend-tuple-collision", "abortive-close"),
    capture: [AT_CLIENT, AT_SERVER],
    sources: ["https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html"],
  },
  {
    id: "nlb-target-reset",
    title: "TCP_Target_Reset_Count",
    patterns: [/TCP_Target_Reset_Count/i],
    meaning: "RSTs from targets, passed on to clients.",
    causes: causes("process-gone", "keep-alive-race", "close-with-unread-data"),
    capture: [AT_SERVER],
    sources: ["https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html"],
  },
  {
    id: "port-allocation-error",
    title: "PortAllocationErrorCount, ErrorPortAllocation, SnatPortExhaustion",
    patterns: [/PortAllocationErrorCount/i, /ErrorPortAllocation/i, /SnatPortExhaustion/i, /SNAT port/i],
    meaning: "A translating box had no port left for new connections to one destination.",
    causes: causes("snat-port-exhaustion"),
    capture: [CONNTRACK, OPENING_AT_SERVER],
    sources: [
      issue("jenkins-infra/helpdesk/issues/3908"),
      "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
    ],
  },
  {
    id: "conntrack-table-full",
    title: "nf_conntrack: table full, dropping packet",
    patterns: [/nf_conntrack: table full/i],
    meaning: "The kernel dropped packets of new connections because the connection-tracking table is full.",
    causes: causes("conntrack-full"),
    capture: [CONNTRACK],
    sources: [issue("kubernetes/kubernetes/issues/18604")],
  },
  {
    id: "listen-overflow",
    title: "ListenOverflows, possible SYN flooding",
    patterns: [/ListenOverflows/, /Possible SYN flooding on port/i, /times the listen queue of a socket overflowed/i],
    meaning: "Connections were dropped because the program did not accept them fast enough.",
    causes: causes("accept-queue-overflow"),
    capture: [SERVER_COUNTERS, OPENING_AT_SERVER],
    sources: [issue("agentmail-to/agentmail-mcp/pull/46"), issue("netdata/netdata/issues/3234")],
  },
];
