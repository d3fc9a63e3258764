import { systemClock } from "../clock.ts";
import { checkRange } from "../machines/guard-fault.ts";
import type { ClientOptions, ClientSettings } from "./client-options.ts";

const LONGEST = 2 ** 31 - 1;

/**
 * Node resets streams of a connection with ENHANCE_YOUR_CALM, those that have nothing to do with it as well, when what it holds for all of
 * them is above `maxSessionMemory` (10 MB by default; seen on 22.23 and 24.21 with 800 POSTs of 16 kB at once). Here a stream holds
 * one piece of its body and a connection has a bound of streams, so that this is no protection, only harm. In MB.
 */
const MAX_SESSION_MEMORY = 1_000_000;

/**
 * Node resets a response with more header fields (128 by default). The bytes are bounded all the same: by `maxHeaderListSize`, 65535 by
 * default, each field counted with 32 more than it has (RFC 9113 §6.5.2), so that no more than this fit.
 */
const MAX_HEADER_LIST_PAIRS = 2048;

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
    http2: {
      maxSessionMemory: MAX_SESSION_MEMORY,
      maxHeaderListPairs: MAX_HEADER_LIST_PAIRS,
      ...options.http2,
      settings: { enablePush: false, ...options.http2?.settings },
    },
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
