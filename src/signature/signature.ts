import type { Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Scene } from "./scene.ts";

export type Confidence = "certain" | "likely" | "possible";
export type Initiator = "client" | "server" | "balancer" | "unknown";

/** One packet that shows something. */
export interface Evidence {
  readonly vantage: number;
  readonly packet: number;
  /** Nanoseconds since that vantage point's epoch. */
  readonly at: Nanoseconds;
  /** What it shows, one plain sentence without a full stop. */
  readonly shows: string;
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
  /** When it happened: ns since the epoch of the vantage point of the first trail. */
  readonly at: Nanoseconds;
  /** The connection the claim is about comes first, then the others it involves. */
  readonly trails: readonly Trail[];
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
  /** May look at every flow, reports each finding about one. Pure. No evidence, no finding. */
  detect(scene: Scene): Finding[];
}
