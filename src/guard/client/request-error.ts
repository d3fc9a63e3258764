import type { Judgement } from "../machines/judge-ending.ts";

/** What ended it. Codes are added to, never renamed. */
export type RequestErrorCode =
  | "bad-request"
  | "connect-failed"
  | "verify-failed"
  | "refused"
  | "going-away"
  | "stream-reset"
  | "lost-ping"
  | "connection-closed"
  | "body-failed"
  | "timed-out"
  | "aborted"
  | "too-many-waiting"
  | "client-closed";

/**
 * `peer`: the other end, or a box that speaks in its name. `client`: this side. `nobody`: there was only silence. `unknown`: the peer reset the
 * stream, or this side did since the response broke a rule; Node does not tell which.
 */
export type EndedBy = "peer" | "client" | "nobody" | "unknown";

/** `no`: surely not, it is safe to send again. `maybe`: it may have been. `yes`: its response had begun. */
export type Processed = "no" | "maybe" | "yes";

export interface RequestErrorFacts {
  readonly code: RequestErrorCode;
  readonly endedBy: EndedBy;
  readonly processed: Processed;
  /** Why it was not sent again by itself. */
  readonly notRetried?: Judgement["because"];
  /** How often it was tried; 0 if it can not be sent at all. */
  readonly attempts: number;
  readonly cause?: unknown;
}

/** A request without a whole response: who ended it, and whether the server may have processed it. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly endedBy: EndedBy;
  readonly processed: Processed;
  readonly notRetried: Judgement["because"];
  readonly attempts: number;

  constructor(what: string, facts: RequestErrorFacts) {
    super(`${what}; ${WORDS[facts.processed]}${why(facts)}`, { cause: facts.cause });
    this.name = "RequestError";
    this.code = facts.code;
    this.endedBy = facts.endedBy;
    this.processed = facts.processed;
    this.notRetried = facts.notRetried;
    this.attempts = facts.attempts;
  }
}

const WORDS: Readonly<Record<Processed, string>> = {
  no: "the server has not processed the request",
  maybe: "the server may have processed the request",
  yes: "the server has processed the request, in part at least",
};

function why({ notRetried, attempts }: RequestErrorFacts): string {
  switch (notRetried) {
    case "body-not-replayable":
      return "; not sent again, since its body is read already: give bytes, or a function that makes the body";
    case "attempts-used-up":
      return `; given up after ${attempts} attempts`;
    case "may-have-been-processed":
    case "given-up":
    case undefined:
      return "";
  }
}
