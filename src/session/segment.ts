import type { EventName } from "../flow/events.ts";
import type { Flow } from "../flow/flow.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { Session } from "./session-recorder.ts";

/** Which end of the connection sent something. */
export type Side = "client" | "server";

/** One TCP segment of a flow that is looked at closely. */
export interface Segment {
  /** Wireshark's packet number. */
  readonly packet: number;
  /** Nanoseconds since the capture's epoch. */
  readonly time: Nanoseconds;
  readonly from: Side;
  /** Header flags (net/tcp-flags.ts). */
  readonly flags: number;
  /** Raw sequence and acknowledgment numbers, unsigned. */
  readonly seq: number;
  readonly ack: number;
  /** Payload length as the headers say (a snapped packet still has its full length here). */
  readonly length: number;
  /** Window field, unscaled. */
  readonly window: number;
  readonly ttl: number;
  /** IPv4 identification, or -1. */
  readonly ipId: number;
  /** TSval and TSecr (RFC 7323 §3), when present. */
  readonly timestamp: { readonly value: number; readonly echo: number } | undefined;
  /** Bytes of TCP options. */
  readonly optionBytes: number;
  /** The first captured payload bytes, at most 64. */
  readonly head: Uint8Array;
  /** Link-layer source address as text where the link has one, otherwise "". */
  readonly sourceMac: string;
  /** What the readable observer says of it (the same rules as the survey). */
  readonly notes: readonly EventName[];
}

/** An ICMP error that quotes a segment of the flow. */
export interface IcmpError {
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly ipVersion: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** The address that sent the ICMP error. */
  readonly sender: string;
  /** Which end had sent the quoted segment. */
  readonly quoted: Side;
}

/** A flow seen closely: its segments in capture order. Very long flows keep their beginning and end. */
export interface Trail {
  /** Index of the vantage point in the scene. */
  readonly vantage: number;
  readonly flow: Flow;
  readonly segments: readonly Segment[];
  readonly icmp: readonly IcmpError[];
  /** Segments left out of the middle of a very long flow. */
  readonly omitted: number;
  /** What was said on it, as far as it was in the clear or could be decrypted. */
  readonly session?: Session;
}
