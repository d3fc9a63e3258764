import type { Calibration, CalibrationPoint, TargetName } from "../../fleet/calibrate/calibration.ts";
import { printable } from "../../net/printable.ts";
import { padEnd, padStart, wrap } from "../lines.ts";
import { heading, paragraph, type Sheet } from "../page.ts";
import { paletteOf } from "../palette.ts";
import {
  askedOf,
  type CalibrationReport,
  calibrationVerdict,
  placeOf,
  printMeasure,
  printValue,
  TARGET_WORDS,
  type TargetWords,
  THINNED,
  targetLine,
  trialLines,
  trialMark,
  wordsOf,
} from "./calibration-report.ts";
import { many, printTime } from "./numbers.ts";
import { sparkline } from "./sparkline.ts";
import type { SimulationPage } from "./text.ts";

/** A calibration as text for a terminal: the answer, what it rests on, the whole trade-off. */
export function renderCalibrationText(report: CalibrationReport, page: SimulationPage): string {
  const sheet: Sheet = { width: Math.max(72, Math.min(page.width, 140)), palette: paletteOf(page.colour) };
  const lines = headLines(sheet, report);
  if (!page.quiet) {
    lines.push("", heading(sheet, "What was asked"), ...askedLines(sheet, report));
    lines.push("", heading(sheet, "The trade-off"), ...curveLines(sheet, report));
    lines.push(...mitigationLines(sheet, report));
    const { calibration, durationMs, detail } = report;
    const how = detail === "thinned" ? THINNED : "every request was an event";
    lines.push(
      "",
      ...paragraph(sheet, `${many(calibration.runs, "run")} of ${printTime(durationMs)}; ${how}.`).map(
        sheet.palette.dim,
      ),
    );
  }
  return `${lines.join("\n")}\n`;
}

function headLines(sheet: Sheet, report: CalibrationReport): string[] {
  const { palette } = sheet;
  const { badge, tone, line, because } = calibrationVerdict(report);
  const style = { bad: palette.badBadge, warn: palette.warnBadge, good: palette.goodBadge }[tone];
  const indent = badge.length + 3;
  const [first = "", ...rest] = wrap(line, sheet.width - indent);
  const { scenario } = report.calibration;
  const name = report.variant === "base" ? scenario : `${scenario}, ${report.variant}`;
  return [
    `${style(` ${badge} `)} ${palette.strong(first)}`,
    ...rest.map((more) => " ".repeat(indent) + palette.strong(more)),
    "",
    ...paragraph(sheet, `${name}: ${report.title}`),
    "",
    ...because.flatMap((reason) => paragraph(sheet, reason)),
  ];
}

/** Each target, and how it stands at the chosen chance and at the ends of the range. */
function askedLines(sheet: Sheet, { calibration }: CalibrationReport): string[] {
  const { range, recommended, curve } = calibration;
  const shown = range === undefined ? [] : [...new Set([recommended, range.low, range.high])];
  return askedOf(calibration).flatMap((name) => [
    ...paragraph(sheet, targetLine(name, calibration.targets[name] ?? 0)),
    ...shown.flatMap((chance) => {
      const point = curve.find((each) => each.chance === chance);
      if (point === undefined) return [];
      return paragraph(sheet, `at ${chance}: ${printMeasure(name, point.measures[name].simulated)}`, 6).map(
        chance === recommended ? sheet.palette.good : sheet.palette.dim,
      );
    }),
  ]);
}

/** What fits beside each other: with the closed forms, without them, or only what was asked for. */
function columnsOf(sheet: Sheet, { curve, ...calibration }: Calibration): Column[] {
  const asked = askedOf({ curve, ...calibration });
  const shown = TARGET_WORDS.filter(({ name }) => asked.includes(name) || curve.some((point) => isKnown(point, name)));
  const make = (words: readonly TargetWords[], theory: boolean): Column[] =>
    words.map((each) => {
      const cells = curve.map((point) => cellOf(point, each.name, theory));
      const known = theory && curve.some((point) => point.measures[each.name].theory !== undefined);
      return { ...each, cells, theory: known, width: Math.max(each.short.length, ...cells.map((cell) => cell.length)) };
    });
  const tries = [
    make(shown, true),
    make(shown, false),
    make(
      shown.filter(({ name }) => asked.includes(name)),
      true,
    ),
  ];
  const widthOf = (columns: readonly Column[]): number => columns.reduce((sum, { width }) => sum + width + 2, 18);
  return (
    tries.find((columns) => widthOf(columns) <= sheet.width) ??
    make(
      shown.filter(({ name }) => asked.includes(name)),
      false,
    )
  );
}

