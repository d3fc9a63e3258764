import type { CheckedPath, CheckResult } from "../../path/check.ts";
import type { Patch } from "../../path/fix/patch.ts";
import type { Fix } from "../../path/fix/solve.ts";

/** What was found out about one path's remedy. */
export interface PathFix {
  readonly fix: Fix;
  /** The changes as an edit of its `path.yaml`, if it has one. */
  readonly patch?: Patch;
}

/** Everything that a report of `halfopen check` shows. */
export interface CheckReport {
  readonly result: CheckResult;
  /** In the order of the paths, where it was asked for. */
  readonly fixes?: readonly PathFix[];
  /** Version of the program. */
  readonly version: string;
}

/** What a check says of a path in a word. */
export type CheckVerdict = "unsafe" | "close" | "unsure" | "safe" | "alone";

/**
 * `unsafe`: an error; `close`: a warning. `unsure`: nothing wrong was found, but not everything was read or could be compared; `alone`: one
 * hop by itself has nobody to disagree with.
 */
export function verdictOf({ path, findings, notJudged, unread }: CheckedPath): CheckVerdict {
  if (findings.some(({ level }) => level === "error")) return "unsafe";
  if (findings.some(({ level }) => level === "warning")) return "close";
  if (unread.length > 0) return "unsure";
  if (findings.length === 0 && path.branches.every(({ hops }) => hops.length < 2)) return "alone";
  return notJudged.length > 0 ? "unsure" : "safe";
}

/** How much is wrong. */
export interface CheckTotals {
  readonly files: number;
  readonly paths: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  readonly suppressed: number;
  /** Files, or parts of them, that could not be read. */
  readonly unread: number;
}

export function totalsOf({ files, paths }: CheckResult): CheckTotals {
  const count = (level: string): number =>
    paths.reduce((sum, { findings }) => sum + findings.filter((finding) => finding.level === level).length, 0);
  return {
    files: files.length,
    paths: paths.length,
    errors: count("error"),
    warnings: count("warning"),
    notes: count("note"),
    suppressed: paths.reduce((sum, { suppressed }) => sum + suppressed.length, 0),
    unread: files.reduce((sum, { problems }) => sum + problems.filter(({ level }) => level === "error").length, 0),
  };
}
