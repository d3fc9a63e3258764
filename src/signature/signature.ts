import type { Endpoint } from "../net/endpoint.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Scene } from "./scene.ts";

export type Confidence = "certain" | "likely" | "possible";
export type Initiator = "client" | "server" | "balancer" | "unknown";

/** A packet or a log line that shows something. */
export type Evidence = PacketEvidence | LogEvidence;

/** One packet that shows something. */
export interface PacketEvidence {
  readonly vantage: number;
  readonly packet: number;
  /** Nanoseconds since that vantage point's epoch. */
  readonly at: Nanoseconds;
  /** What it shows, one plain sentence without a full stop. */
  readonly shows: string;
}

/** One entry of a log that shows something. */
export interface LogEvidence {
  /** Index of the log in the scene. */
  readonly log: number;
  /** Number of the entry's first line, from 1. */
  readonly line: number;
  /** What it shows, one plain sentence without a full stop. */
  readonly shows: string;
}

/** A connection that is known by its addresses only: from a log, without a packet. Port 0 where it is not said. */
export interface NamedConnection {
  readonly client: Endpoint | undefined;
  readonly server: Endpoint | undefined;
}

/** A cause that was considered and why it is not this one. */
export interface RuledOut {
  readonly cause: string;
  readonly because: string;
}

/** A claim about a mechanism, with everything needed to check it. */
export interface Finding {
  /** The signature's id. */
  readonly cause: string;
  readonly variant?: string;
  readonly confidence: Confidence;
  readonly initiator: Initiator;
  /**
   * When it happened: ns since the epoch of the vantage point of the first trail. A claim from logs
   * alone, without a trail, gives the instant on the common clock.
   */
  readonly at: Nanoseconds | Instant;
  /** When the last of several happened that one finding tells of, on the clock of `at`; absent: as `at`. */
  readonly until?: Nanoseconds | Instant;
  /** The connection the claim is about comes first, then the others it involves; none when logs alone tell of it. */
  readonly trails: readonly Trail[];
  /** Connections that only logs name. */
  readonly named?: readonly NamedConnection[];
  /** In the order of the story; at least one. */
  readonly evidence: readonly Evidence[];
  /** One or two sentences for somebody at 3 a.m.: who dropped what, when, with addresses and times. */
  readonly summary: string;
  readonly ruledOut: readonly RuledOut[];
  /** What observation would prove the claim wrong. */
  readonly refutedBy: string;
  /** When more evidence would make it certain: which capture, on which host, with which command. */
  readonly next?: string;
  /** Symptoms it explains here, such as `connection-reset`, `connect-timeout`, `lost-ping`. */
  readonly symptoms: readonly string[];
  /** Losses alike that are only counted, because there are too many to tell one by one. */
  readonly beyond?: number;
  /** What was inferred rather than seen (for instance an encrypted PING from its size). */
  readonly inferred?: readonly string[];
}

/** One way a connection is lost. */
export interface Signature {
  /** Never renamed. */
  readonly id: string;
  /** Incidents are losses; notes are harmless stories that must not be mistaken for one. */
  readonly kind: "incident" | "note";
  /** One sentence that names the mechanism. */
  readonly title: string;
  readonly symptoms: readonly string[];
  /** Vantage points needed to be certain. */
  readonly certainFrom: string;
  readonly remedy: string;
  readonly references: readonly string[];
  /** The cause makes a loss worse and does not bring it about: a claim of it stands beside that of the cause. */
  readonly contributes?: true;
  /** May look at every flow and every log, reports each finding about one loss. Pure. No evidence, no finding. */
  detect(scene: Scene): Finding[];
}
