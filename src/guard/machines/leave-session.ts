/**
 * How a server leaves one HTTP/2 connection without refusing a request that is on its way (RFC 9113 §6.8): GOAWAY with the
 * last possible stream id, then, once everything sent before the client read it has arrived, GOAWAY with the true last
 * id; close when the streams are done. A PING sent behind the first GOAWAY measures the round trip: its answer comes behind
 * every stream that the client opened before. gRPC servers do the same.
 *
 *   serving --start--> announcing --written--> announced --pong, or roundTripLimitMs--> finishing --closed--> gone
 *   announcing --blocked--> announcing, and again RETRY_MS later, till roundTripLimitMs
 *   announcing, announced --ended--> finishing
 *   finishing --FAREWELL_MS after it ended--> gone
 *   announcing, announced, finishing --graceMs--> cutting --closed, or LINGER_MS--> gone
 *   any --closed--> gone
 *
 * With `announce: false` (the connection allows no frame of ours) it goes from serving to finishing at once, as Go does; a
 * request on its way is then ignored by the server, and the client has to send it again elsewhere (§8.7).
 */
export interface LeaveOptions {
  readonly announce: boolean;
  /** The longest wait, from the start, for the PING's answer before the true id is sent all the same. */
  readonly roundTripLimitMs: number;
  /** When what is still open is cut, counted from the start; absent: never. */
  readonly graceMs?: number;
}

export type LeavePhase = "serving" | "announcing" | "announced" | "finishing" | "cutting" | "gone";

export interface Leave {
  readonly phase: LeavePhase;
  readonly startedMs?: number;
  /** In `announcing`: when to try again; absent while a try is under way. In `cutting`, and `finishing` once it ended: when to wait no more. */
  readonly dueMs?: number;
}

/**
 * `written`, `blocked`: what became of `announce`. `pong`: the PING's answer. `ended`: this side is closed, all is said. `closed`: the
 * connection is gone.
 */
export type LeaveInput = "start" | "written" | "blocked" | "pong" | "ended" | "closed" | "tick";

/**
 * `announce`: try to write GOAWAY(2^31-1). `measure`: send PING. `finish`: send GOAWAY with the true last id, take no more
 * streams, close once none is open. `cut`: end the streams, then the connection, and say so. `destroy`: let go of the socket,
 * whether the client closed its side or not.
 */
export type LeaveAction = "announce" | "measure" | "finish" | "cut" | "destroy";

export interface LeaveStep {
  readonly state: Leave;
  readonly action?: LeaveAction;
  readonly wakeAtMs?: number;
}

export const SERVING: Leave = { phase: "serving" };

/** How soon a frame that could not be written is tried again: the client has not read what came before it. */
export const RETRY_MS = 20;

/** How long a client has to close its side of a connection that was cut. */
export const LINGER_MS = 250;

/**
 * How long a client has to close its side after this side closed in order: without a limit, one that never does holds a socket for good.
 * Long, since the kernel may still have much for a slow client, and lets go of it if the client says anything once the socket is gone. As
 * nginx's `lingering_time` (30 s); Go closes after 1 s (`goAwayTimeout`).
 */
export const FAREWELL_MS = 30_000;

export function stepLeave(state: Leave, input: LeaveInput, nowMs: number, options: LeaveOptions): LeaveStep {
  if (state.phase === "gone") return { state };
  const startedMs = state.startedMs ?? nowMs;
  if (input === "closed") return { state: { phase: "gone", startedMs } };
  if (state.phase === "serving") return input === "start" ? begin(nowMs, options) : { state };
  if (state.phase === "cutting") {
    const dueMs = state.dueMs ?? nowMs;
    return nowMs < dueMs ? { state, wakeAtMs: dueMs } : { state: { phase: "gone", startedMs }, action: "destroy" };
  }
  if (options.graceMs !== undefined && nowMs >= startedMs + options.graceMs) return cut(startedMs, nowMs);
  if (input === "ended" && (state.phase !== "finishing" || state.dueMs === undefined)) {
    return waiting({ phase: "finishing", startedMs, dueMs: nowMs + FAREWELL_MS }, options);
  }
  if (state.phase === "finishing") {
    if (state.dueMs === undefined || nowMs < state.dueMs) return waiting(state, options);
    return { state: { phase: "gone", startedMs }, action: "destroy" };
  }
  if (input === "pong" || nowMs >= startedMs + options.roundTripLimitMs) return finish(startedMs, options);
  if (state.phase === "announced") return waiting(state, options);
  if (input === "written") return waiting({ phase: "announced", startedMs }, options, "measure");
  if (input === "blocked") return waiting({ ...state, dueMs: nowMs + RETRY_MS }, options);
  if (state.dueMs === undefined || nowMs < state.dueMs) return waiting(state, options);
  return waiting({ phase: "announcing", startedMs }, options, "announce");
}

function begin(nowMs: number, options: LeaveOptions): LeaveStep {
  if (options.graceMs !== undefined && options.graceMs <= 0) return cut(nowMs, nowMs);
  if (!options.announce) return finish(nowMs, options);
  return waiting({ phase: "announcing", startedMs: nowMs }, options, "announce");
}

function finish(startedMs: number, options: LeaveOptions): LeaveStep {
  return waiting({ phase: "finishing", startedMs }, options, "finish");
}

function cut(startedMs: number, nowMs: number): LeaveStep {
  const dueMs = nowMs + LINGER_MS;
  return { state: { phase: "cutting", startedMs, dueMs }, action: "cut", wakeAtMs: dueMs };
}

function waiting(state: Leave, options: LeaveOptions, action?: LeaveAction): LeaveStep {
  const startedMs = state.startedMs ?? 0;
  const limits = [
    ...(state.dueMs === undefined ? [] : [state.dueMs]),
    ...(state.phase === "finishing" ? [] : [startedMs + options.roundTripLimitMs]),
    ...(options.graceMs === undefined ? [] : [startedMs + options.graceMs]),
  ];
  return {
    state,
    ...(action === undefined ? {} : { action }),
    ...(limits.length === 0 ? {} : { wakeAtMs: Math.min(...limits) }),
  };
}
