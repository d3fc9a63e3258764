import type { Endpoint } from "../net/endpoint.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";

/** What a log entry says, by kind. Text in it comes from outside: see `printable` before printing. */
export type LogContent =
  | Http2FrameLogged
  | Http2HeaderLogged
  | GoawayNotice
  | Dial
  | ConnectionEvent
  | HealthCheckEvent
  | Failure
  | LeaseRenewal
  | NodeStatus
  | WatchEnd
  | LoggedRequest
  | ProcessEvent
  | MetricSample
  | KernelCounter
  | SocketRow
  | ConntrackRow
  | ConntrackStatistics
  | SysctlValue
  | KeyLogLine
  | Message
  | PlainText;

/** An HTTP/2 frame that Go logged (`GODEBUG=http2debug=1` or `2`). */
export interface Http2FrameLogged {
  readonly kind: "http2-frame";
  readonly direction: "read" | "written";
  /** Who logged it. At level 2 both the framer and its user log a frame that was read: count one of them. */
  readonly told: "framer" | "transport" | "server";
  /** Go's address of the framer; the address of the connection it serves is another number. */
  readonly framer: string | undefined;
  /** `DATA`, `HEADERS`, … as Go prints it. */
  readonly type: string;
  readonly flags: readonly string[];
  readonly stream: number;
  /** Length of the payload in bytes. */
  readonly length: number;
  /** The eight opaque bytes of a PING, in hexadecimal. */
  readonly ping?: string;
  /** GOAWAY only: the last stream, and the debug data as text. */
  readonly lastStream?: number;
  readonly debug?: string;
  /** GOAWAY and RST_STREAM, by the name of RFC 9113 §7. */
  readonly errorCode?: string;
  /** WINDOW_UPDATE only. */
  readonly increment?: number;
  /** SETTINGS only, by name. */
  readonly settings?: Readonly<Record<string, number>>;
}

/** One header field. The value is kept only for fields that bear on connections; credentials never are. */
export interface Http2HeaderLogged {
  readonly kind: "http2-header";
  readonly direction: "read" | "written";
  readonly name: string;
  readonly value: string | undefined;
}

/** A program says that it received a GOAWAY or is going away, without showing the frame. */
export interface GoawayNotice {
  readonly kind: "goaway";
  readonly errorCode: string | undefined;
  readonly debug: string | undefined;
  readonly text: string;
}

/** An attempt to connect. */
export interface Dial {
  readonly kind: "dial";
  readonly outcome: "started" | "connected" | "failed";
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** Host and port as dialled, where a name was. */
  readonly name: string | undefined;
  readonly error: ErrorWord | undefined;
  readonly text: string;
}

/** A connection as the program understands it. */
export interface ConnectionEvent {
  readonly kind: "connection";
  readonly event: "created" | "accepted" | "reused" | "closed" | "idle-closed" | "lost" | "draining" | "read-error";
  /** The program's own name for it: an address in memory, `*4`, `#0`. */
  readonly id: string | undefined;
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly error: ErrorWord | undefined;
  readonly text: string;
}

/** HTTP/2 PING after silence, or gRPC keepalive. */
export interface HealthCheckEvent {
  readonly kind: "health-check";
  readonly event: "sent" | "succeeded" | "failed";
  readonly error: ErrorWord | undefined;
  readonly text: string;
}

/** How something failed, across languages. The symptoms of a cause, never the cause. */
export type ErrorWord =
  | "reset"
  | "refused"
  | "timed-out"
  | "broken-pipe"
  | "end-of-file"
  | "closed-locally"
  | "unreachable"
  | "no-free-port"
  | "prohibited"
  | "tls"
  | "goaway"
  | "lost-ping"
  | "stream-reset"
  | "stream-refused"
  | "table-full"
  | "other";

/** A request or an operation on a connection that failed. */
export interface Failure {
  readonly kind: "failure";
  readonly error: ErrorWord;
  readonly operation: "connect" | "read" | "write" | "handshake" | "request" | undefined;
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly method: string | undefined;
  readonly target: string | undefined;
  /** How long the request took to fail, where said. */
  readonly after: Nanoseconds | undefined;
  /** The line itself, or the line of a trace that tells most. */
  readonly text: string;
  /** The headlines of the chain of causes in a stack trace, outermost first. */
  readonly chain: readonly string[];
}

/** A kubelet's heartbeat: its lease was renewed, or the renewal failed. */
export interface LeaseRenewal {
  readonly kind: "lease";
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly outcome: "renewed" | "failed";
  /** HTTP status, from the audit log. */
  readonly status: number | undefined;
  readonly error: ErrorWord | undefined;
  readonly text: string;
}

