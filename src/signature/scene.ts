import type { Destination } from "../flow/destinations.ts";
import type { LogEntry } from "../log/entry.ts";
import type { LogFormat } from "../log/parser.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Session } from "../session/session-recorder.ts";

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

/** How a log's clock was placed on the common clock. */
export interface LogClock {
  /**
   * `stated`: its lines give instants; `aligned`: moved so that events agree with a capture's;
   * `assumed`: a year or zone is missing and nothing says which, so that the nearest was taken; `none`: no times.
   */
  readonly how: "stated" | "aligned" | "assumed" | "none";
  /** Added to what the lines state (taken as UTC) to get the common clock. */
  readonly offset: Nanoseconds;
  /** How sure that is, ± nanoseconds: at least the resolution of its times; infinite where nothing was compared. */
  readonly uncertainty: Nanoseconds;
  /** Events that were found in a capture as well. */
  readonly matched: number;
  /** The capture it was compared with. */
  readonly against: string | undefined;
}

/** One log in the scene. Text in its entries comes from outside: `printable` before it is told. */
export interface Log {
  readonly index: number;
  /** The file's name as the user gave it. */
  readonly file: string;
  readonly format: LogFormat;
  /** What it says, in the order of the lines; of a very long log its beginning and its end. */
  readonly entries: readonly LogEntry[];
  /** Entries left out of the middle. */
  readonly omitted: number;
  readonly clock: LogClock;
  /** When an entry was written, on the common clock (that of the first capture; without captures, UTC); undefined without a time. */
  instantOf(entry: LogEntry): Instant | undefined;
}

/** A log entry that is about a connection which a capture shows too. */
export interface Mention {
  readonly log: Log;
  readonly entry: LogEntry;
  /** How it is known, one plain clause: `names both ends`, `its frames are those of tcp.stream 3`. */
  readonly because: string;
}

/** Everything that signatures look at. Signatures see flows and segments, never raw packets. */
export interface Scene {
  readonly vantages: readonly Vantage[];
  /** The same connection at other vantage points (matched by its numbers, through translation). */
  sightings(trail: Trail): readonly Sighting[];
  /** What was said on a flow that was looked at closely, as far as it was in the clear or could be decrypted. */
  session(trail: Trail): Session | undefined;
  readonly logs: readonly Log[];
  /** What logs say about a connection, in order of time. */
  mentions(trail: Trail): readonly Mention[];
  /** An instant on a vantage point's own clock, from one on the common clock, and back. */
  toVantage(vantage: Vantage, instant: Instant): Nanoseconds;
  toCommon(vantage: Vantage, at: Nanoseconds): Instant;
}