interface Column extends TargetWords {
  readonly cells: readonly string[];
  readonly width: number;
  readonly theory: boolean;
}

/** A row for each chance; after the table, each measure as a line of blocks. */
function curveLines(sheet: Sheet, { calibration }: CalibrationReport): string[] {
  const { palette } = sheet;
  const { curve } = calibration;
  const shown = columnsOf(sheet, calibration);
  const chance = Math.max(6, ...curve.map((point) => String(point.chance).length));
  const head = shown.map(({ short, width }) => padStart(short, width)).join("  ");
  const lines = [`  ${padEnd("chance", chance)}  seeds  ${head}`.trimEnd()].map(palette.strong);
  curve.forEach((point, row) => {
    const place = placeOf(point, calibration);
    const style = place === "outside" ? (text: string) => text : palette.good;
    const values = shown.map(({ cells, width }) => padStart(cells[row] ?? "", width)).join("  ");
    const mark = { chosen: "▶", within: "│", outside: " " }[place];
    lines.push(
      style(
        `${mark} ${padEnd(String(point.chance), chance)}  ${padStart(String(point.seeds), 5)}  ${values}`.trimEnd(),
      ),
    );
  });
  const theory = shown.some((column) => column.theory)
    ? " ~ the closed form of the same quantity, where there is one."
    : "";
  const times = shown.some(({ name }) => name === "halfLifeMs" || name === "balancedMs")
    ? " Times are medians over all seeds; a seed that did not see the end counts as longer."
    : "";
  const looks =
    " A verdict takes a wider interval than the one that is shown, where seeds were looked at several times.";
  const chosen = calibration.recommended === undefined ? "" : "▶ recommended, │ within the range; ";
  const legend = `${chosen}✗ missed, ? undecided.${looks}${times}${theory}`;
  lines.push("", ...paragraph(sheet, legend).map(palette.dim));
  for (const { name, short } of shown) {
    const values = Float64Array.from(curve, (point) => point.measures[name].simulated.value);
    const known = values.filter(Number.isFinite);
    const top = known.reduce((most, value) => (value > most ? value : most), 0);
    if (top === 0 || known.length < 2) continue;
    lines.push(
      `  ${padEnd(short, 16)}${palette.mark(sparkline(values, curve.length * 3, top))}  ${palette.dim(`${wordsOf(name).print(top)} at most`)}`,
    );
  }
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}

const isKnown = (point: CalibrationPoint, name: TargetName): boolean => {
  const { value } = point.measures[name].simulated;
  return !Number.isNaN(value) && value > 0;
};

/** `7 min ✗ ~6 min`: the mark is that of what was simulated. */
function cellOf(point: CalibrationPoint, name: TargetName, withTheory: boolean): string {
  const { simulated, theory, verdict } = point.measures[name];
  const { print } = wordsOf(name);
  const mark = verdict === "missed" ? " ✗" : verdict === "undecided" ? " ?" : "";
  return `${printValue(name, simulated, simulated.value)}${mark}${theory === undefined || !withTheory ? "" : ` ~${print(theory)}`}`;
}

function mitigationLines(sheet: Sheet, { calibration }: CalibrationReport): string[] {
  const { mitigations } = calibration;
  if (mitigations.length === 0) return [];
  const { palette } = sheet;
  const styles = { helps: palette.good, "in part": palette.warn, no: palette.dim };
  const lines = ["", heading(sheet, `What would help, at ${mitigations[0]?.point.chance}`)];
  for (const trial of mitigations) {
    const { name, title } = trial;
    const mark = styles[trialMark(trial)](padEnd(trialMark(trial), 8));
    const met = trialLines(trial, calibration);
    const [first = "", ...rest] = wrap(`${name}: ${printable(title)}`, sheet.width - 12);
    lines.push(`  ${mark}  ${first}`, ...rest.map((line) => `            ${line}`));
    lines.push(...met.flatMap((text) => paragraph(sheet, text, 12)).map((line) => palette.dim(line)));
  }
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}
