import type { ErrorWord, LoggedRequest } from "../log/content.ts";

/** What a proxy's access log says of its upstream. */
export interface UpstreamLoss {
  readonly error: ErrorWord;
  readonly stage: "connect" | "exchange";
  /** HAProxy and Envoy date a line by the beginning of the request, the others by its end. */
  readonly datedByStart: boolean;
}

/**
 * A request that a proxy could not have answered by its upstream; undefined when it was answered, or failed for
 * another reason. HAProxy's termination state (configuration.txt §8.5): first letter S the server ended the
 * connection, s its time ran out; second letter C while connecting, H before the headers, D in the body. Envoy's
 * response flags (access log, %RESPONSE_FLAGS%): UF could not connect, UC connection ended, UT time ran out. Others by
 * status: 502 no valid response, 504 none in time.
 */
export function upstreamLoss(request: LoggedRequest): UpstreamLoss | undefined {
  const { termination, status } = request;
  const haproxy = /^([SsCcPp-])([CHDLRQT-])(?:..)?$/.exec(termination ?? "");
  if (haproxy !== null) return haproxyLoss(haproxy[1] ?? "", haproxy[2] ?? "");
  const flags = termination?.split(",") ?? [];
  if (flags.includes("UF")) return { error: "refused", stage: "connect", datedByStart: true };
  if (flags.includes("UC")) return { error: "reset", stage: "exchange", datedByStart: true };
  if (flags.includes("UT")) return { error: "timed-out", stage: "exchange", datedByStart: true };
  // The upstream gave this status itself, except that nginx writes its own down for it.
  const passedOn = request.upstreamStatus === status && request.upstreamDuration === undefined;
  if (status === 504 && !passedOn) return { error: "timed-out", stage: "exchange", datedByStart: false };
  if (status !== 502 || passedOn) return undefined;
  const silent = request.upstream !== undefined && request.upstreamStatus === undefined;
  return { error: silent ? "reset" : "other", stage: "exchange", datedByStart: false };
}

function haproxyLoss(who: string, when: string): UpstreamLoss | undefined {
  const stage = when === "C" ? "connect" : "exchange";
  if (who === "S") return { error: stage === "connect" ? "refused" : "reset", stage, datedByStart: true };
  if (who === "s") return { error: "timed-out", stage, datedByStart: true };
  return undefined;
}
