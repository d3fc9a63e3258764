/** What traffic to write. Sizes are bytes of TCP payload, drawn evenly between the two bounds. */
export interface Recipe {
  readonly flows: number;
  /** Payload and headers a flow carries on average before it closes; 0 for a single exchange. */
  readonly bytesPerFlow: number;
  readonly request: readonly [number, number];
  readonly response: readonly [number, number];
  /** Chance that a segment of a response is a full one of 1448 bytes. */
  readonly fullSegment: number;
  /** A response has 1 up to this many segments. */
  readonly segments: number;
  /** Mean pause between two exchanges, in milliseconds. */
  readonly thinkMs: number;
  readonly ipVersion: 4 | 6;
  readonly vlan: boolean;
  readonly seed: number;
}

/** What a generated capture holds. */
export interface TrafficSummary {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly resent: number;
  readonly keepalives: number;
}
