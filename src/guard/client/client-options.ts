import type { SecureClientSessionOptions } from "node:http2";
import type { Clock } from "../clock.ts";

export interface ClientOptions {
  /**
   * Silence after which a PING asks whether the peer is there; 0 turns it off. Default: 30000. Sensible: 5000 to 60000, and with
   * `pingTimeoutMs` below the patience of whoever waits for you. A gRPC server answers PINGs closer than 5 minutes with GOAWAY
   * `too_many_pings` unless told otherwise. Prevents: requests that hang for 15 minutes (`tcp_retries2`) on a connection that is half-open.
   * Go: `Transport.ReadIdleTimeout`. gRPC: `grpc.keepalive_time_ms`.
   */
  readonly readIdleTimeoutMs?: number;
  /**
   * How long the answer may take, while this process is awake: time in which its event loop is blocked does not count. Also how long a server
   * that has answered in full may leave the rest of the request's body untaken; then its stream is cancelled. Default: 15000. Sensible: 1000 to 20000. Prevents: as above. Go: `Transport.PingTimeout`. gRPC: `grpc.keepalive_timeout_ms`.
   */
  readonly pingTimeoutMs?: number;
  /**
   * How often the bytes read are looked at: Node tells of no single frame, so silence is measured to this resolution, and the loss is found
   * up to this much later than `readIdleTimeoutMs` + `pingTimeoutMs`, never earlier. A quarter of `pingTimeoutMs` at most. Default: a tenth of `readIdleTimeoutMs`, at most 1000.
   * Sensible: 10 to 1000. Go and gRPC: none, exact.
   */
  readonly resolutionMs?: number;
  /**
   * Silence after which a connection is asked (PING) before a request is put on it. Default: 20000; 0 asks always, Infinity never.
   * Sensible: below the shortest memory on the path. Time in which the machine sleeps does not count (Linux, CLOCK_MONOTONIC, clock_gettime(2)):
   * where it may, 0. Prevents: a request lost on a connection that a box forgot (`silent-idle-drop`).
   * Envoy: `connection_idle_interval`. Go and gRPC: none.
   */
  readonly verifyAfterMs?: number;
  /** How long that answer may take; then a new connection is made, and the old one ends, or, with streams open, is left to the health check.
   * A connection that closes waits for its peer's FIN as long. Default: 2000. Sensible: 200 to 5000.
   * Prevents: a request that waits for a dead connection. Envoy: keepalive `timeout`. Go and gRPC: none. */
  readonly verifyTimeoutMs?: number;
  /**
   * Idle time after which a connection is closed. Default: 50000, below the 60 s of AWS and the 75 s of nginx. Sensible: from `idlePolicy`.
   * Prevents: `keep-alive-race`. Go: `Transport.IdleConnTimeout` (90 s). gRPC: `grpc.client_idle_timeout_ms`.
   */
  readonly idleTimeoutMs?: number;
  /** Time for TCP, TLS and the server's SETTINGS. Default: 10000. Sensible: 1000 to 30000. Prevents: SYNs into nothing, 127 s of them (`tcp_syn_retries`).
   * Go: `Dialer.Timeout`. gRPC: 20 s, fixed. */
  readonly connectTimeoutMs?: number;
  /** TCP keepalive; 0 turns it off. Default: 30000. Sensible: 10000 to half of a box's memory. Prevents: `silent-idle-drop`. Go: `Dialer.KeepAlive` (15 s). gRPC: none in Node. */
  readonly tcpKeepaliveMs?: number;
  /**
   * Connections at most that take requests; one that is going away, or did not answer in time, finishes what is open on it and does not count.
   * A further one is opened when all are at the server's stream limit, or at 1000 streams. Default: 4. Sensible: 1 to 100.
   * Prevents: requests that queue behind a stream limit. Go: unlimited, or 1 with `StrictMaxConcurrentStreams`. gRPC: 1.
   */
  readonly maxSessions?: number;
  /** Requests of a caller that wait at most for a connection with room; more are refused. Default: 10000. Sensible: 100 to what memory allows.
   * Prevents: memory without bound while a server is away. Go and gRPC: none. */
  readonly maxWaiting?: number;
  /** Attempts at most, the first one included. Default: 4. Sensible: 1 to 7. Prevents: retries that never end. Go: 7. gRPC: transparent retries are unlimited before a stream is sent. */
  readonly maxAttempts?: number;
  /**
   * Whether idempotent requests (GET, HEAD, OPTIONS, TRACE, PUT, DELETE, or said so) are sent again when they may have been processed.
   * Default: false: only what surely was not is. Sensible: true for clients that read; false where PUT or DELETE count. Prevents: errors at a
   * GOAWAY followed by a close. Go: no, but for idle connections; gRPC: retry policy.
   */
  readonly retryIdempotent?: boolean;
  /** First back-off of reconnecting. Default: 100. Sensible: 50 to 1000. Prevents: many clients that come back in one instant. Go: 1 s. gRPC: `grpc.initial_reconnect_backoff_ms` (1 s). */
  readonly backOffMs?: number;
  /** Largest back-off. Default: 30000. Sensible: 5000 to 120000. Prevents: a server that comes back and is not found for long. Go: none. gRPC: `grpc.max_reconnect_backoff_ms` (120 s). */
  readonly maxBackOffMs?: number;
  /** Options of `http2.connect`: certificates, ALPN, settings, `createConnection`. Defaults other than Node's: no push, `maxSessionMemory` 1000000, `maxHeaderListPairs` 2048. */
  readonly http2?: SecureClientSessionOptions;
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. Default: `Math.random`. */
  readonly dice?: () => number;
}

export type ClientSettings = Required<Omit<ClientOptions, "clock" | "dice" | "http2">> & {
  readonly http2: SecureClientSessionOptions;
  readonly clock: Clock;
  readonly dice: () => number;
};
