import type { Endpoint } from "../net/endpoint.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { EventName } from "./events.ts";

/**
 * Where a flow stood when the capture ended, as one vantage point saw it:
 * `unanswered` SYNs only; `refused` the SYN was answered by RST; `opening` a handshake not completed;
 * `open`; `half-closed` one side sent FIN; `closed` both did; `reset` a RST ended it;
 * `partial` seen from the middle and not ended; `quoted` known from an ICMP error only.
 */
export type FlowState =
  | "unanswered"
  | "refused"
  | "opening"
  | "open"
  | "half-closed"
  | "closed"
  | "reset"
  | "partial"
  | "quoted";

/** What one vantage point saw of a connection. Direction a is the end that sent the first packet. */
export interface Flow {
  /** Wireshark's `tcp.stream`. */
  readonly stream: number;
  readonly a: Endpoint;
  readonly b: Endpoint;
  /** Which end opened the connection: the sender of the first SYN, otherwise the end with the higher port. */
  readonly client: "a" | "b";
  /** False when no SYN was captured and `client` is inferred from the ports. */
  readonly clientSeen: boolean;
  readonly state: FlowState;
  /** Packets from a and from b. */
  readonly packets: readonly [number, number];
  /** Payload bytes from a and from b, as the headers say (also of snapped packets). */
  readonly bytes: readonly [number, number];
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** Nanoseconds since the capture's epoch. */
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /** SYN to the ACK that completes the handshake, here; 0 when not seen. */
  readonly firstRtt: Nanoseconds;
  /** Packet numbers; negative when b sent the packet. */
  readonly syn: readonly number[];
  readonly synAck: readonly number[];
  readonly fin: readonly number[];
  readonly rst: readonly number[];
  /** Notable events: packet numbers by kind, in order. */
  readonly events: Readonly<Partial<Record<EventName, readonly number[]>>>;
  /** Frequent events beyond the bound kept for one flow. */
  readonly eventsDropped: number;
  /** The longest silence and the packet that ended it. */
  readonly silence: { readonly length: Nanoseconds; readonly packet: number };
  /** TTL or hop limit of the first and last packet of a and of b. */
  readonly ttl: readonly [readonly [number, number], readonly [number, number]];
  /** `tcp.stream` of the previous flow with the same four-tuple. */
  readonly previous: number | undefined;
}

/** The client's endpoint. */
export const clientOf = (flow: Flow): Endpoint => (flow.client === "a" ? flow.a : flow.b);
/** The server's endpoint. */
export const serverOf = (flow: Flow): Endpoint => (flow.client === "a" ? flow.b : flow.a);
