import type { EndedBy } from "./request-error.ts";

interface NoLinkFacts {
  readonly code: "connect-failed" | "verify-failed" | "client-closed" | "too-many-waiting" | "aborted";
  readonly endedBy: EndedBy;
  readonly cause?: unknown;
}

/** Why no connection could be had. Nothing of the request was sent. */
export class NoLink extends Error {
  readonly code: NoLinkFacts["code"];
  readonly endedBy: EndedBy;

  constructor(message: string, { code, endedBy, cause }: NoLinkFacts) {
    super(message, { cause });
    this.code = code;
    this.endedBy = endedBy;
  }
}
