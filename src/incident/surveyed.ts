import type { FlowTable } from "../flow/flow-table.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";

/** A capture after its survey: what the incident room needs of it. */
export interface Surveyed {
  /** The file's name as the user gave it. */
  readonly file: string;
  readonly table: FlowTable;
  readonly epoch: Instant;
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  readonly packets: number;
  readonly tcpPackets: number;
}
