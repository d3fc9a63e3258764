import { poissonInterval } from "../../fleet/statistics/count-estimate.ts";
import { printable } from "../../net/printable.ts";
import { padEnd, padStart, wrap } from "../lines.ts";
import { heading, labelled, paragraph, type Sheet } from "../page.ts";
import { paletteOf } from "../palette.ts";
import { charts } from "./charts.ts";
import { MEASURES, type Measure, measured } from "./measures.ts";
import { many, printEstimate, printNumber, printTime } from "./numbers.ts";
import { runsOf, type SimulationReport, type SummarisedArm, summarised } from "./simulation-report.ts";
import { storiesOf } from "./story.ts";
import { type ArmVerdict, type Verdict, verdictOf } from "./verdict.ts";

export interface SimulationPage {
  readonly width: number;
  readonly colour: boolean;
  /** The verdict lines only. */
  readonly quiet?: boolean;
}

/** A simulation as text for a terminal: the verdict, the story, what was counted, charts. */
export function renderSimulationText(report: SimulationReport, page: SimulationPage): string {
  const sheet: Sheet = { width: Math.max(72, Math.min(page.width, 140)), palette: paletteOf(page.colour) };
  const arms = summarised(report);
  const verdict = verdictOf(arms);
  const lines = [...headLines(sheet, report, verdict), "", ...armLines(sheet, arms, verdict)];
  if (!page.quiet) {
    lines.push("", heading(sheet, "The story"), ...storyLines(sheet, report));
    lines.push(
      "",
      heading(sheet, `A run of ${printTime(report.durationMs)}${countedFrom(report)}, ${seedWords(report)}`),
    );
    lines.push(...tableLines(sheet, arms));
    lines.push(...charts(sheet, report, arms));
  }
  lines.push("", ...footLines(sheet, report, arms));
  return `${lines.join("\n")}\n`;
}

/** `, counted from 1 min on` where the scenario says so. */
function countedFrom({ arms, durationMs }: SimulationReport): string {
  const counted = arms.flatMap(({ runs }) => runs.map(({ totals }) => totals.countedMs));
  const least = Math.min(...counted);
  return counted.length === 0 || least === durationMs ? "" : `, counted from ${printTime(durationMs - least)} on`;
}

const badgeOf = ({ palette }: Sheet, { badge, tone }: Pick<ArmVerdict, "badge" | "tone">): string => {
  const style = { bad: palette.badBadge, warn: palette.warnBadge, good: palette.goodBadge }[tone];
  return style(` ${badge} `);
};

function headLines(sheet: Sheet, report: SimulationReport, verdict: Verdict): string[] {
  const indent = verdict.badge.length + 3;
  const [first = "", ...rest] = wrap(printable(verdict.line), sheet.width - indent);
  return [
    `${badgeOf(sheet, verdict)} ${sheet.palette.strong(first)}`,
    ...rest.map((line) => " ".repeat(indent) + sheet.palette.strong(line)),
    "",
    ...paragraph(sheet, `${report.scenario}: ${report.title}`, 2),
  ];
}

/** A line for each way in which it was run, and below it what it came to. */
function armLines(sheet: Sheet, arms: readonly SummarisedArm[], verdict: Verdict): string[] {
  const { palette } = sheet;
  return arms.flatMap((arm, place) => {
    const found = verdict.arms[place];
    if (found === undefined) return [];
    const tone = { bad: palette.bad, warn: palette.warn, good: palette.good }[found.tone];
    const name = printable(arm.name);
    const [first = "", ...rest] = wrap(`${name}: ${printable(arm.title)}`, sheet.width - INDENT);
    const head = first.startsWith(name) ? palette.strong(name) + first.slice(name.length) : first;
    const words = found.change === undefined ? found.words : `${found.change}: ${found.words}`;
    return [
      `  ${tone(padEnd(found.badge, INDENT - 4))}  ${head}`,
      ...rest.map((line) => " ".repeat(INDENT) + line),
      ...paragraph(sheet, words, INDENT),
    ];
  });
}

/** Columns of a badge and the blanks around it. */
const INDENT = 13;

function storyLines(sheet: Sheet, report: SimulationReport): string[] {
  const lines = storiesOf(report.arms);
  if (lines.length === 0) return paragraph(sheet, "nothing happens: the fleet runs as it is");
  return lines.flatMap(({ fromMs, words }) =>
    labelled(sheet, printTime(fromMs) === "0 ms" ? "from 0" : `at ${printTime(fromMs)}`, words, 14),
  );
}

const seedWords = ({ seeds }: SimulationReport): string =>
  seeds.length === 1 ? `seed ${seeds[0]}` : `mean of ${many(seeds.length, "seed")} with its 95 % interval`;

