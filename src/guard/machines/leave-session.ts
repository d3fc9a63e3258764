/**
 * How a server leaves one HTTP/2 connection without refusing a request that is on its way (RFC 9113 §6.8): GOAWAY with the
 * last possible stream id, then, once everything sent before the client read it has arrived, GOAWAY with the true last
 * id; close when the streams are done. A PING sent behind the first GOAWAY measures the round trip: its answer comes behind
 * every stream that the client opened before. gRPC servers do the same.
 *
 *   serving --start--> announced --pong, or roundTripLimitMs--> finishing --idle--> gone
 *   any --grace over--> gone
 *
 * With `announce: false` (the connection allows no frame of ours) it goes from serving to finishing at once, as Go does; a
 * request on its way is then ignored by the server, and the client has to send it again elsewhere (§8.7).
 */
export interface LeaveOptions {
  readonly announce: boolean;
  /** The longest wait for the PING's answer before the true id is sent all the same. */
  readonly roundTripLimitMs: number;
  /** When what is still open is cut, counted from the start; absent: never. */
  readonly graceMs?: number;
}

export type LeavePhase = "serving" | "announced" | "finishing" | "gone";

export interface Leave {
  readonly phase: LeavePhase;
  readonly startedMs?: number;
}

/** `idle`: no stream is open. */
export type LeaveInput = "start" | "pong" | "idle" | "tick";

/**
 * `announce`: send GOAWAY(2^31-1) and a PING behind it. `finish`: send GOAWAY with the true last id, take no more streams,
 * close once none is open. `cut`: end the connection with what is open on it.
 */
export type LeaveAction = "announce" | "finish" | "cut";

export interface LeaveStep {
  readonly state: Leave;
  readonly action?: LeaveAction;
  readonly wakeAtMs?: number;
}

export const SERVING: Leave = { phase: "serving" };

export function stepLeave(state: Leave, input: LeaveInput, nowMs: number, options: LeaveOptions): LeaveStep {
  switch (state.phase) {
    case "gone":
      return { state };
    case "serving":
      if (input !== "start") return { state };
      if (!options.announce) return finish(nowMs, nowMs, options);
      return waiting({ phase: "announced", startedMs: nowMs }, options, "announce");
    case "announced": {
      const startedMs = state.startedMs ?? nowMs;
      if (over(startedMs, nowMs, options)) return { state: { phase: "gone", startedMs }, action: "cut" };
      if (input === "pong" || nowMs >= startedMs + options.roundTripLimitMs) return finish(startedMs, nowMs, options);
      return waiting(state, options);
    }
    case "finishing": {
      const startedMs = state.startedMs ?? nowMs;
      if (input === "idle") return { state: { phase: "gone", startedMs } };
      if (over(startedMs, nowMs, options)) return { state: { phase: "gone", startedMs }, action: "cut" };
      return waiting(state, options);
    }
  }
}

function finish(startedMs: number, nowMs: number, options: LeaveOptions): LeaveStep {
  if (over(startedMs, nowMs, options)) return { state: { phase: "gone", startedMs }, action: "cut" };
  return waiting({ phase: "finishing", startedMs }, options, "finish");
}

function over(startedMs: number, nowMs: number, options: LeaveOptions): boolean {
  return options.graceMs !== undefined && nowMs >= startedMs + options.graceMs;
}

function waiting(state: Leave, options: LeaveOptions, action?: LeaveAction): LeaveStep {
  const startedMs = state.startedMs ?? 0;
  const limits = [
    ...(state.phase === "announced" ? [startedMs + options.roundTripLimitMs] : []),
    ...(options.graceMs === undefined ? [] : [startedMs + options.graceMs]),
  ];
  return {
    state,
    ...(action === undefined ? {} : { action }),
    ...(limits.length === 0 ? {} : { wakeAtMs: Math.min(...limits) }),
  };
}
