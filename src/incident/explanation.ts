import type { Endpoint } from "../net/endpoint.ts";
import type { Instant } from "../net/time.ts";
import type { Confidence, Initiator, RuledOut } from "../signature/signature.ts";

/** What went in: one file of evidence and what could not be read of it. */
export interface InputReport {
  readonly file: string;
  /** `pcap`, `pcapng`, …; the form of a log that was recognised (no conclusion is drawn from logs yet); `unread` for anything else. */
  readonly kind: string;
  readonly packets?: number;
  readonly flows?: number;
  /** Lines of a log that were understood. */
  readonly entries?: number;
  readonly from?: Instant;
  readonly to?: Instant;
  /** Where it was taken, as far as the packets tell: `client`, `server`, `middle`. */
  readonly vantage?: string;
  /**
   * How this file's clock relates to another's, from packets that both saw: add `offset` to this
   * file's times to get the other's (nanoseconds, ± nanoseconds).
   */
  readonly clock?: { readonly against: string; readonly offset: number; readonly uncertainty: number };
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly count: number }[];
}

/** One packet (or later: log line) that shows something. */
export interface EvidenceReport {
  readonly file: string;
  readonly packet: number;
  readonly at: Instant;
  readonly shows: string;
  /** Which of the incident's findings it belongs to: 0 is the one whose texts are used, then those alike. */
  readonly story?: number;
  /** The packet itself in Wireshark's words, for the ladder: who sent it, flags, numbers relative to the flow's start. */
  readonly segment?: {
    readonly from: Endpoint;
    readonly to: Endpoint;
    /** Whether `from` is the connection's client. */
    readonly fromClient: boolean;
    /** `SYN, ACK`, … */
    readonly flags: string;
    /** Relative to the initial sequence numbers, as Wireshark prints them; raw when the start was not captured. */
    readonly seq: number;
    readonly ack: number;
    readonly length: number;
    readonly ttl: number;
    readonly stream: number;
  };
}

/** A connection in a report, with its `tcp.stream` in each capture that saw it. */
export interface ConnectionReport {
  readonly client: string;
  readonly server: string;
  readonly streams: Readonly<Record<string, number>>;
}

/** Something was lost: how, who, when, the proof, and what to do. */
export interface Incident {
  /** Stable within one explanation: `incident-1`. */
  readonly id: string;
  readonly cause: string;
  readonly variant?: string;
  /** The signature's one-sentence mechanism. */
  readonly title: string;
  /** What happened here, for a person. */
  readonly summary: string;
  readonly symptoms: readonly string[];
  readonly confidence: Confidence;
  readonly initiator: Initiator;
  readonly at: Instant;
  /** The lost connections first. */
  readonly connections: readonly ConnectionReport[];
  readonly evidence: readonly EvidenceReport[];
  readonly ruledOut: readonly RuledOut[];
  readonly refutedBy: string;
  readonly remedy: string;
  readonly next?: string;
  readonly inferred?: readonly string[];
  /** Wireshark display filters by file. */
  readonly filters: Readonly<Record<string, string>>;
}

/** A harmless story that was looked into. */
export interface Note {
  /** The signature's id. */
  readonly kind: string;
  /** Which of its harmless stories. */
  readonly variant?: string;
  readonly summary: string;
  readonly count: number;
  readonly connections: readonly ConnectionReport[];
  readonly evidence: readonly EvidenceReport[];
}

/** The whole answer: what `explain` prints in every form. */
export interface Explanation {
  readonly schema: 1;
  readonly inputs: readonly InputReport[];
  readonly incidents: readonly Incident[];
  readonly notes: readonly Note[];
  readonly totals: {
    readonly packets: number;
    readonly tcpPackets: number;
    readonly flows: number;
    /** Flows looked at closely, and suspects left aside because there were too many. */
    readonly closely: number;
    readonly leftAside: number;
    /** Findings that were merged into the incidents (several connections lost the same way). */
    readonly findings: number;
  };
}
