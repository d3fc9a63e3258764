import type { LoggedRequest } from "./content.ts";

/** A request entry in which everything that is not given is unknown. */
export function requestOf(known: Partial<LoggedRequest>): LoggedRequest {
  return {
    kind: "request",
    client: undefined,
    method: undefined,
    target: undefined,
    protocol: undefined,
    status: undefined,
    upstream: undefined,
    upstreamName: undefined,
    upstreamStatus: undefined,
    duration: undefined,
    upstreamDuration: undefined,
    bytesSent: undefined,
    bytesReceived: undefined,
    termination: undefined,
    userAgent: undefined,
    startedAt: undefined,
    ...known,
  };
}

/** Splits `GET /path HTTP/1.1`; a request line that was refused or garbled has less. */
export function requestLine(text: string): Pick<LoggedRequest, "method" | "target" | "protocol"> {
  const [method, target, protocol] = text.split(" ");
  if (method === undefined || !/^[A-Z]{2,20}$/.test(method)) {
    return { method: undefined, target: undefined, protocol: undefined };
  }
  return { method, target: target === "" ? undefined : target, protocol };
}

/** A count, a status or a size; `-`, `-1` and 0 as a status mean that there was none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function statusOf(text: string | undefined): number | undefined {
  const status = wholeNumber(text);
  return status === undefined || status < 100 || status > 999 ? undefined : status;
}

/** Nanoseconds of a decimal number of seconds; undefined for `-` and `-1`. */
export function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1e9) : undefined;
}

/** Nanoseconds of a whole number of milliseconds. */
export function millisecondsOf(text: string | undefined): number | undefined {
  const ms = wholeNumber(text?.replace(/^\+/, ""));
  return ms === undefined ? undefined : ms * 1e6;
}
