import { printable } from "../../net/printable.ts";
import { padEnd, padStart } from "../lines.ts";
import type { ComparedRun, Comparison } from "./comparison.ts";

/** The comparison as a table for a terminal. */
export function renderComparisonText(comparison: Comparison): string {
  const rows = [HEAD, ...comparison.rows.map(cellsOf)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 || i >= NUMBERS ? padEnd(cell, widths[i] ?? 0) : padStart(cell, widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const adapted = [...new Set(comparison.rows.flatMap((row) => row.adapted))];
  return `${[
    `${comparison.scenario}: ${comparison.title}`,
    `on ${comparison.kernel}`,
    "",
    line(HEAD),
    ...rows.slice(1).map(line),
    "",
    ...adapted.map((said) => `in the lab: ${said}`),
  ]
    .map(printable)
    .join("\n")}\n`;
}

const HEAD = [
  "run",
  "opened",
  "told to go",
  "SYNs challenged",
  "lost, say logs",
  "NotReady",
  "kubectl lost",
  "",
  "explain found",
];
/** Columns from here on are words. */
const NUMBERS = 7;

const cellsOf = (run: ComparedRun): readonly string[] => [
  run.name,
  `${run.opened}`,
  `${run.toldToGo}`,
  `${run.challenged}`,
  `${run.lostInLogs}`,
  `${run.notReady}`,
  run.kubectl === undefined ? "-" : `${run.kubectl.lost} of ${run.kubectl.begun}`,
  run.agrees ? "as expected" : "NOT AS EXPECTED",
  run.found,
];
