import type { Flow } from "../flow/flow.ts";
import type { Instant } from "../net/time.ts";

/** The flows of one capture, to be listed. `flows` is walked once, so that a million of them need not be held. */
export interface FlowListing {
  readonly file: string;
  readonly epoch: Instant;
  /** Packets of any kind, and those with a TCP segment. */
  readonly packets: number;
  readonly tcpPackets: number;
  /** Payload bytes as the headers say, of all flows. */
  readonly bytes: number;
  /** Flows in the capture, of which `flows` may be a selection. */
  readonly flowCount: number;
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly count: number }[];
  readonly flows: Iterable<Flow>;
}
