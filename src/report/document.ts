import type { Effect, EvidenceReport, Explanation, Incident, InputReport, Note } from "../incident/explanation.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { isoInstant } from "./iso-instant.ts";

/** An explanation as data for other programs: `schema/explanation-1.schema.json` describes it. Fields are added, never renamed. */
export interface ExplanationDocument {
  readonly schema: 1;
  readonly inputs: readonly InputDocument[];
  readonly incidents: readonly IncidentDocument[];
  readonly notes: readonly NoteDocument[];
  readonly totals: Explanation["totals"];
}

export interface InputDocument {
  readonly file: string;
  readonly kind: string;
  readonly packets?: number;
  readonly flows?: number;
  /** Instants are ISO 8601 in UTC with nanoseconds. */
  readonly from: string | null;
  readonly to: string | null;
  readonly vantage?: string;
  /** Add `offsetNs` to this file's times to get times on the clock of `against`. */
  readonly clock?: {
    readonly against: string;
    readonly offsetNs: number;
    readonly uncertaintyNs: number;
    /** Of a log: events that it and the capture both tell. */
    readonly matched?: number;
  };
  readonly assumed?: string;
  readonly problems: readonly { readonly kind: string; readonly message: string; readonly count: number }[];
}

export interface IncidentDocument {
  readonly id: string;
  readonly cause: string;
  readonly variant?: string;
  readonly contributes?: true;
  readonly title: string;
  readonly summary: string;
  readonly symptoms: readonly string[];
  readonly confidence: Incident["confidence"];
  readonly initiator: Incident["initiator"];
  readonly at: string;
  readonly until?: string;
  readonly connections: Incident["connections"];
  readonly moreConnections?: number;
  readonly moreLosses?: number;
  readonly evidence: readonly EvidenceDocument[];
  /** What followed from it, as far as logs tell, in order of time. */
  readonly effects?: readonly {
    readonly symptom: string;
    readonly evidence: EvidenceDocument;
    readonly because: string;
    /** Further lines that say the same, and when the last of them was written. */
    readonly more?: number;
    readonly until?: string;
  }[];
  readonly ruledOut: Incident["ruledOut"];
  readonly refutedBy: string;
  readonly remedy: string;
  readonly next?: string;
  readonly inferred?: readonly string[];
  readonly filters: Readonly<Record<string, string>>;
}

export interface EvidenceDocument {
  readonly file: string;
  /** One of the two: a packet of a capture, or a line of a log. */
  readonly packet?: number;
  readonly line?: number;
  readonly at: string;
  /** The line gives no time of its own: `at` is the incident's. */
  readonly undated?: true;
  readonly shows: string;
  readonly segment?: {
    readonly from: string;
    readonly to: string;
    readonly fromClient: boolean;
    readonly flags: string;
    readonly seq: number;
    readonly ack: number;
    readonly length: number;
    readonly ttl: number;
    readonly stream: number;
  };
}

export interface NoteDocument {
  readonly kind: string;
  readonly summary: string;
  readonly count: number;
  readonly connections: Note["connections"];
  readonly evidence: readonly EvidenceDocument[];
}

/** The explanation as plain data. */
export function explanationDocument(explanation: Explanation): ExplanationDocument {
  return {
    schema: 1,
    inputs: explanation.inputs.map(inputDocument),
    incidents: explanation.incidents.map(incidentDocument),
    notes: explanation.notes.map((note) => ({ ...note, evidence: note.evidence.map(evidenceDocument) })),
    totals: explanation.totals,
  };
}

function inputDocument({ from, to, clock, ...input }: InputReport): InputDocument {
  return {
    ...input,
    from: from === undefined ? null : isoInstant(from),
    to: to === undefined ? null : isoInstant(to),
    ...(clock === undefined
      ? {}
      : {
          clock: {
            against: clock.against,
            offsetNs: clock.offset,
            uncertaintyNs: clock.uncertainty,
            ...(clock.matched === undefined ? {} : { matched: clock.matched }),
          },
        }),
  };
}

function incidentDocument({ timeline: _, tables: __, effects, until, ...incident }: Incident): IncidentDocument {
  return {
    ...incident,
    at: isoInstant(incident.at),
    ...(until === undefined ? {} : { until: isoInstant(until) }),
    evidence: incident.evidence.map(evidenceDocument),
    ...(effects === undefined ? {} : { effects: effects.map(effectDocument) }),
  };
}

function effectDocument({
  symptom,
  evidence,
  because,
  more,
  until,
}: Effect): NonNullable<IncidentDocument["effects"]>[number] {
  const told = { symptom, evidence: evidenceDocument(evidence), because };
  return more === undefined || until === undefined ? told : { ...told, more, until: isoInstant(until) };
}

function evidenceDocument({ file, at, segment, packet, line, ...evidence }: EvidenceReport): EvidenceDocument {
  return {
    file,
    ...(packet === undefined ? { line } : { packet }),
    ...evidence,
    at: isoInstant(at),
    ...(segment === undefined
      ? {}
      : { segment: { ...segment, from: printEndpoint(segment.from), to: printEndpoint(segment.to) } }),
  };
}