/** A node's health as a controller or kubelet states it. */
export interface NodeStatus {
  readonly kind: "node-status";
  readonly node: string;
  readonly status: "ready" | "not-ready" | "unknown" | "stale";
  /** For `stale`: how long the controller has seen no heartbeat. */
  readonly silentFor: Nanoseconds | undefined;
  readonly text: string;
}

/** A watch stopped. */
export interface WatchEnd {
  readonly kind: "watch-ended";
  /** The resource as the reflector names it: `*v1.Lease`. */
  readonly resource: string | undefined;
  readonly outcome: "error" | "closed" | "failed-to-start";
  readonly error: ErrorWord | undefined;
  readonly text: string;
}

/** One request or TCP session of an access log. */
export interface LoggedRequest {
  readonly kind: "request";
  /** Port 0 where the log gives the address only. */
  readonly client: Endpoint | undefined;
  readonly method: string | undefined;
  /** Path and query, or URL. */
  readonly target: string | undefined;
  readonly protocol: string | undefined;
  /** Status sent to the client; undefined for TCP sessions and 0. */
  readonly status: number | undefined;
  readonly upstream: Endpoint | undefined;
  readonly upstreamName: string | undefined;
  /** Status the upstream gave; undefined where it gave none (`-`). */
  readonly upstreamStatus: number | undefined;
  /** From first byte of the request to the last of the response, where said. */
  readonly duration: Nanoseconds | undefined;
  /** Until the upstream's response (or its end); undefined where it never came (`-1`). */
  readonly upstreamDuration: Nanoseconds | undefined;
  readonly bytesSent: number | undefined;
  readonly bytesReceived: number | undefined;
  /** HAProxy's termination state, Envoy's response flags, ALB's error reason; empty where normal. */
  readonly termination: string | undefined;
  readonly userAgent: string | undefined;
  /** Where the log gives the start as well as the end. */
  readonly startedAt: Instant | undefined;
}

/** A server process or container starts, reloads, drains or ends. */
export interface ProcessEvent {
  readonly kind: "process";
  readonly event: "started" | "reloading" | "draining" | "stopped" | "crashed";
  readonly text: string;
}

/** One value of a balancer's metric. */
export interface MetricSample {
  readonly kind: "metric";
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string | undefined;
  readonly value: number;
  readonly unit: string | undefined;
}

/** A counter of the kernel (`nstat`, `/proc/net/netstat`, `/proc/net/snmp`). */
export interface KernelCounter {
  readonly kind: "counter";
  /** As nstat spells it: `TcpExtTCPSYNChallenge`. */
  readonly name: string;
  readonly value: number;
  /** Which reading of the file this is, from 0: two readings in one file are before and after. */
  readonly reading: number;
}

/** A row of `ss`. */
export interface SocketRow {
  readonly kind: "socket";
  readonly state: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** `keepalive`, `on` (retransmission), `timewait`, `persist`, with what is left and how many were sent. */
  readonly timer: { readonly name: string; readonly left: string; readonly count: number } | undefined;
  /** The `-i` line by name: `rto` and `rtt` in ms, `retrans`, `bytes_acked`, `lastsnd` in ms, … */
  readonly details: Readonly<Record<string, string>>;
}

/** One direction of a tracked connection. */
export interface ConntrackTuple {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

/** A row of `conntrack -L`. */
export interface ConntrackRow {
  readonly kind: "conntrack";
  readonly protocol: string;
  /** `ESTABLISHED`, `SYN_SENT`, …; undefined for protocols without states. */
  readonly state: string | undefined;
  /** Seconds until the entry is dropped. */
  readonly expiresIn: number | undefined;
  readonly original: ConntrackTuple;
  readonly reply: ConntrackTuple | undefined;
  /** `UNREPLIED`, `ASSURED`, `OFFLOAD`. */
  readonly flags: readonly string[];
}

/** A row of `conntrack -S`: counters of one processor. */
export interface ConntrackStatistics {
  readonly kind: "conntrack-statistics";
  readonly cpu: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Which reading of the file this is, from 0. */
  readonly reading: number;
}

/** A kernel setting. */
export interface SysctlValue {
  readonly kind: "sysctl";
  readonly name: string;
  readonly value: string;
}

/** A line of a TLS key log (RFC 9850). What it holds is secret and is not kept. */
export interface KeyLogLine {
  readonly kind: "keylog";
}

/** A line whose form was understood and which says nothing of the kinds above. */
export interface Message {
  readonly kind: "message";
  readonly text: string;
}

/** A line that was not understood, kept as it is. */
export interface PlainText {
  readonly kind: "text";
  readonly text: string;
}
