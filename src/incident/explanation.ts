import type { FlowState } from "../flow/flow.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Instant } from "../net/time.ts";
import type { Confidence, Initiator, RuledOut } from "../signature/signature.ts";
import type { EndState } from "./end-state.ts";

/** What went in: one file of evidence and what could not be read of it. */
export interface InputReport {
  readonly file: string;
  /** `pcap`, `pcapng`, …; the form of a log that was recognised; `keylog` for TLS secrets; `unread` for anything else. */
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
   * How this file's clock relates to another's, from packets that both saw or from events that a log and a
   * capture both tell: add `offset` to this file's times to get the other's (nanoseconds, ± nanoseconds).
   * `matched`: events compared, of a log.
   */
  readonly clock?: {
    readonly against: string;
    readonly offset: number;
    readonly uncertainty: number;
    readonly matched?: number;
  };
  /** What a log does not say about its times and was assumed, for a person. */
  readonly assumed?: string;
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly count: number }[];
}

/** One packet or one line of a log that shows something. */
export type EvidenceReport = PacketReport | LineReport;

/** A line of a log (or the first of several) that shows something. */
export interface LineReport {
  readonly file: string;
  readonly line: number;
  readonly packet?: never;
  readonly segment?: never;
  /** On the common clock. */
  readonly at: Instant;
  /** The line gives no time of its own: `at` is that of the incident. */
  readonly undated?: true;
  readonly shows: string;
  readonly story?: number;
}

/** A symptom that this loss explains, and how the two are known to belong together. */
export interface Effect {
  /** `lost-ping`, `node-not-ready`, `missed-lease`, `http-502`, … */
  readonly symptom: string;
  readonly evidence: EvidenceReport;
  /** The link, one plain clause: evidence, not prose. */
  readonly because: string;
  /** Further lines that say the same, and when the last of them was written. */
  readonly more?: number;
  readonly until?: Instant;
}

/** One packet that shows something. */
export interface PacketReport {
  readonly file: string;
  readonly packet: number;
  readonly line?: never;
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

/** A connection in a report, with its `tcp.stream` in each capture that saw it. An end that no log names is `unknown`. */
export interface ConnectionReport {
  readonly client: string;
  readonly server: string;
  readonly streams: Readonly<Record<string, number>>;
}

/** What one capture saw of a connection, for a timeline. Times are this file's. */
export interface Track {
  readonly file: string;
  readonly stream: number;
  /** Index in the incident's `connections`. */
  readonly connection: number;
  /** As they are called here: addresses may be translated in between. */
  readonly client: string;
  readonly server: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly packets: number;
  /** Where it stood when this capture ended. */
  readonly state: FlowState;
  /** From when on it was lost; missing for a connection that only had a part in it. */
  readonly lostAt?: Instant;
  readonly marks: readonly TrackMark[];
  /** Stretches of a second or more without a packet, longest first. */
  readonly silences: readonly { readonly from: Instant; readonly to: Instant }[];
}

/** A packet that opens or ends. */
export interface TrackMark {
  readonly packet: number;
  readonly at: Instant;
  readonly kind: "SYN" | "SYN-ACK" | "FIN" | "RST";
  readonly fromClient: boolean;
}

/** The connection tables of both ends at one moment, worked out from packets: nobody looked into the kernels. */
export interface TableMoment {
  /** `between`: the ends disagreed then, and neither before nor after. */
  readonly kind: "before" | "between" | "after";
  /** On the clock of `file`. */
  readonly at: Instant;
  readonly file: string;
  readonly client: readonly TableEntry[];
  readonly server: readonly TableEntry[];
}

/** One end's idea of one connection. */
export interface TableEntry {
  /** Which of the story's connections. */
  readonly connection: number;
  readonly local: string;
  readonly remote: string;
  readonly state: EndState;
  /** The capture taken at this end that shows it; missing when it is inferred from one taken elsewhere. */
  readonly seenIn?: string;
}

/** Something was lost: how, who, when, the proof, and what to do. */
export interface Incident {
  /** Stable within one explanation: `incident-1`. */
  readonly id: string;
  readonly cause: string;
  readonly variant?: string;
  /** It made another loss worse and did not bring it about. */
  readonly contributes?: true;
  /** The signature's one-sentence mechanism. */
  readonly title: string;
  /** What happened here, for a person. */
  readonly summary: string;
  readonly symptoms: readonly string[];
  readonly confidence: Confidence;
  readonly initiator: Initiator;
  readonly at: Instant;
  /** When the last loss of this kind happened, where there were several; absent: there was one, or all at one instant. */
  readonly until?: Instant;
  /** The lost connections first. */
  readonly connections: readonly ConnectionReport[];
  /** Connections of this incident beyond those listed; absent: none. */
  readonly moreConnections?: number;
  /** Losses of this kind that the evidence does not show one by one; absent: none. */
  readonly moreLosses?: number;
  readonly evidence: readonly EvidenceReport[];
  /** What followed from it, as far as logs tell, in order of time. */
  readonly effects?: readonly Effect[];
  readonly ruledOut: readonly RuledOut[];
  readonly refutedBy: string;
  readonly remedy: string;
  readonly next?: string;
  readonly inferred?: readonly string[];
  /** Wireshark display filters by file. */
  readonly filters: Readonly<Record<string, string>>;
  /** What each capture saw of the connections; for drawing, not part of the JSON document. */
  readonly timeline?: readonly Track[];
  /** Both ends' connection tables before and after; for drawing, not part of the JSON document. */
  readonly tables?: readonly TableMoment[];
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
    /** Claims of logs that were not weighed because there were too many; absent: none. */
    readonly claimsAside?: number;
  };
}
