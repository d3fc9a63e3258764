import type { CaptureSummary, PacketBatch } from "./capture/batch.ts";
import type { EvidenceSource } from "./capture/evidence-source.ts";
import { readCapture } from "./capture/read-capture.ts";
import type { FlowTable } from "./flow/flow-table.ts";
import type { Problem } from "./net/problem.ts";
import { nodeCiphers } from "./node-ciphers.ts";
import type { SessionEvent, SessionSummary } from "./session/conversation.ts";
import { SessionReader } from "./session/session-reader.ts";
import { KeyLog } from "./session/tls/key-log.ts";

export interface ReadSessionsOptions {
  readonly source: EvidenceSource;
  /** What the survey's read of the same capture gave. */
  readonly summary: CaptureSummary;
  readonly table: FlowTable;
  /** The flows to read, by row of the table. */
  readonly rows: ReadonlySet<number>;
  /** Text of key logs besides those in the capture. Secrets are used and never given out. */
  readonly keyLogs: readonly Uint8Array[];
  /** Told of everything that was said, in the order of the capture. */
  readonly onEvent: (event: SessionEvent, stream: number) => void;
  readonly onSession: (session: SessionSummary) => void;
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
}

/** The second read of a capture: what was said in some of its flows. Gives what could not be followed. */
export async function readSessions(options: ReadSessionsOptions): Promise<readonly Problem[]> {
  const { source, summary, table, rows, keyLogs, onEvent, onSession, onProgress } = options;
  const keys = new KeyLog();
  for (const text of [...keyLogs, ...summary.secrets]) keys.add(text);
  const reader = new SessionReader({ table, rows, ciphers: nodeCiphers, keys, onEvent, onSession });
  await readCapture(source, {
    onBatch: (batch: PacketBatch) => reader.observe(batch),
    ...(onProgress !== undefined && { onProgress }),
  });
  const problems = [...reader.finish()];
  const { lines, omitted } = keys.unread;
  if (lines > 0)
    problems.push({ kind: "key-log-lines", message: "lines of key logs that are no secret", count: lines });
  if (omitted > 0) problems.push({ kind: "key-log-full", message: "secrets of key logs past 400,000", count: omitted });
  return problems;
}
