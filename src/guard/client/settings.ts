import { systemClock } from "../clock.ts";
import { checkRange } from "../machines/guard-fault.ts";
import type { ClientOptions, ClientSettings } from "./client-options.ts";

const LONGEST = 2 ** 31 - 1;

/** Fills in the defaults and checks the ranges; throws a `GuardFault`. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const readIdleTimeoutMs = options.readIdleTimeoutMs ?? 30_000;
  const settings: ClientSettings = {
    readIdleTimeoutMs,
    pingTimeoutMs: options.pingTimeoutMs ?? 15_000,
    resolutionMs: options.resolutionMs ?? Math.max(1, Math.min(1000, readIdleTimeoutMs / 10)),
    verifyAfterMs: options.verifyAfterMs ?? 20_000,
    verifyTimeoutMs: options.verifyTimeoutMs ?? 2000,
    idleTimeoutMs: options.idleTimeoutMs ?? 50_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    tcpKeepaliveMs: options.tcpKeepaliveMs ?? 30_000,
    maxSessions: options.maxSessions ?? 4,
    maxWaiting: options.maxWaiting ?? 10_000,
    maxAttempts: options.maxAttempts ?? 4,
    retryIdempotent: options.retryIdempotent ?? false,
    backOffMs: options.backOffMs ?? 100,
    maxBackOffMs: options.maxBackOffMs ?? 30_000,
    // Nobody here reads what a server pushes, and its bytes would fill the connection's window. Go turns it off as well.
    http2: { ...options.http2, settings: { enablePush: false, ...options.http2?.settings } },
    clock: options.clock ?? systemClock,
    dice: options.dice ?? Math.random,
  };
  for (const name of ["readIdleTimeoutMs", "tcpKeepaliveMs"] as const) checkRange(name, settings[name], [0, LONGEST]);
  for (const name of ["pingTimeoutMs", "resolutionMs", "verifyTimeoutMs", "connectTimeoutMs", "backOffMs"] as const) {
    checkRange(name, settings[name], [1, LONGEST]);
  }
  checkRange("idleTimeoutMs", settings.idleTimeoutMs, [1, Number.POSITIVE_INFINITY]);
  checkRange("verifyAfterMs", settings.verifyAfterMs, [0, Number.POSITIVE_INFINITY]);
  checkRange("maxBackOffMs", settings.maxBackOffMs, [settings.backOffMs, LONGEST]);
  checkRange("maxSessions", settings.maxSessions, [1, 1000]);
  checkRange("maxWaiting", settings.maxWaiting, [1, 10_000_000]);
  checkRange("maxAttempts", settings.maxAttempts, [1, 100]);
  return settings;
}
