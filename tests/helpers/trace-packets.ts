import type { TcpOptions } from "../../src/wire/encode.ts";

/** One named end of a trace. */
export interface TraceEnd {
  readonly name: string;
  readonly address: string;
  /** -1 for a router. */
  readonly port: number;
  /** The name whose numbers it uses. */
  readonly as: string;
  readonly ttl: number;
  readonly mac: string;
}

/** A TCP segment, complete: absolute numbers and all. */
export interface TraceSegment {
  readonly kind: "tcp";
  /** Nanoseconds since the trace's beginning on this section's clock. */
  readonly time: number;
  readonly from: TraceEnd;
  readonly to: TraceEnd;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly ttl: number;
  readonly ipId: number;
  readonly mac: string;
  readonly options: TcpOptions;
  readonly payload: Uint8Array;
}

/** An ICMP error that quotes an earlier packet of the section. */
export interface TraceIcmp {
  readonly kind: "icmp";
  readonly time: number;
  readonly from: TraceEnd;
  readonly type: number;
  readonly code: number;
  readonly ttl: number;
  readonly mac: string;
  readonly quoted: TraceSegment;
}

export const TRACE_LINKS = ["ethernet", "raw", "sll", "sll2", "null", "vlan"] as const;
export type TraceLink = (typeof TRACE_LINKS)[number];

/** The capture of one vantage point. */
export interface TraceSection {
  readonly name: string;
  readonly link: TraceLink;
  /** Bytes kept of each packet; 0 for all. */
  readonly snap: number;
  readonly packets: readonly (TraceSegment | TraceIcmp)[];
}
