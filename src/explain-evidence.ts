import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PacketBatch, Problem } from "./capture/batch.ts";
import { type EvidenceSource, openSource } from "./capture/evidence-source.ts";
import { readBytes } from "./capture/read-bytes.ts";
import { readCapture } from "./capture/read-capture.ts";
import { Survey } from "./flow/survey.ts";
import { buildScene } from "./incident/build-scene.ts";
import { explainScene } from "./incident/explain.ts";
import type { Explanation, InputReport } from "./incident/explanation.ts";
import { planZoom } from "./incident/plan-zoom.ts";
import type { Surveyed } from "./incident/surveyed.ts";
import { logReader } from "./log/read-log.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import { instantOf } from "./net/time.ts";
import type { Trail } from "./session/segment.ts";
import { Zoom } from "./session/zoom.ts";

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

/** Segments looked at closely in all captures together; a segment takes about a kilobyte when signatures have read it. */
const MOST_SEGMENTS = 1_000_000;

interface Capture {
  readonly source: EvidenceSource;
  readonly surveyed: Surveyed;
  /** The second read found another number of packets. */
  changed: boolean;
}

/**
 * Reads evidence and explains what was lost: survey every capture, look closely at the suspects,
 * join the vantage points, name the causes. Paths are files, folders (every file in them) or `-`.
 * Throws `Fault` when there is nothing to read. `onExplained` is called while the captures are still open.
 */
export async function explainEvidence(
  paths: readonly string[],
  options: ExplainOptions = {},
  onExplained?: (explanation: Explanation, sources: readonly EvidenceSource[]) => Promise<void>,
): Promise<Explanation> {
  const { files, passedOver, fromFolders } = await evidenceFiles(paths);
  const captures: Capture[] = [];
  const inputs: InputReport[] = [];
  try {
    for (const file of files) {
      inputs.push(await surveyFile(file, options, captures).catch((error) => unreadable(file, fromFolders, error)));
    }
    for (const file of passedOver)
      inputs.push(notRead(file, "unread-entry", "a subfolder, a pipe or a link to nothing"));
    if (captures.length === 0) throw nothingToExplain(paths, inputs);
    const surveyed = captures.map((c) => c.surveyed);
    const plan = planZoom(surveyed);
    const trails: Trail[][] = [];
    const most = Math.floor(MOST_SEGMENTS / captures.length);
    for (const [i, capture] of captures.entries()) {
      const zoom = new Zoom(capture.surveyed.table, plan.rows[i] ?? new Set(), i, most);
      trails.push(await zoomInto(capture, zoom, options));
    }
    const doubts = captures.map((capture, i) => doubtsOf(capture, trails[i] ?? []));
    const scene = buildScene(surveyed, trails);
    const { incidents, notes, findings } = explainScene(scene);
    const first = captures[0]?.surveyed.file ?? "";
    const joined = inputs.map((input): InputReport => {
      const index = captures.findIndex((c) => c.surveyed.file === input.file);
      const vantage = scene.vantages[index];
      const clock = scene.clocks[index];
      return {
        ...input,
        problems: [...input.problems, ...(doubts[index] ?? [])],
        ...(vantage === undefined || vantage.place === "unknown" ? {} : { vantage: vantage.place }),
        ...(clock === undefined
          ? {}
          : { clock: { against: first, offset: clock.offset, uncertainty: clock.uncertainty } }),
      };
    });
    const explanation: Explanation = {
      schema: 1,
      inputs: joined,
      incidents,
      notes,
      totals: {
        packets: surveyed.reduce((sum, s) => sum + s.packets, 0),
        tcpPackets: surveyed.reduce((sum, s) => sum + s.tcpPackets, 0),
        flows: surveyed.reduce((sum, s) => sum + s.table.rows, 0),
        closely: plan.rows.reduce((sum, rows) => sum + rows.size, 0),
        leftAside: plan.leftAside,
        findings,
      },
    };
    const sources = captures.map((capture) => capture.source);
    await onExplained?.(explanation, sources);
    return explanation;
  } finally {
    for (const capture of captures) capture.source.close();
  }
}

/** What the paths lead to. */
export interface EvidenceFiles {
  /** Files named, and every plain file in the folders named, in order; a file once, by whatever names. */
  readonly files: readonly string[];
  /** Entries of folders that are no plain files: subfolders, pipes, links that lead nowhere. */
  readonly passedOver: readonly string[];
  /** Files that a folder held: one that cannot be read does not stop the rest. */
  readonly fromFolders: ReadonlySet<string>;
}

