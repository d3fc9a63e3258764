import type { CheckResult } from "../../path/check.ts";
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
