import { Fault } from "../../net/fault.ts";
import { printable } from "../../net/printable.ts";
import { runsOf, type SimulationReport } from "./simulation-report.ts";

/** A report and the name of the file that it is from. */
export interface NamedReport {
  readonly file: string;
  readonly report: SimulationReport;
}

/** Joins the parts of one simulation: the same report as if it had been run at once. Throws a `Fault` where they do not belong together. */
export function mergeReports(parts: readonly NamedReport[]): SimulationReport {
  const [first, ...others] = parts;
  if (first === undefined) {
    throw new Fault("no-files", "There is nothing to merge.", "Name the parts: halfopen simulate --merge part-*.json");
  }
  for (const other of others) {
    if (planOf(other.report) === planOf(first.report)) continue;
    throw new Fault(
      "other-simulation",
      `${printable(other.file)} is of another simulation than ${printable(first.file)} (${difference(first.report, other.report)}).`,
      "Merge parts that were run with the same version, scenario and options, each with a --shard of its own.",
    );
  }
  checkShards(parts);
  const { shard: _, ...head } = first.report;
  const merged: SimulationReport = {
    ...head,
    interrupted: parts.some(({ report }) => report.interrupted),
    arms: head.arms.map((arm, place) => ({
      ...arm,
      runs: parts.flatMap(({ report }) => report.arms[place]?.runs ?? []).sort((a, b) => a.seed - b.seed),
    })),
  };
  if (runsOf(merged) < merged.planned && !merged.interrupted) {
    throw new Fault(
      "missing-runs",
      `${runsOf(merged)} of ${merged.planned} runs are in these files.`,
      "Name the files of all parts.",
    );
  }
  return merged;
}

/** Everything that parts of one simulation have in common. */
function planOf({ arms, shard: _, interrupted: __, ...head }: SimulationReport): string {
  return JSON.stringify({ ...head, arms: arms.map(({ runs: ___, ...arm }) => arm) });
}

function difference(a: SimulationReport, b: SimulationReport): string {
  for (const name of ["version", "scenario", "durationMs", "stepMs", "seeds", "planned"] as const) {
    if (String(a[name]) !== String(b[name]))
      return `${name} ${printable(String(b[name]))}, not ${printable(String(a[name]))}`;
  }
  return "its variants or their stories differ";
}

/** Each part once, and all of them. */
function checkShards(parts: readonly NamedReport[]): void {
  const seen = new Map<number, string>();
  const count = parts[0]?.report.shard?.count ?? 1;
  for (const { file, report } of parts) {
    const index = report.shard?.index ?? 0;
    const other = seen.get(index);
    if ((report.shard?.count ?? 1) !== count) {
      throw new Fault(
        "other-simulation",
        `${printable(file)} is one of ${report.shard?.count ?? 1} parts, the first file one of ${count}.`,
        "Merge parts of one division.",
      );
    }
    if (other !== undefined) {
      throw new Fault(
        "same-part",
        `${printable(file)} and ${printable(other)} are the same part, ${index} of ${count}.`,
        "Name each part once.",
      );
    }
    seen.set(index, file);
  }
  const missing = Array.from({ length: count }, (_, i) => i).filter((index) => !seen.has(index));
  if (missing.length === 0) return;
  const named = missing.slice(0, 10).join(", ");
  throw new Fault(
    "missing-part",
    `${missing.length === 1 ? "Part" : "Parts"} ${named}${missing.length > 10 ? " …" : ""} of ${count} (from 0 on) ${missing.length === 1 ? "is" : "are"} missing.`,
    `Run what is missing: halfopen simulate … --shard ${missing[0]}/${count}`,
  );
}