/** Rows are what was counted, columns the arms; in several tables where they do not fit beside each other. */
function tableLines(sheet: Sheet, arms: readonly SummarisedArm[]): string[] {
  const rows = MEASURES.filter((measure) => isWorthARow(measure, arms));
  const label = Math.max(...rows.map(({ words }) => words.length)) + 2;
  const cells = arms.map((arm) => rows.map((measure) => printEstimate(measured(measure, arm))));
  const widths = cells.map((column, i) =>
    Math.max(Math.min(arms[i]?.name.length ?? 0, 24), ...column.map((cell) => cell.length)),
  );
  const lines: string[] = [];
  for (let from = 0; from < arms.length; ) {
    let to = from;
    let width = 2 + label;
    while (to < arms.length && (to === from || width + (widths[to] ?? 0) + 2 <= sheet.width)) {
      width += (widths[to] ?? 0) + 2;
      to++;
    }
    if (from > 0) lines.push("");
    lines.push(...part(from, to));
    from = to;
  }
  const none = noneSeen(
    MEASURES.filter((measure) => !rows.includes(measure)),
    arms,
  );
  if (none !== "") lines.push(...paragraph(sheet, none));
  return lines;

  function part(from: number, to: number): string[] {
    const columns = arms.slice(from, to).map((arm, i) => ({ arm, at: from + i, width: widths[from + i] ?? 0 }));
    const head = columns.map(({ arm, width }) => split(printable(arm.name), width));
    const height = Math.max(...head.map((parts) => parts.length));
    const heads = Array.from({ length: height }, (_, row) => {
      const line = columns.map(({ width }, i) =>
        padStart(head[i]?.[row - height + (head[i]?.length ?? 0)] ?? "", width),
      );
      return `  ${" ".repeat(label)}${sheet.palette.strong(line.join("  "))}`;
    });
    const body = rows.map((measure, row) => {
      const line = columns.map(({ at, width }) => padStart(cells[at]?.[row] ?? "", width));
      return `  ${padEnd(measure.words, label)}${line.join("  ")}`;
    });
    return [...heads, ...body].map((line) => line.trimEnd().replaceAll("\u00a0", " "));
  }
}

/** What did not happen in any seed, and how many events that still leaves possible: events, so of minutes and megabytes it says nothing. */
function noneSeen(left: readonly Measure[], arms: readonly SummarisedArm[]): string {
  const words = (kind: Measure["kind"]): string[] =>
    left.filter((measure) => measure.kind === kind).map((measure) => measure.words);
  const counts = words("count");
  const sizes = words("size");
  const seeds = Math.min(...arms.map(({ runs }) => runs.length));
  const most = printNumber(poissonInterval(0).high / seeds);
  const possible = `None in ${many(seeds, "seed")} still allows up to ${most} a run of each (95 % interval).`;
  return [
    ...(counts.length > 0 ? [`None: ${counts.join("; ")}.`, ...(seeds < 2 ? [] : [possible])] : []),
    ...(sizes.length > 0 ? [`Also 0: ${sizes.join("; ")}.`] : []),
  ].join(" ");
}

/** A name in pieces of at most `width` columns, broken where it has a mark. */
function split(name: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const word of name.split(/(?<=[-=.,\s])/)) {
    if (piece !== "" && piece.length + word.length > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += word;
  }
  return [...pieces, piece];
}

/** Rows of zeros only say that something did not happen, which one line says for all of them. */
function isWorthARow(measure: Measure, arms: readonly SummarisedArm[]): boolean {
  const values = arms.map((arm) => measured(measure, arm));
  if (measure.kind === "level") return values.some(({ mean }) => Number.isFinite(mean) && mean !== 0);
  return values.some(({ mean }) => mean !== 0);
}

function footLines(sheet: Sheet, report: SimulationReport, arms: readonly SummarisedArm[]): string[] {
  const { palette } = sheet;
  const lines: string[] = [];
  if (report.interrupted) {
    const left = `${printNumber(runsOf(report))} of ${many(report.planned, "run")} were finished before it was interrupted: means and intervals are of those.`;
    lines.push(...paragraph(sheet, left).map(palette.warn));
  }
  const shard = report.shard;
  if (shard !== undefined) {
    lines.push(
      ...paragraph(
        sheet,
        `This is part ${shard.index} of ${shard.count} (from 0 on): halfopen simulate --merge joins them.`,
      ).map(palette.warn),
    );
  }
  const events = arms.reduce((sum, { runs }) => sum + runs.reduce((part, run) => part + run.totals.events, 0), 0);
  const thinned = arms.some(({ summary }) => summary.detail === "thinned");
  const how = thinned
    ? "requests that decide nothing were skipped (--detail full runs each)"
    : "every request was an event";
  lines.push(
    ...paragraph(
      sheet,
      `${many(runsOf(report), "run")}, ${printNumber(events)} events; ${how}. The same seed gives the same run.`,
    ).map(palette.dim),
  );
  return lines;
}
