import { type ExplainOptions, explainEvidence } from "./explain-evidence.ts";
import { type ExplanationDocument, explanationDocument } from "./report/document.ts";

export type { ExplainOptions, Progress } from "./explain-evidence.ts";
export { Fault } from "./net/fault.ts";
export type {
  EvidenceDocument,
  ExplanationDocument,
  IncidentDocument,
  InputDocument,
  NoteDocument,
} from "./report/document.ts";
export { SIGNATURES as signatures } from "./signature/index.ts";
export type { Confidence, Initiator, Signature } from "./signature/signature.ts";

/**
 * Explains every lost connection in captures: the same data as `halfopen explain --format json`.
 * `files` are captures, folders with captures, or `-` for standard input. Rejects with a `Fault`
 * when there is nothing to read.
 */
export async function explain(
  files: string | readonly string[],
  options: ExplainOptions = {},
): Promise<ExplanationDocument> {
  return explanationDocument(await explainEvidence(typeof files === "string" ? [files] : files, options));
}