/** Finds the files that paths lead to. */
export async function evidenceFiles(paths: readonly string[]): Promise<EvidenceFiles> {
  const files: string[] = [];
  const passedOver: string[] = [];
  const fromFolders = new Set<string>();
  for (const path of paths) {
    if (path === "-" || (await kindOf(path)) !== "folder") {
      files.push(path);
      continue;
    }
    const entries = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
    if (entries.length === 0) {
      throw new Fault(
        "empty-folder",
        `There is no file in the folder '${printable(path)}'.`,
        "Name a folder with captures, or the capture itself.",
      );
    }
    for (const name of entries) {
      const file = join(path, name);
      if ((await kindOf(file)) !== "file") {
        passedOver.push(file);
        continue;
      }
      files.push(file);
      fromFolders.add(file);
    }
  }
  const once = new Map<string, string>();
  for (const file of files) {
    const real = file === "-" ? file : await realpath(file).catch(() => file);
    if (!once.has(real)) once.set(real, file);
  }
  return { files: [...once.values()], passedOver, fromFolders };
}

async function kindOf(path: string): Promise<"file" | "folder" | "other"> {
  try {
    const entry = await stat(path);
    return entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";
  } catch {
    return "other";
  }
}

/** Surveys one file. What is no capture is listed as unread; an unreadable one in a folder does not stop the rest. */
async function surveyFile(file: string, options: ExplainOptions, captures: Capture[]): Promise<InputReport> {
  const source = await openSource(file);
  let kept = false;
  try {
    if (source.kind === "text") return await readLog(file, source);
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
    captures.push({ source, surveyed, changed: false });
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

/** The second read, of the flows that matter; none when there are no suspects. */
async function zoomInto(capture: Capture, zoom: Zoom, options: ExplainOptions): Promise<Trail[]> {
  const { source, surveyed } = capture;
  if (zoom.isEmpty) return [];
  const again = await readCapture(source, {
    onBatch: (batch: PacketBatch) => zoom.observe(batch),
    onProgress: (bytesRead, totalBytes) =>
      options.onProgress?.({ file: surveyed.file, phase: "zoom", bytesRead, totalBytes }),
  });
  capture.changed = again.packets !== surveyed.packets;
  return zoom.trails();
}

/** What the second read left out or found otherwise than the first. */
function doubtsOf({ changed }: Capture, trails: readonly Trail[]): Problem[] {
  const omitted = trails.reduce((sum, trail) => sum + trail.omitted, 0);
  const doubts: Problem[] = [];
  if (omitted > 0) {
    const message = "segments in the middle of long flows were not looked at closely";
    doubts.push({ kind: "middle-left-out", message, count: omitted });
  }
  if (changed) {
    const message = "the file was written to while it was read: what came in between is not told";
    doubts.push({ kind: "changed-while-read", message, count: 1 });
  }
  return doubts;
}

/** Recognises a log by its content and counts what is understood of it. No conclusion is drawn from logs yet. */
async function readLog(file: string, source: EvidenceSource): Promise<InputReport> {
  const reader = logReader();
  await readBytes(source, (bytes) => {
    reader.push(bytes);
    return true;
  });
  reader.end();
  const { recognition, counts } = reader;
  // Prose may quote a message or two; a log is made of them.
  const understood = counts.parsed > 0 && counts.parsed >= counts.text;
  if (recognition === undefined || recognition.score === 0 || !understood) return unread(file, "text");
  const what = recognition.format === "keylog" ? "TLS secrets" : `a log (${recognition.format})`;
  return {
    file,
    kind: recognition.format,
    entries: counts.parsed,
    problems: [
      { kind: "not-reasoned", message: `${what}: this version concludes from captures alone`, count: 1 },
      ...reader.problems(),
    ],
  };
}

function unread(file: string, kind: "text" | "empty" | "unknown"): InputReport {
  const message = {
    text: "text of no known form: this version concludes from captures alone",
    empty: "an empty file",
    unknown: "not a packet capture in a format this version reads (pcap, pcapng, snoop, NetMon; plain, gzip or zstd)",
  }[kind];
  return notRead(file, `unread-${kind}`, message);
}

function notRead(file: string, kind: string, message: string): InputReport {
  return { file, kind: "unread", problems: [{ kind, message, count: 1 }] };
}

/** A file of a folder that cannot be read is listed; one that was named stops the run. */
function unreadable(file: string, fromFolders: ReadonlySet<string>, error: unknown): InputReport {
  if (error instanceof Fault && fromFolders.has(file)) return notRead(file, error.code, error.message);
  throw error;
}

function nothingToExplain(paths: readonly string[], inputs: readonly InputReport[]): Fault {
  if (paths.length === 0) {
    return new Fault(
      "no-evidence",
      "No evidence was named.",
      "Name captures or a folder with captures: halfopen explain trouble.pcap",
    );
  }
  const names = paths.map((p) => (p === "-" ? "standard input" : `'${printable(p)}'`)).join(", ");
  const found =
    inputs.length === 1
      ? (inputs[0]?.problems[0]?.message ?? "nothing")
      : `${inputs.length} files, none of them a packet capture`;
  return new Fault(
    "no-capture",
    `There is no packet capture in ${names}: ${found}.`,
    "Take one where the connections are lost: tcpdump -ni any -s 128 -w trouble.pcap tcp (or look an error message up: halfopen explain --symptom '…')",
  );
}
