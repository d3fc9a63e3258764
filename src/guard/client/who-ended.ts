import type { EndedBy } from "./request-error.ts";

/** The peer's refusal or reset came in, or its end of the connection (connect(2), tcp(7), `man 3 errno`). */
const PEER = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ERR_HTTP2_SESSION_ERROR"]);
/** Nothing came in, or word from on the way that nothing arrives. */
const NOBODY = new Set([
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

/**
 * Who ended a connection, by the error that it left. Without an error the peer closed it. Any other code is of this side: a name
 * that is not found, a certificate that is not trusted, bytes that are no HTTP/2, too many open files; or one without a code, from a
 * `createConnection` of the caller.
 */
export function whoEnded(error: unknown): EndedBy {
  if (error === undefined) return "peer";
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return "client";
  if (PEER.has(error.code)) return "peer";
  return NOBODY.has(error.code) ? "nobody" : "client";
}
