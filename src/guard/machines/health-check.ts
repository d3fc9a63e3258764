/**
 * Is the peer still there? After `readIdleTimeoutMs` without a frame a PING is sent; without its answer within
 * `pingTimeoutMs` the connection is lost. Go's meaning (golang.org/x/net/http2 `Transport.ReadIdleTimeout`, `PingTimeout`): the
 * timer starts when the connection opens and again with every frame read, writing does not restart it, and other frames
 * that arrive while the answer is awaited do not stand in for it. Unlike Go, one PING at a time is awaited.
 */
export interface HealthCheckOptions {
  readonly readIdleTimeoutMs: number;
  readonly pingTimeoutMs: number;
}

export interface HealthCheck {
  /** When the last frame was read, in the caller's milliseconds. */
  readonly lastReadMs: number;
  /** When the PING was sent whose answer is awaited. */
  readonly pingSentMs?: number;
  readonly lost: boolean;
}

/**
 * `read`: a frame of any kind came. `pong`: the answer to our PING came. `unsent`: the PING could not be sent, and is asked for
 * again with the next tick. `tick`: time may have passed.
 */
export type HealthInput = "read" | "pong" | "unsent" | "tick";

export interface HealthStep {
  readonly state: HealthCheck;
  /** `ping`: send a PING now. `lost`: give the connection up now. */
  readonly action?: "ping" | "lost";
  /** When to come back with a `tick` if nothing happens before; absent: never. */
  readonly wakeAtMs?: number;
}

/** The state of a connection that opened at `nowMs`. */
export function healthCheck(nowMs: number): HealthCheck {
  return { lastReadMs: nowMs, lost: false };
}

export function stepHealthCheck(
  state: HealthCheck,
  input: HealthInput,
  nowMs: number,
  options: HealthCheckOptions,
): HealthStep {
  if (state.lost || options.readIdleTimeoutMs === 0) return { state };
  if (input === "read") return waiting({ ...state, lastReadMs: nowMs }, options);
  if (input === "unsent") return waiting({ lastReadMs: state.lastReadMs, lost: false }, options);
  if (input === "pong") return waiting({ lastReadMs: nowMs, lost: false }, options);
  if (state.pingSentMs !== undefined) {
    if (nowMs < state.pingSentMs + options.pingTimeoutMs) return waiting(state, options);
    return { state: { ...state, lost: true }, action: "lost" };
  }
  if (nowMs < state.lastReadMs + options.readIdleTimeoutMs) return waiting(state, options);
  const pinged = { ...state, pingSentMs: nowMs };
  return { ...waiting(pinged, options), action: "ping" };
}

function waiting(state: HealthCheck, options: HealthCheckOptions): HealthStep {
  const wakeAtMs =
    state.pingSentMs === undefined
      ? state.lastReadMs + options.readIdleTimeoutMs
      : state.pingSentMs + options.pingTimeoutMs;
  return { state, wakeAtMs };
}
