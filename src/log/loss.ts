import type { LogContent } from "./content.ts";

/** Whether an entry tells that a connection, an attempt at one or a request on one failed. */
export function isLoss(content: LogContent): boolean {
  switch (content.kind) {
    case "failure":
      return true;
    case "dial":
      return content.outcome === "failed";
    case "connection":
      return content.event === "lost" || (content.event === "read-error" && content.error !== "closed-locally");
    case "health-check":
      return content.event === "failed";
    case "watch-ended":
      return content.outcome === "error";
    case "lease":
      return content.outcome === "failed";
    case "request":
      return content.status === 502 || content.status === 503 || content.status === 504;
    default:
      return false;
  }
}
