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
  TARGET_WORDS,
  type TargetWords,
  targetLine,
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
    const how = detail === "thinned" ? "requests that decide nothing were skipped" : "every request was an event";
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

/** Each target, and how it stands at the chosen chance or where it is nearest. */
function askedLines(sheet: Sheet, { calibration }: CalibrationReport): string[] {
  const { range } = calibration;
  return askedOf(calibration).flatMap((name) => {
    const lines = paragraph(sheet, targetLine(name, calibration.targets[name] ?? 0));
    for (const chance of range === undefined ? [] : [...new Set([range.low, range.high])]) {
      const point = calibration.curve.find((each) => each.chance === chance);
      if (point === undefined) continue;
      lines.push(
        ...paragraph(sheet, `at ${chance}: ${printMeasure(name, point.measures[name].simulated)}`, 6).map(
          sheet.palette.dim,
        ),
      );
    }
    return lines;
  });
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
  const theory = shown.some((column) => column.theory) ? " ~ the closed form, where there is one." : "";
  const legend = `│ meets every target; ✗ missed, ? undecided.${theory}`;
  lines.push("", ...paragraph(sheet, legend).map(palette.dim));
  for (const { name, short } of shown) {
    const values = Float64Array.from(curve, (point) => point.measures[name].simulated.mean);
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
  const { mean } = point.measures[name].simulated;
  return !Number.isNaN(mean) && mean > 0;
};

/** `7 min ✗ ~6 min` */
function cellOf(point: CalibrationPoint, name: TargetName, withTheory: boolean): string {
  const { simulated, theory, verdict } = point.measures[name];
  const { print } = wordsOf(name);
  const mark = verdict === "missed" ? " ✗" : verdict === "undecided" ? " ?" : "";
  return `${print(simulated.mean)}${theory === undefined || !withTheory ? "" : ` ~${print(theory)}`}${mark}`;
}

function mitigationLines(sheet: Sheet, { calibration }: CalibrationReport): string[] {
  const { mitigations, obstacles } = calibration;
  if (mitigations.length === 0) return [];
  const { palette } = sheet;
  const lines = ["", heading(sheet, `What would help, at ${mitigations[0]?.point.chance}`)];
  for (const { name, title, point, helps } of mitigations) {
    const met = obstacles.map(({ target, bound }) => {
      const found = `${wordsOf(target).words}: ${printMeasure(target, point.measures[target].simulated)}`;
      return helps.includes(target) ? `${found}, met` : `${found}, not within ${wordsOf(target).print(bound)}`;
    });
    const enough = helps.length === obstacles.length && helps.length > 0;
    const mark = enough
      ? palette.good("helps   ")
      : helps.length > 0
        ? palette.warn("in part ")
        : palette.dim("no      ");
    const [first = "", ...rest] = wrap(`${name}: ${printable(title)}`, sheet.width - 12);
    lines.push(`  ${mark}  ${first}`, ...rest.map((line) => `            ${line}`));
    lines.push(...met.flatMap((text) => paragraph(sheet, text, 12)).map((line) => palette.dim(line)));
  }
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}
