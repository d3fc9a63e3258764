import { type Clock, systemClock } from "../clock.ts";
import { checkRange } from "../machines/guard-fault.ts";

export interface GrpcServerSettings {
  /**
   * Age at which a connection is told to go elsewhere; gRPC's way to the goaway filter's end. Default: 1800000. Sensible: 300000 to 3600000.
   * Prevents: calls that stay on the servers they found first. gRPC: MAX_CONNECTION_AGE, ± 10 % of jitter. Go's http.Server: none.
   */
  readonly maxAgeMs?: number;
  /** How long calls may go on after it. Default: 30000. Sensible: the longest call. Prevents: `drain-cut-short`. gRPC: MAX_CONNECTION_AGE_GRACE. Go's http.Server: none. */
  readonly ageGraceMs?: number;
  /** Default: none. Sensible: above the idle time of clients. gRPC: MAX_CONNECTION_IDLE. Go: `http.Server.IdleTimeout`. */
  readonly idleMs?: number;
  /** Silence after which the server sends a PING. Default: 60000. Sensible: 10000 to half of a box's memory. Prevents: `silent-idle-drop`. gRPC: keepalive time. Go: `HTTP2Config.SendPingTimeout`. */
  readonly keepaliveMs?: number;
  /** How long its answer may take. Default: 20000. Sensible: 1000 to 20000. Prevents: calls on a connection that is half-open. gRPC: keepalive timeout. Go: `HTTP2Config.PingTimeout`. */
  readonly keepaliveTimeoutMs?: number;
}

/** Options for `new grpc.Server(…)` of `@grpc/grpc-js`. Throws a `GuardFault` if they cannot work. */
export function grpcServerOptions(settings: GrpcServerSettings = {}): Record<`grpc.${string}`, number> {
  const { maxAgeMs = 1_800_000, ageGraceMs = 30_000, keepaliveMs = 60_000, keepaliveTimeoutMs = 20_000 } = settings;
  for (const [name, ms] of Object.entries({ maxAgeMs, ageGraceMs, keepaliveMs, keepaliveTimeoutMs })) {
    checkRange(name, ms, [1, 2 ** 31 - 1]);
  }
  return {
    "grpc.max_connection_age_ms": maxAgeMs,
    "grpc.max_connection_age_grace_ms": ageGraceMs,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
    ...(settings.idleMs === undefined ? {} : { "grpc.max_connection_idle_ms": settings.idleMs }),
  };
}

/** The part of a gRPC server that is needed. */
export interface GrpcServerLike {
  tryShutdown: (done: (error?: Error) => void) => void;
  forceShutdown: () => void;
}

/**
 * Stops a gRPC server: no new calls, those open finish, what outlives the grace is cut. Resolves to whether it was. The GOAWAY is
 * grpc-js's own, in one phase; gRPC clients send again what it did not accept.
 */
export function grpcServerDrain(
  server: GrpcServerLike,
  { graceMs, clock = systemClock }: { readonly graceMs: number; readonly clock?: Clock },
): Promise<{ readonly cut: boolean }> {
  checkRange("graceMs", graceMs, [0, 2 ** 31 - 1]);
  return new Promise((resolve) => {
    const callOff = clock.after(
      graceMs,
      () => {
        server.forceShutdown();
        resolve({ cut: true });
      },
      true,
    );
    server.tryShutdown(() => {
      callOff();
      resolve({ cut: false });
    });
  });
}
