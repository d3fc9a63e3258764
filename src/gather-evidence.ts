import { stat } from "node:fs/promises";
import type { PacketBatch } from "./capture/batch.ts";
import { type EvidenceSource, openSource } from "./capture/evidence-source.ts";
import { readBytes } from "./capture/read-bytes.ts";
import { readCapture } from "./capture/read-capture.ts";
import { Survey } from "./flow/survey.ts";
import type { InputReport } from "./incident/explanation.ts";
import type { Surveyed } from "./incident/surveyed.ts";
import { LogRecorder, type RecordedLog } from "./log/log-recorder.ts";
import { type LogCounts, logReader } from "./log/read-log.ts";
import { Fault } from "./net/fault.ts";
import type { Problem } from "./net/problem.ts";
import { type Instant, instantOf } from "./net/time.ts";
import { KeyLog } from "./session/tls/key-log.ts";

/** How far a long reading has come. */
export interface Progress {
  readonly file: string;
  readonly phase: "survey" | "zoom";
  readonly bytesRead: number;
  readonly totalBytes: number | undefined;
}

export interface ExplainOptions {
  /** Told now and then while reading. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A capture that was surveyed and is still open. */
export interface Capture {
  readonly source: EvidenceSource;
  readonly surveyed: Surveyed;
  /** TLS secrets that the capture itself holds. */
  readonly secrets: readonly Uint8Array[];
  /** The second read found another number of packets. */
  changed: boolean;
}

/** What was read, by kind. */
export interface Gathered {
  readonly captures: Capture[];
  readonly logs: RecordedLog[];
  /** Text of TLS key logs: used and never given out. */
  readonly keyLogs: Uint8Array[];
}

/** Reads one file: surveys a capture, parses a log. What is neither is listed as unread. */
export async function readEvidence(file: string, options: ExplainOptions, gathered: Gathered): Promise<InputReport> {
  const source = await openSource(file);
  let kept = false;
  try {
    if (source.kind === "text") return await readText(file, source, gathered);
    if (source.kind === "empty" || source.kind === "unknown") return unread(file, source.kind);
    const survey = new Survey();
    const summary = await readCapture(source, {
      onBatch: (batch: PacketBatch) => survey.observe(batch),
      onProgress: (bytesRead, totalBytes) => options.onProgress?.({ file, phase: "survey", bytesRead, totalBytes }),
    });
    const totals = survey.totals();
    const surveyed: Surveyed = {
      file,
      table: survey.table,
      epoch: summary.epoch,
      from: summary.from,
      to: summary.to,
      packets: summary.packets,
      tcpPackets: totals.tcpPackets,
    };
    gathered.captures.push({ source, surveyed, secrets: summary.secrets, changed: false });
    kept = true;
    return {
      file,
      kind: summary.format,
      packets: summary.packets,
      flows: survey.table.rows,
      from: instantOf(summary.epoch, summary.from),
      to: instantOf(summary.epoch, summary.to),
      problems: [...summary.problems, ...totals.problems],
    };
  } finally {
    if (!kept) source.close();
  }
}

/** The secrets that came with the evidence, and whether there are any. */
export function keysOf({ captures, keyLogs }: Gathered): { readonly log: KeyLog; readonly found: boolean } {
  const log = new KeyLog();
  const texts = [...keyLogs, ...captures.flatMap((capture) => capture.secrets)];
  for (const text of texts) log.add(text);
  return { log, found: texts.length > 0 };
}

/** Bytes of one key log that are used. */
const MOST_SECRETS: number = 64 * 1024 * 1024;

/** Recognises a log by its content and parses it; TLS secrets are kept as they are. */
async function readText(file: string, source: EvidenceSource, gathered: Gathered): Promise<InputReport> {
  const reader = logReader();
  const recorder = new LogRecorder();
  const raw: Uint8Array[] = [];
  let size = 0;
  let left = 0;
  await readBytes(source, (bytes) => {
    recorder.add(reader.push(bytes));
    const format = reader.recognition?.format;
    if (format !== undefined && format !== "keylog") raw.length = 0;
    else if (size < MOST_SECRETS) {
      size += bytes.length;
      raw.push(bytes.slice());
    } else left += bytes.length;
    return true;
  });
  recorder.add(reader.end());
  const { recognition, counts } = reader;
  if (recognition === undefined || recognition.score === 0 || !isUnderstood(counts, recorder)) {
    return unread(file, "text");
  }
  if (recognition.format === "keylog") {
    gathered.keyLogs.push(Buffer.concat(raw));
    const cut: Problem = { kind: "key-log-cut", message: "bytes of a key log past 64 MiB were not used", count: left };
    const problems = left > 0 ? [cut, ...reader.problems()] : reader.problems();
    return { file, kind: "keylog", entries: counts.parsed, problems };
  }
  const log = recorder.recorded(file, recognition.format, await writtenAt(file));
  gathered.logs.push(log);
  const omitted: Problem[] =
    log.omitted === 0
      ? []
      : [{ kind: "middle-left-out", message: "entries in the middle of a long log were left out", count: log.omitted }];
  return { file, kind: recognition.format, entries: counts.parsed, problems: [...omitted, ...reader.problems()] };
}

/** Longest line of a transcript between those that were understood, and how few these may be. */
const LONGEST_REMARK = 60;
const FEWEST = 0.2;

/** Prose may quote a message or two; a log is made of them, and the transcript of a script has little between them. */
function isUnderstood({ lines, parsed, text }: LogCounts, recorder: LogRecorder): boolean {
  if (parsed === 0 || parsed >= text) return parsed > 0;
  return (
    parsed >= FEWEST * lines && recorder.texts().every((line) => line.length <= LONGEST_REMARK && !PROSE.test(line))
  );
}

/** Marks of Markdown and of sentences. */
const PROSE = /^\s*(?:#|```|\||>|[-*] )|\.\s*$/;

async function writtenAt(file: string): Promise<Instant | undefined> {
  if (file === "-") return undefined;
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found?.mtimeNs;
}

function unread(file: string, kind: "text" | "empty" | "unknown"): InputReport {
  const message = {
    text: "text of no known form",
    empty: "an empty file",
    unknown:
      "neither a log nor a packet capture in a format this version reads (pcap, pcapng, snoop, NetMon; plain, gzip or zstd)",
  }[kind];
  return notRead(file, `unread-${kind}`, message);
}

export function notRead(file: string, kind: string, message: string): InputReport {
  return { file, kind: "unread", problems: [{ kind, message, count: 1 }] };
}

/** A file of a folder that cannot be read is listed; one that was named stops the run. */
export function unreadable(file: string, fromFolders: ReadonlySet<string>, error: unknown): InputReport {
  if (error instanceof Fault && fromFolders.has(file)) return notRead(file, error.code, error.message);
  throw error;
}
