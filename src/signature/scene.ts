import type { Destination } from "../flow/destinations.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";

export type { Destination } from "../flow/destinations.ts";

/** One capture in the scene. */
export interface Vantage {
  /** Index in the scene, and the file's name as the user gave it. */
  readonly index: number;
  readonly file: string;
  readonly epoch: Instant;
  /** Nanoseconds since the epoch of the first and last packet. */
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /**
   * Where it was taken, as far as timing tells: at the client (its packets leave before any answer
   * and TTLs of its own are fresh), at the server, or in between.
   */
  readonly place: "client" | "server" | "middle" | "unknown";
  /** The flows looked at closely, in order of their first packet. */
  readonly trails: readonly Trail[];
  /** Every destination that a SYN was sent to, keyed by printEndpoint. */
  readonly destinations: ReadonlyMap<string, Destination>;
  /** Flows of this capture in all. */
  readonly flows: number;
  /** True when packets of only one direction were captured (nothing can be said of answers). */
  readonly oneSided: boolean;
}

/** The same connection as another vantage point saw it. */
export interface Sighting {
  readonly vantage: Vantage;
  readonly trail: Trail;
  /** Add this to the other vantage point's times (ns since its epoch) to get times of the asking one. */
  readonly offset: Nanoseconds;
  /** How sure the offset is, ± nanoseconds. */
  readonly uncertainty: Nanoseconds;
  /** Whether the addresses were rewritten in between. */
  readonly translated: boolean;
}

/** Everything that signatures look at. Signatures see flows and segments, never raw packets. */
export interface Scene {
  readonly vantages: readonly Vantage[];
  /** The same connection at other vantage points (matched by its numbers, through translation). */
  sightings(trail: Trail): readonly Sighting[];
}
