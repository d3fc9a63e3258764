/**
 * A request ended without a response. May it be sent again? Only what surely was not processed is, by itself (RFC 9113
 * §8.7): it never left, its stream was refused, or its stream's id is above the last id of a GOAWAY. Everything else
 * may have been processed, and is sent again only if that does no harm (idempotent, RFC 9110 §9.2.2) and the caller allows it.
 */
export type Ending =
  /** No frame of the request was handed to a connection. */
  | { readonly kind: "not-dispatched" }
  /** RST_STREAM with REFUSED_STREAM. */
  | { readonly kind: "refused" }
  /** The connection ended or the stream was closed after GOAWAY. */
  | { readonly kind: "goaway"; readonly streamId: number; readonly lastStreamId: number }
  /** RST_STREAM with another code. */
  | { readonly kind: "reset"; readonly code: number }
  /** The health check got no answer. */
  | { readonly kind: "lost-ping" }
  /** The connection closed, or was reset, without GOAWAY. */
  | { readonly kind: "closed" }
  /** The caller gave up, or its time was over. */
  | { readonly kind: "given-up" };

export interface JudgedRequest {
  /** By its method, or because the caller says so. */
  readonly idempotent: boolean;
  /** The body can be sent from its beginning again: there is none, it is bytes, or a function makes it anew. */
  readonly replayable: boolean;
  /** Attempts so far, this one included. */
  readonly attempts: number;
}

export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Send idempotent requests again even if they may have been processed. */
  readonly retryIdempotent: boolean;
}

export interface Judgement {
  readonly action: "retry" | "fail";
  readonly processed: "no" | "maybe";
  /** Why it is not sent again. */
  readonly because?: "may-have-been-processed" | "body-not-replayable" | "attempts-used-up" | "given-up";
}

export function judgeEnding(ending: Ending, request: JudgedRequest, policy: RetryPolicy): Judgement {
  const processed = notProcessed(ending) ? "no" : "maybe";
  if (ending.kind === "given-up") return { action: "fail", processed, because: "given-up" };
  const harmless = processed === "no" || (request.idempotent && policy.retryIdempotent);
  if (!harmless) return { action: "fail", processed, because: "may-have-been-processed" };
  if (!request.replayable) return { action: "fail", processed, because: "body-not-replayable" };
  if (request.attempts >= policy.maxAttempts) return { action: "fail", processed, because: "attempts-used-up" };
  return { action: "retry", processed };
}

/** RFC 9110 §9.2.2. */
export function isIdempotent(method: string): boolean {
  return ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].includes(method.toUpperCase());
}

function notProcessed(ending: Ending): boolean {
  switch (ending.kind) {
    case "not-dispatched":
    case "refused":
      return true;
    case "goaway":
      return ending.streamId > ending.lastStreamId;
    case "reset":
    case "lost-ping":
    case "closed":
    case "given-up":
      return false;
  }
}
