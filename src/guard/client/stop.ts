import type { Clock } from "../clock.ts";
import type { EndingFacts } from "./describe-ending.ts";
import type { RequestOptions } from "./request-options.ts";

/** Why the caller's signal or time ended it. */
class Stopped extends Error {
  readonly code: "aborted" | "timed-out";

  constructor(code: Stopped["code"], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** The caller's signal and time as one signal; `done` lets go of both. */
export function stopOf(
  request: RequestOptions,
  clock: Clock,
): { readonly signal: AbortSignal; readonly done: () => void } {
  const { signal, timeoutMs } = request;
  const stop = new AbortController();
  const giveUp = (): void => stop.abort(new Stopped("aborted", signal?.reason));
  if (signal?.aborted) giveUp();
  else signal?.addEventListener("abort", giveUp, { once: true });
  const late = (): void => stop.abort(new Stopped("timed-out"));
  const callOff =
    timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY ? undefined : clock.after(timeoutMs, late, true);
  return {
    signal: stop.signal,
    done: () => {
      callOff?.();
      signal?.removeEventListener("abort", giveUp);
    },
  };
}

/** The same in words. */
export function describeStop(stop: AbortSignal): EndingFacts {
  const { reason } = stop;
  const code = reason instanceof Stopped ? reason.code : "aborted";
  const what = code === "aborted" ? "given up by the caller" : "no response in time";
  return { code, endedBy: "client", cause: reason instanceof Stopped ? (reason.cause ?? reason) : reason, what };
}
