import type { ErrorWord, LogContent } from "../log/content.ts";

/** What an entry is a symptom of in the program that wrote it, as `connection-reset` or `node-not-ready`; undefined when of nothing. */
export function symptomOf(content: LogContent): string | undefined {
  switch (content.kind) {
    case "health-check":
      return content.event === "failed" ? "lost-ping" : undefined;
    case "watch-ended":
      return content.outcome === "error" ? (content.error === "lost-ping" ? "lost-ping" : "watch-ended") : undefined;
    case "lease":
      return content.outcome === "failed" ? "missed-lease" : undefined;
    case "node-status":
      return content.status === "ready" ? undefined : content.status === "stale" ? "missed-lease" : "node-not-ready";
    case "request":
      return content.status === 502 || content.status === 503 || content.status === 504
        ? `http-${content.status}`
        : undefined;
    case "dial":
      return content.outcome === "failed" ? CONNECTING[content.error ?? "other"] : undefined;
    case "connection":
      if (content.event === "lost") return ERRORS[content.error ?? "lost-ping"];
      return content.event === "read-error" && content.error !== "closed-locally"
        ? ERRORS[content.error ?? "other"]
        : undefined;
    case "failure":
      return content.operation === "connect" ? CONNECTING[content.error] : ERRORS[content.error];
    default:
      return undefined;
  }
}

const ERRORS: Readonly<Record<ErrorWord, string>> = {
  reset: "connection-reset",
  refused: "connection-refused",
  "timed-out": "request-timeout",
  "broken-pipe": "broken-pipe",
  "end-of-file": "unexpected-eof",
  "closed-locally": "connection-closed",
  unreachable: "no-route-to-host",
  "no-free-port": "no-free-port",
  prohibited: "connection-prohibited",
  tls: "tls-failure",
  goaway: "goaway-surfaced",
  "lost-ping": "lost-ping",
  "stream-reset": "stream-reset",
  "stream-refused": "stream-refused",
  "table-full": "table-full",
  other: "request-failed",
};

const CONNECTING: Readonly<Record<ErrorWord, string>> = {
  ...ERRORS,
  "timed-out": "connect-timeout",
  other: "connect-failed",
};
