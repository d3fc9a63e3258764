import { isMeant, type Path } from "./hop.ts";
import { joinPath, pathInOrder, pathsOfFile } from "./join.ts";
import { judge, notJudged, type PathFinding } from "./judge.ts";
import { isPathFile, type PathFile, readPathFile, type Suppression } from "./path-file.ts";
import { withNames } from "./read/with-names.ts";
import { yamlTrees } from "./read/yaml-tree.ts";
import type { ConfigReader, FileReading, ReadOptions, ReadProblem } from "./reader.ts";

/** A file as it was found. */
export interface ConfigFile {
  readonly file: string;
  readonly text: string;
  /** It was not named but found in a folder: that nobody knows its format is no error then. */
  readonly found?: boolean;
}

export interface CheckOptions {
  readonly readers: readonly ConfigReader[];
  /** A file that another one names, relative to that one; undefined where there is none. */
  readonly load?: (path: string, from: string) => ConfigFile | undefined;
  /** The paths that a pattern (`conf.d/*.conf`) in a file means, sorted, to be had from `load`; undefined where nobody knows. */
  readonly expand?: (pattern: string, from: string) => readonly string[] | undefined;
  /** The files are a path in their order, the client's first. */
  readonly inOrder?: boolean;
  readonly suppressions?: readonly Suppression[];
}

/** A file that was looked at. */
export interface CheckedFile {
  readonly file: string;
  /** `path`, the id of a reader, or `unknown`. */
  readonly kind: string;
  readonly reading?: FileReading;
  readonly problems: readonly ReadProblem[];
}

export interface CheckedPath {
  readonly path: Path;
  readonly suppressions: readonly Suppression[];
  /** What is wrong and counts. */
  readonly findings: readonly PathFinding[];
  readonly suppressed: readonly PathFinding[];
  /** What is not judged since it is not known. */
  readonly notJudged: readonly string[];
  /** What could not be read of its files: settings that nobody compared. */
  readonly unread: readonly ReadProblem[];
  /** The text of its `path.yaml`, if it has one. */
  readonly text?: string;
}

export interface CheckResult {
  readonly files: readonly CheckedFile[];
  readonly paths: readonly CheckedPath[];
}

/** Reads files, joins them to paths and judges those. Pure: files that others name come through `load`. */
export function check(files: readonly ConfigFile[], options: CheckOptions): CheckResult {
  const read = new Map<string, CheckedFile>();
  const used = new Set<string>();
  const declared: { readonly file: string; readonly text: string; readonly pathFile: PathFile }[] = [];
  for (const { file, text, found = false } of files) {
    if (isPathFile(text)) {
      const pathFile = readPathFile(file, text);
      declared.push({ file, text, pathFile });
      read.set(file, { file, kind: "path", problems: pathFile.problems });
    } else if (!read.has(file)) read.set(file, readConfig(file, text, options, { found, used }));
  }
  const paths: CheckedPath[] = [];
  for (const { file, text, pathFile } of declared) {
    const mine = new Set([file]);
    const readingOf = (path: string): FileReading | undefined => {
      const found = options.load?.(path, file) ?? files.find((other) => other.file === path);
      if (found === undefined) return undefined;
      used.add(found.file);
      mine.add(found.file);
      const known = read.get(found.file) ?? readConfig(found.file, found.text, options, { found: false, used });
      read.set(found.file, known);
      return known.reading;
    };
    const joined = joinPath(file, pathFile, readingOf);
    const entry = read.get(file);
    if (entry !== undefined) read.set(file, { ...entry, problems: [...entry.problems, ...joined.problems] });
    const suppressions = [...pathFile.suppressions, ...(options.suppressions ?? [])];
    const unread = [...mine].flatMap((name) => unreadOf(read.get(name)));
    if (pathFile.hops.length > 0) paths.push({ ...judged(joined.path, suppressions), text, unread });
  }
  const loose = [...read.values()].flatMap(({ file, reading }) =>
    reading === undefined || used.has(file) ? [] : [{ file, reading }],
  );
  const rest = options.inOrder
    ? [pathInOrder(loose).path].filter(({ hops }) => hops.length > 0)
    : loose.flatMap(({ file, reading }) => pathsOfFile(file, reading));
  for (const path of rest) {
    const unread = options.inOrder
      ? loose.flatMap(({ file }) => unreadOf(read.get(file)))
      : unreadOf(read.get(path.name));
    paths.push({ ...judged(path, options.suppressions ?? []), unread });
  }
  return { files: [...read.values()], paths };
}

const unreadOf = (file: CheckedFile | undefined): readonly ReadProblem[] =>
  file?.problems.filter(({ level }) => level === "error") ?? [];

/** Judges a path, with what is suppressed set apart. */
export function judged(path: Path, suppressions: readonly Suppression[]): Omit<CheckedPath, "unread"> {
  const findings: PathFinding[] = [];
  const suppressed: PathFinding[] = [];
  for (const finding of judge(path)) {
    const because = suppressions.find(
      ({ rule, hops }) => rule === finding.rule && hops.every((hop) => finding.hops.some((id) => isMeant(hop, id))),
    );
    if (because === undefined) findings.push(finding);
    else suppressed.push({ ...finding, suppressed: because.reason });
  }
  return { path, suppressions, findings, suppressed, notJudged: notJudged(path) };
}

interface Finding {
  /** Whether it was found in a folder. */
  readonly found: boolean;
  /** Files that others include are noted here. */
  readonly used: Set<string>;
}

/** Reads one real file with the reader that knows it best. */
function readConfig(file: string, text: string, options: CheckOptions, { found, used }: Finding): CheckedFile {
  const { readers, load, expand } = options;
  let best: ConfigReader | undefined;
  let bestScore = 0;
  for (const reader of readers) {
    const score = reader.recognise(file, text);
    if (score > bestScore) [best, bestScore] = [reader, score];
  }
  if (best === undefined) return { file, kind: "unknown", problems: [unknownKind(file, text, found)] };
  const names = new Map<string, string>();
  const include = (path: string): string | undefined => {
    const included = load?.(path, file);
    if (included === undefined) return undefined;
    names.set(path, included.file);
    used.add(included.file);
    return included.text;
  };
  const readOptions: ReadOptions = {
    ...(load === undefined ? {} : { include }),
    ...(expand === undefined ? {} : { expand: (pattern) => expand(pattern, file) }),
  };
  const reading = withNames(best.read(file, text, readOptions), names);
  return { file, kind: best.id, reading, problems: reading.problems };
}

/** Why nobody reads a file: what is meant to be YAML may have a mistake in it. */
function unknownKind(file: string, text: string, found: boolean): ReadProblem {
  const level = found ? "warning" : "error";
  const [mistake] = /\.ya?ml$/i.test(file) && text.length < MOST_LOOKED_OVER ? yamlTrees(text).problems : [];
  return mistake === undefined
    ? { file, line: 1, code: "unknown-format", says: "no known kind of configuration", level }
    : { file, line: mistake.line, code: "malformed", says: mistake.says, level };
}

const MOST_LOOKED_OVER = 262_144;
