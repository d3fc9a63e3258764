import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CaptureSummary, PacketBatch } from "./capture/batch.ts";
import { type EvidenceSource, openSource } from "./capture/evidence-source.ts";
import { readCapture } from "./capture/read-capture.ts";
import { Survey } from "./flow/survey.ts";
import { buildScene } from "./incident/build-scene.ts";
import { explainScene } from "./incident/explain.ts";
import type { Explanation, InputReport } from "./incident/explanation.ts";
import { planZoom } from "./incident/plan-zoom.ts";
import type { Surveyed } from "./incident/surveyed.ts";
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

interface Capture {
  readonly source: EvidenceSource;
  readonly summary: CaptureSummary;
  readonly survey: Survey;
  readonly surveyed: Surveyed;
}

/**
 * Reads evidence and explains what was lost: survey every capture, look closely at the suspects,
 * join the vantage points, name the causes. Paths are files, folders (every file in them) or `-`.
 * Throws `Fault` when there is nothing to read.
 */
export async function explainEvidence(paths: readonly string[], options: ExplainOptions = {}): Promise<Explanation> {
  const files = await evidenceFiles(paths);
  const captures: Capture[] = [];
  const inputs: InputReport[] = [];
  try {
    for (const file of files) {
      const input = await surveyFile(file, options, captures);
      if (input !== undefined) inputs.push(input);
    }
    if (captures.length === 0) throw nothingToExplain(paths, inputs);
    const surveyed = captures.map((c) => c.surveyed);
    const plan = planZoom(surveyed);
    const trails: Trail[][] = [];
    for (const [i, capture] of captures.entries())
      trails.push(await zoomInto(capture, plan.rows[i] ?? new Set(), i, options));
    const scene = buildScene(surveyed, trails);
    const { incidents, notes, findings } = explainScene(scene);
    const first = captures[0]?.surveyed.file ?? "";
    const joined = inputs.map((input): InputReport => {
      const index = captures.findIndex((c) => c.surveyed.file === input.file);
      const vantage = scene.vantages[index];
      const clock = scene.clocks[index];
      return {
        ...input,
        ...(vantage === undefined || vantage.place === "unknown" ? {} : { vantage: vantage.place }),
        ...(clock === undefined
          ? {}
          : { clock: { against: first, offset: clock.offset, uncertainty: clock.uncertainty } }),
      };
    });
    return {
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
  } finally {
    for (const capture of captures) capture.source.close();
  }
}

/** Files named, and every plain file in the folders named, in order; a name once. */
async function evidenceFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const isFolder =
      path !== "-" &&
      (await stat(path).then(
        (s) => s.isDirectory(),
        () => false,
      ));
    if (!isFolder) {
      files.push(path);
      continue;
    }
    const entries = await readdir(path, { withFileTypes: true });
    const inside = entries.filter((e) => !e.isDirectory() && !e.name.startsWith(".")).map((e) => join(path, e.name));
    if (inside.length === 0) {
      throw new Fault(
        "empty-folder",
        `There is no file in the folder '${printable(path)}'.`,
        "Name a folder with captures, or the capture itself.",
      );
    }
    files.push(...inside.sort());
  }
  return [...new Set(files)];
}

/** Surveys one file. What is no capture is listed as unread; an unreadable one in a folder does not stop the rest. */
async function surveyFile(
  file: string,
  options: ExplainOptions,
  captures: Capture[],
): Promise<InputReport | undefined> {
  const source = await openSource(file);
  let kept = false;
  try {
    if (source.kind === "text" || source.kind === "empty" || source.kind === "unknown")
      return unread(file, source.kind);
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
    captures.push({ source, summary, survey, surveyed });
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
async function zoomInto(
  capture: Capture,
  rows: ReadonlySet<number>,
  vantage: number,
  options: ExplainOptions,
): Promise<Trail[]> {
  if (rows.size === 0) return [];
  const zoom = new Zoom(capture.surveyed.table, rows, vantage);
  await readCapture(capture.source, {
    onBatch: (batch: PacketBatch) => zoom.observe(batch),
    onProgress: (bytesRead, totalBytes) =>
      options.onProgress?.({ file: capture.surveyed.file, phase: "zoom", bytesRead, totalBytes }),
  });
  return zoom.trails();
}

function unread(file: string, kind: "text" | "empty" | "unknown"): InputReport {
  const message = {
    text: "a text file: this version reads packet captures only",
    empty: "an empty file",
    unknown: "not a packet capture in a format this version reads (pcap, pcapng, snoop, NetMon; plain, gzip or zstd)",
  }[kind];
  return { file, kind: "unread", problems: [{ kind: `unread-${kind}`, message, count: 1 }] };
}

function nothingToExplain(paths: readonly string[], inputs: readonly InputReport[]): Fault {
  const names = paths.map((p) => (p === "-" ? "standard input" : `'${printable(p)}'`)).join(", ");
  const found =
    inputs.length === 1
      ? (inputs[0]?.problems[0]?.message ?? "nothing")
      : `${inputs.length} files, none of them a packet capture`;
  return new Fault(
    "no-capture",
    `There is no packet capture in ${names}: ${found}.`,
    "Take one where the connections are lost: tcpdump -ni any -s 128 -w trouble.pcap tcp",
  );
}
