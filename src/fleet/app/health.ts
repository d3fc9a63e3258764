import { type HealthCheckOptions, stepHealthCheck } from "../../guard/machines/index.ts";

/**
 * guard's health check of an HTTP/2 connection, told lazily: a frame that is read only notes the time, and the machine takes its steps when
 * the timer comes up. A test feeds both the same frames and compares what they do.
 */
export interface LazyHealth {
  /** Milliseconds. */
  lastReadMs: number;
  pingSentMs: number | undefined;
  lost: boolean;
}

export const lazyHealth = (nowMs: number): LazyHealth => ({ lastReadMs: nowMs, pingSentMs: undefined, lost: false });

/** The answer to our PING; any other frame just sets `lastReadMs`. */
export function heardPong(health: LazyHealth, nowMs: number): void {
  health.lastReadMs = nowMs;
  health.pingSentMs = undefined;
}

/** When to call `checkHealth` if nothing is read before. */
export const healthDueMs = (health: LazyHealth, options: HealthCheckOptions): number =>
  options.readIdleTimeoutMs === 0 || health.lost
    ? Number.POSITIVE_INFINITY
    : health.pingSentMs === undefined
      ? health.lastReadMs + options.readIdleTimeoutMs
      : health.pingSentMs + options.pingTimeoutMs;

/** One tick of the machine. */
export function checkHealth(
  health: LazyHealth,
  nowMs: number,
  options: HealthCheckOptions,
): "ping" | "lost" | undefined {
  const { lastReadMs, pingSentMs, lost } = health;
  const state = pingSentMs === undefined ? { lastReadMs, lost } : { lastReadMs, pingSentMs, lost };
  const step = stepHealthCheck(state, "tick", nowMs, options);
  health.pingSentMs = step.state.pingSentMs;
  health.lost = step.state.lost;
  return step.action;
}
