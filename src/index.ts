import { type Annotated, type AnnotateOptions, annotateCapture as annotateSource } from "./capture/annotate-capture.ts";
import { openSource } from "./capture/evidence-source.ts";
import type { PacketNote } from "./capture/packet-note.ts";
import { explainEvidence } from "./explain-evidence.ts";
import type { ExplainOptions } from "./gather-evidence.ts";
import { type ExplanationDocument, explanationDocument } from "./report/document.ts";

export type { Annotated, AnnotateOptions } from "./capture/annotate-capture.ts";
export type { PacketNote } from "./capture/packet-note.ts";
export type { ExplainOptions, Progress } from "./gather-evidence.ts";
export { Fault } from "./net/fault.ts";
export type {
  EvidenceDocument,
  ExplanationDocument,
  IncidentDocument,
  InputDocument,
  NoteDocument,
} from "./report/document.ts";
export { type NotedExplanation, packetNotes } from "./report/packet-notes.ts";
export { SIGNATURES as signatures } from "./signature/index.ts";
export type { Confidence, Initiator, Signature } from "./signature/signature.ts";

/**
 * Explains every lost connection in captures and logs: the same data as `halfopen explain --format json`.
 * `files` are captures, logs, folders with them, or `-` for standard input. Rejects with a `Fault`
 * when there is nothing to read.
 */
export async function explain(
  files: string | readonly string[],
  options: ExplainOptions = {},
): Promise<ExplanationDocument> {
  return explanationDocument(await explainEvidence(typeof files === "string" ? [files] : files, options));
}

/**
 * Writes a copy of the capture `source` (a file, or `-`) as pcapng to the file `out`, with notes as packet
 * comments. `packetNotes` makes notes of an explanation. Rejects with a `Fault`, for instance when `out` is
 * already there.
 */
export async function annotateCapture(
  source: string,
  notes: Iterable<PacketNote>,
  out: string,
  options: AnnotateOptions = {},
): Promise<Annotated> {
  const evidence = await openSource(source);
  try {
    return await annotateSource(evidence, notes, out, options);
  } finally {
    evidence.close();
  }
}
