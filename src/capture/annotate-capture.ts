import { closeSync, fstatSync, lstatSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { Fault } from "../net/fault.ts";
import { END_OF_OPTIONS, encodeApplication, encodeComment, encodeSection, joined } from "./annotate-blocks.ts";
import { PacketAnnotator } from "./annotate-packets.ts";
import { PcapngAnnotator } from "./annotate-pcapng.ts";
import type { CaptureSummary, Problem } from "./batch.ts";
import { BlockBuffer } from "./block-buffer.ts";
import type { EvidenceSource } from "./evidence-source.ts";
import { asFault, nameOf } from "./file-faults.ts";
import { NoteCursor, type PacketNote } from "./packet-note.ts";
import { PcapFramer } from "./pcap-framer.ts";
import { readCapture } from "./read-capture.ts";

export interface AnnotateOptions {
  /** A comment for the capture as a whole; lines may be broken. */
  readonly comment?: string;
  /** Named as the program that wrote the file, where the capture names none. */
  readonly application?: string;
  /** Copies decryption secrets of pcapng too. They are left out unless this is set. */
  readonly keepSecrets?: boolean;
  /** Replaces a file that is already there; never the capture itself. */
  readonly force?: boolean;
}

/** What was written. */
export interface Annotated {
  readonly file: string;
  readonly bytes: number;
  readonly packets: number;
  /** Notes that are now comments, and those that are not: there already, or no such packet, or one without room for a comment. */
  readonly comments: number;
  readonly notPlaced: number;
  /** Blocks of decryption secrets that were left out. */
  readonly secretsLeftOut: number;
  /** What could not be read, and so is not in the copy. */
  readonly problems: readonly Problem[];
}

/**
 * Writes a copy of a capture as pcapng into the file `out`, with notes as packet comments: `opt_comment` of
 * Enhanced Packet Blocks (draft-ietf-opsawg-pcapng §3.5, §4.3), shown by Wireshark and found with the filter
 * `frame.comment`. Packets keep their bytes, numbers, times and link types. Rejects with a `Fault`.
 */
export async function annotateCapture(
  source: EvidenceSource,
  notes: Iterable<PacketNote>,
  out: string,
  options: AnnotateOptions = {},
): Promise<Annotated> {
  const fd = openNew(source, out, options.force === true);
  let whole = false;
  try {
    const written = await annotateInto(fd, source, new NoteCursor(notes), options);
    whole = true;
    return { file: out, ...written };
  } catch (error) {
    throw asWriteFault(error, out);
  } finally {
    closeSync(fd);
    // Half a copy would be taken for the whole.
    if (!whole) rmSync(out, { force: true });
  }
}

async function annotateInto(
  fd: number,
  source: EvidenceSource,
  notes: NoteCursor,
  options: AnnotateOptions,
): Promise<Omit<Annotated, "file">> {
  const out = new BlockBuffer((bytes) => writeAll(fd, bytes));
  const wanted = notes.size;
  const { summary, comments, secretsLeftOut } =
    source.kind === "pcapng"
      ? await copyPcapng(fd, source, { out, notes, options })
      : await convert(source, { out, notes, options });
  return {
    bytes: out.position,
    packets: summary.packets,
    comments,
    notPlaced: wanted - comments,
    secretsLeftOut,
    problems: summary.problems,
  };
}

interface Job {
  readonly out: BlockBuffer;
  readonly notes: NoteCursor;
  readonly options: AnnotateOptions;
}

interface Done {
  readonly summary: CaptureSummary;
  readonly comments: number;
  readonly secretsLeftOut: number;
}

async function copyPcapng(fd: number, source: EvidenceSource, { out, notes, options }: Job): Promise<Done> {
  const framer = new PcapngAnnotator(out, notes, {
    comment: options.comment ?? "",
    application: options.application ?? "",
    keepSecrets: options.keepSecrets === true,
  });
  const summary = await readCapture(source, { onBatch: () => {}, framer });
  // Not even the first section could be read; a file is to be a capture all the same.
  if (out.position === 0) beginSection(out, options);
  out.flush();
  if (framer.secretsAt !== undefined) writeAll(fd, framer.secretsText(), framer.secretsAt);
  return { summary, comments: framer.comments, secretsLeftOut: framer.secretsLeftOut };
}

async function convert(source: EvidenceSource, { out, notes, options }: Job): Promise<Done> {
  beginSection(out, options);
  const pcap = source.kind === "pcap" ? new PcapFramer() : undefined;
  // Sniffer's clocks have units of their own; snoop and Network Monitor count microseconds.
  const annotator = new PacketAnnotator(out, notes, () => pcap?.header, source.kind === "netxray" ? 9 : 6);
  const summary = await readCapture(source, {
    onBatch: (batch) => annotator.batch(batch),
    ...(pcap === undefined ? {} : { framer: pcap }),
  });
  annotator.finish();
  out.flush();
  return { summary, comments: annotator.comments, secretsLeftOut: 0 };
}

function beginSection(out: BlockBuffer, { comment = "", application = "" }: AnnotateOptions): void {
  const added = [
    ...(comment === "" ? [] : [encodeComment(comment, out.littleEndian)]),
    ...(application === "" ? [] : [encodeApplication(application, out.littleEndian)]),
  ];
  encodeSection(out, added.length === 0 ? new Uint8Array(0) : joined([...added, END_OF_OPTIONS]));
}

/** Opens a file that is not there yet, or in place of one that is when told so. */
function openNew(source: EvidenceSource, out: string, force: boolean): number {
  try {
    const there = force ? statSync(out, { throwIfNoEntry: false }) : undefined;
    if (there !== undefined && isSameFile(fstatSync(source.fd), there)) throw overInput(out);
    if (force && lstatSync(out, { throwIfNoEntry: false }) !== undefined) rmSync(out);
    return openSync(out, "wx");
  } catch (error) {
    throw asWriteFault(error, out);
  }
}

/** What tells files apart: device and inode. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Whether two names are of one file. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The fault of writing over evidence. */
export function overInput(out: string): Fault {
  return new Fault(
    "would-overwrite-input",
    `${nameOf(out)} is one of the captures that were read.`,
    "Choose another folder for the annotated copies.",
  );
}

/** The fault of writing over some other file. */
export function alreadyThere(out: string): Fault {
  return new Fault("file-exists", `${nameOf(out)} is already there.`, "Choose another folder, or add --force.");
}

/** Tells what a failed write means for the user; a fault of reading stays what it is. */
function asWriteFault(error: unknown, out: string): unknown {
  const { code, syscall } = error instanceof Object ? (error as NodeJS.ErrnoException) : {};
  switch (code) {
    case "EEXIST":
      return alreadyThere(out);
    case "ENOSPC":
    case "EDQUOT":
      return new Fault("no-space", `There is no room left for ${nameOf(out)}.`, "Choose a folder with room.");
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Fault("no-permission", `${nameOf(out)} may not be written.`, "Choose a folder that is yours.");
  }
  return error instanceof Fault || syscall === undefined ? error : asFault(error, out);
}

function writeAll(fd: number, bytes: Uint8Array, position?: number): void {
  let at = 0;
  while (at < bytes.length) {
    const to = position === undefined ? null : position + at;
    at += writeSync(fd, bytes, at, bytes.length - at, to);
  }
}
