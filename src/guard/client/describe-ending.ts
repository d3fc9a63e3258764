import type { Ending } from "../machines/judge-ending.ts";
import type { ClientLink } from "./client-link.ts";
import type { RequestErrorFacts } from "./request-error.ts";
import { whoEnded } from "./who-ended.ts";

export type EndingFacts = Pick<RequestErrorFacts, "code" | "endedBy" | "cause"> & { readonly what: string };

/** RFC 9113 §7. */
const NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];

/**
 * Codes with which this side resets a stream by itself, and Node does not tell who did: PROTOCOL_ERROR for a response that is malformed, or
 * not as long as its content-length (RFC 9113 §8.1.1), FLOW_CONTROL_ERROR, STREAM_CLOSED, INTERNAL_ERROR (nghttp2), ENHANCE_YOUR_CALM for more
 * header fields than `maxHeaderListPairs` or memory than `maxSessionMemory` (Node 22.23 and 24.21, by experiment).
 */
const HERE = new Set([0x01, 0x02, 0x03, 0x05, 0x0b]);

/** Who ended it, in words that a log can carry. */
export function describeEnding(ending: Ending, link: ClientLink, cause: unknown): EndingFacts {
  switch (ending.kind) {
    case "refused":
      return { code: "refused", endedBy: "peer", cause, what: "the server refused the stream" };
    case "not-dispatched":
      return {
        code: "going-away",
        endedBy: "peer",
        cause,
        what: "the connection began to close before the request was sent",
      };
    case "goaway": {
      const name = nameOf(link.goaway?.code ?? 0);
      const what = `the server said GOAWAY (${name}, last stream ${ending.lastStreamId}) and closed the connection before stream ${ending.streamId} was done`;
      return { code: "going-away", endedBy: "peer", cause, what };
    }
    case "lost-ping":
      return {
        code: "lost-ping",
        endedBy: "nobody",
        cause,
        what: "the server did not answer a PING: the connection is lost",
      };
    case "closed": {
      if (link.end === "client-closed" || link.end === "idle") {
        return { code: "client-closed", endedBy: "client", cause, what: "this client was closed" };
      }
      const reason = link.error ?? cause;
      const how = reason instanceof Error ? ` (${reason.message})` : "";
      return {
        code: "connection-closed",
        endedBy: whoEnded(reason),
        cause: reason,
        what: `the connection ended without GOAWAY${how}`,
      };
    }
    case "reset":
      return {
        code: "stream-reset",
        endedBy: HERE.has(ending.code) ? "unknown" : "peer",
        cause,
        what: HERE.has(ending.code)
          ? `the stream was reset with ${nameOf(ending.code)} (by the server, or here, since its response broke a rule)`
          : `the server reset the stream with ${nameOf(ending.code)}`,
      };
    case "given-up":
      return { code: "aborted", endedBy: "client", cause, what: "given up by the caller" };
  }
}

function nameOf(code: number): string {
  return NAMES[code] ?? `code 0x${code.toString(16)}`;
}
