import { lstatSync, mkdirSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";
import { alreadyThere, annotateCapture, isSameFile, overInput } from "../capture/annotate-capture.ts";
import { type EvidenceSource, openSource } from "../capture/evidence-source.ts";
import { evidenceFiles } from "../evidence-files.ts";
import type { Explanation } from "../incident/explanation.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { packageVersion } from "../package-version.ts";
import { captureComment, packetNotes } from "../report/packet-notes.ts";
import { count } from "../report/verdict.ts";

/** What `--annotate` and its companions were told. */
export interface AnnotateCommandOptions {
  /** The folder for the copies. */
  readonly annotate?: string;
  readonly keepSecrets?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Where the annotated copy of each capture goes, by the capture's name. */
export type AnnotationPlan = ReadonlyMap<string, string>;

/**
 * Names the copies and makes their folder, before anything is read at length: a name that is taken should
 * not be found out at the end.
 */
export async function planAnnotation(
  paths: readonly string[],
  options: AnnotateCommandOptions,
): Promise<AnnotationPlan> {
  const { annotate: folder, force = false } = options;
  if (folder === undefined) {
    throw new Fault(
      "bad-option",
      "--force and --keep-secrets are for --annotate, which was not given.",
      "Add --annotate and a folder.",
    );
  }
  makeFolder(folder);
  const { files } = await evidenceFiles(paths);
  const inputs = files.map(statOf);
  const plan = new Map<string, string>();
  const taken = new Set<string>();
  for (const [i, file] of files.entries()) {
    if (!(await mayBeCapture(file, inputs[i]))) continue;
    const out = join(folder, freeName(file, taken));
    const there = statOf(out);
    if (there !== undefined && inputs.some((input) => input !== undefined && isSameFile(input, there))) {
      throw overInput(out);
    }
    if (!force && isTaken(out)) throw alreadyThere(out);
    plan.set(file, out);
  }
  return plan;
}

/** Writes the planned copies, and says on standard error what was written. */
export async function annotateCaptures(
  plan: AnnotationPlan,
  explanation: Explanation,
  sources: readonly EvidenceSource[],
  options: AnnotateCommandOptions,
): Promise<void> {
  const version = packageVersion();
  const comment = captureComment(explanation, version);
  for (const source of sources) {
    const out = plan.get(source.name);
    if (out === undefined) continue;
    const notes = packetNotes(explanation, source.name);
    const done = await annotateCapture(source, notes, out, {
      comment,
      application: `halfopen ${version}`,
      keepSecrets: options.keepSecrets === true,
      force: options.force === true,
    });
    if (options.quiet) continue;
    const secrets =
      done.secretsLeftOut > 0 ? `; ${count(done.secretsLeftOut, "block")} of decryption secrets left out` : "";
    const missing = done.notPlaced > 0 ? ` (${done.notPlaced} more are there already, or found no place)` : "";
    const partly = done.problems.some(({ kind }) => ENDS_EARLY.has(kind)) ? ", as far as it could be read" : "";
    process.stderr.write(
      `${printable(out)}: ${count(done.packets, "packet")}${partly}, ${count(done.comments, "comment")}${missing}${secrets}\n`,
    );
  }
}

/** Problems after which nothing more of a capture is read. */
const ENDS_EARLY: ReadonlySet<string> = new Set([
  "cut-short",
  "damaged",
  "unsupported-version",
  "inflates-too-far",
  "too-large",
]);

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Object && "code" in error ? String(error.code) : "error";
    throw new Fault(
      "no-folder",
      `'${printable(folder)}' can't be made a folder for annotated copies (${printable(code)}).`,
      "Name a folder that is there, or one that can be made.",
    );
  }
}

/** Logs and notes in a folder get no copy. What can be read only once, or not at all, is left for the explanation to judge. */
async function mayBeCapture(file: string, stat: Stats | undefined): Promise<boolean> {
  if (file === "-" || stat?.isFile() !== true) return true;
  const source = await openSource(file);
  source.close();
  return source.kind !== "text" && source.kind !== "empty" && source.kind !== "unknown";
}

/** `client.pcap.gz` becomes `client.annotated.pcapng`; a second one of that name `client-2.annotated.pcapng`. */
function freeName(file: string, taken: Set<string>): string {
  const base = file === "-" ? "stdin" : basename(file);
  const stem = base.replace(/\.(gz|zst|zstd)$/i, "").replace(/(\.annotated)?\.(pcapng|pcap|cap|dmp|ntar|snoop)$/i, "");
  for (let n = 1; ; n++) {
    const name = `${n === 1 ? stem : `${stem}-${n}`}.annotated.pcapng`;
    // Some file systems do not tell upper from lower case.
    const key = name.toLowerCase();
    if (taken.has(key)) continue;
    taken.add(key);
    return name;
  }
}

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

const isTaken = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
