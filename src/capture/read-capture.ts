import { readSync } from "node:fs";
import { Fault } from "../net/fault.ts";
import { ProblemTally } from "../net/problem.ts";
import type { CaptureSummary, PacketBatch } from "./batch.ts";
import { CaptureReader } from "./capture-reader.ts";
import type { EvidenceSource } from "./evidence-source.ts";
import { nameOf } from "./file-faults.ts";
import { FileWindow } from "./file-window.ts";
import type { Framer } from "./framer.ts";
import { readNetmon } from "./netmon.ts";
import { readNetxray } from "./netxray.ts";
import { inflateWithin, type ReadLimits } from "./read-bytes.ts";

export interface ReadOptions {
  /** Takes a batch in; its arrays are reused as soon as this returns. */
  readonly onBatch: (batch: PacketBatch) => void;
  /** Told after every chunk: bytes of the file read so far, and its size if known. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  readonly limits?: ReadLimits;
  /** Reads in place of the format's own framer, whose batches it must give; for formats that have one. */
  readonly framer?: Framer;
}

const CHUNK = 256 * 1024;

/** Reads every packet of a capture, in the order and with the numbers of Wireshark. */
export async function readCapture(source: EvidenceSource, options: ReadOptions): Promise<CaptureSummary> {
  switch (source.kind) {
    case "text":
    case "empty":
    case "unknown":
      throw notCapture(source);
    case "netmon":
    case "netxray":
      return await readIndexed(source, source.kind, options);
    case "pcap":
    case "pcapng":
    case "snoop": {
      const reader = new CaptureReader(source.kind, options.onBatch, CHUNK, undefined, options.framer);
      if (source.compression === "none") readPlain(source, reader, options);
      else await readCompressed(source, source.compression, reader, options);
      return reader.finish({ compression: source.compression, fileBytes: source.size ?? 0 });
    }
  }
}

function readPlain(source: EvidenceSource, reader: CaptureReader, options: ReadOptions): void {
  let at = 0;
  while (!reader.stopped) {
    const { bytes, filled } = reader.space();
    const length = readSync(source.fd, bytes, filled, bytes.length - filled, at);
    if (length === 0) return;
    at += length;
    reader.took(length);
    options.onProgress?.(at, source.size);
  }
}

async function readCompressed(
  source: EvidenceSource,
  compression: "gzip" | "zstd",
  reader: CaptureReader,
  options: ReadOptions,
): Promise<void> {
  const end = await inflateWithin(source, compression, options, (bytes) => {
    reader.give(bytes);
    return !reader.stopped;
  });
  if (end !== undefined) reader.problems.add(end.kind, end.message);
}

const MOST_HELD: number = 512 * 1024 * 1024;

/** Formats whose records do not lie in order; compressed ones are inflated into memory first. */
async function readIndexed(
  source: EvidenceSource,
  format: "netmon" | "netxray",
  options: ReadOptions,
): Promise<CaptureSummary> {
  const problems = new ProblemTally();
  const reader = new CaptureReader(format, options.onBatch, CHUNK, problems);
  const readAt = await randomAccess(source, options, problems);
  const window = new FileWindow(readAt.size, readAt.read, reader.rows, () => {
    reader.flush();
    options.onProgress?.(0, source.size);
  });
  if (format === "netmon") readNetmon(window, reader.rows, problems);
  else readNetxray(window, reader.rows, problems);
  options.onProgress?.(source.size ?? 0, source.size);
  return reader.finish({ compression: source.compression, fileBytes: source.size ?? 0 });
}

interface RandomAccess {
  readonly size: number;
  readonly read: (at: number, into: Uint8Array) => number;
}

async function randomAccess(
  source: EvidenceSource,
  options: ReadOptions,
  problems: ProblemTally,
): Promise<RandomAccess> {
  if (source.compression === "none") {
    const read = (at: number, into: Uint8Array): number => readSync(source.fd, into, 0, into.length, at);
    return { size: source.size ?? 0, read };
  }
  const parts: Uint8Array[] = [];
  let held = 0;
  const trouble = await inflateWithin(source, source.compression, options, (bytes) => {
    held += bytes.length;
    parts.push(bytes);
    return held < MOST_HELD;
  });
  if (trouble !== undefined) problems.add(trouble.kind, trouble.message);
  if (held >= MOST_HELD) problems.add("too-large", "only the first 512 MiB of the inflated file were read");
  const whole = Buffer.concat(parts);
  return { size: whole.length, read: (at, into) => whole.copy(into, 0, at, at + into.length) };
}

function notCapture(source: EvidenceSource): Fault {
  const found = { text: "text", empty: "an empty file", unknown: "bytes of no known capture format" };
  const what = found[source.kind as keyof typeof found];
  return new Fault(
    "not-a-capture",
    `${nameOf(source.name)} is not a packet capture: found ${what}.`,
    "Give a pcap or pcapng file, plain or compressed with gzip or zstd.",
  );
}
