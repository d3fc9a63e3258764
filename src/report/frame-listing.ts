import type { Flow } from "../flow/flow.ts";
import type { Problem } from "../net/problem.ts";
import type { Instant } from "../net/time.ts";
import type { SessionEvent, SessionSummary } from "../session/conversation.ts";

/** What was said in the connections of one capture, to be listed. */
export interface FrameListing {
  readonly file: string;
  readonly epoch: Instant;
  readonly packets: number;
  /** In the order of the capture. */
  readonly events: readonly { readonly stream: number; readonly event: SessionEvent }[];
  /** Conversations in which a protocol was found, in order of stream. */
  readonly sessions: readonly { readonly flow: Flow; readonly session: SessionSummary }[];
  readonly problems: readonly Problem[];
}
