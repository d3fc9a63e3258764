import type { CheckedPath } from "../../path/check.ts";
import { printValue } from "../../path/duration.ts";
import type { Change } from "../../path/fix/solve.ts";
import type { PathFinding } from "../../path/judge.ts";
import { meaningOf, placeToChange } from "../../path/setting.ts";
import { wrap } from "../lines.ts";
import { type Palette, paletteOf } from "../palette.ts";
import { drawPath } from "./drawing.ts";
import { inNotation } from "./notation.ts";
import { type CheckReport, type CheckVerdict, type PathFix, totalsOf, verdictOf } from "./report.ts";

export interface CheckPage {
  readonly width: number;
  readonly colour: boolean;
  /** Verdict lines only. */
  readonly quiet?: boolean;
  /** What was read, assumed and ignored too. */
  readonly verbose?: boolean;
}

/** A check as text for a terminal: for each path a verdict, its picture, what is wrong; then what was read. */
export function renderCheckText(report: CheckReport, page: CheckPage): string {
  const width = Math.max(72, Math.min(page.width, 140));
  const palette = paletteOf(page.colour);
  const { paths, files } = report.result;
  const lines = paths.flatMap((path, place) => [
    ...renderPath(path, report.fixes?.[place], width, palette, page),
    ...(page.quiet ? [] : [""]),
  ]);
  for (const { problems } of files) {
    for (const { file, line, level, says } of problems) {
      lines.push(`${level === "error" ? palette.bad("error") : palette.warn("warning")}  ${file}:${line}  ${says}`);
    }
  }
  if (page.verbose) lines.push("", ...renderFiles(report, palette));
  lines.push(renderTotals(report, palette));
  return `${lines.join("\n")}\n`;
}

function renderPath(
  checked: CheckedPath,
  fix: PathFix | undefined,
  width: number,
  palette: Palette,
  page: CheckPage,
): readonly string[] {
  const { path, findings, suppressed } = checked;
  const verdict = verdictOf(checked);
  const badge = badgeOf(verdict, palette);
  const from = path.file === undefined || path.file === path.name ? "" : palette.dim(` (${path.file})`);
  const lines = [`${badge} ${palette.strong(path.name)}${from}`];
  if (page.quiet) return lines;
  path.branches.forEach((branch, index) => {
    const drawn = drawPath(checked, index, width, palette);
    if (verdict === "alone" && drawn.length === 0) return;
    const title = branch.name === undefined ? "" : `${branch.name}: `;
    lines.push("", `  ${title}${branch.hops.join(" ─▶ ")}   ${palette.dim(branch.carries.join(", "))}`);
    lines.push(...drawn);
  });
  for (const finding of findings) lines.push("", ...renderFinding(finding, width, palette));
  for (const { rule, suppressed: reason } of suppressed) {
    lines.push("", `  ${palette.dim("suppressed")}  ${rule}: ${reason}`);
  }
  if (verdict === "alone") {
    const hint = "Its neighbours are not known, so that nothing is compared. Put them in a path: halfopen path init";
    lines.push("", ...wrap(hint, width - 9).map((line) => `         ${palette.dim(line)}`));
  }
  for (const says of checked.notJudged) {
    const [first = "", ...rest] = wrap(says, width - 14);
    lines.push("", `  ${palette.warn("not judged")}  ${first}`, ...rest.map((line) => `              ${line}`));
  }
  if (checked.unread.length > 0) {
    const says = `${many(checked.unread.length, "part")} of its files could not be read and ${checked.unread.length === 1 ? "was" : "were"} not compared: see below`;
    lines.push("", `  ${palette.warn("not read")}    ${says}`);
  }
  if (fix !== undefined) lines.push("", ...renderFix(checked, fix, width, palette));
  return lines;
}

function badgeOf(verdict: CheckVerdict, palette: Palette): string {
  switch (verdict) {
    case "unsafe":
      return palette.badBadge(" UNSAFE ");
    case "close":
      return palette.warnBadge(" CLOSE ");
    case "unsure":
      return palette.warnBadge(" UNSURE ");
    case "safe":
      return palette.goodBadge(" SAFE ");
    case "alone":
      return palette.dim(" ALONE ");
  }
}

function renderFinding(finding: PathFinding, width: number, palette: Palette): readonly string[] {
  const { level, rule, hops, says, remedy, settings, unverified } = finding;
  const style = level === "error" ? palette.bad : level === "warning" ? palette.warn : palette.dim;
  const lines = [`  ${style(level)}  ${palette.mark(rule)}  ${hops.join(" → ")}`];
  const indent = "         ";
  for (const line of wrap(says, width - indent.length)) lines.push(`${indent}${line}`);
  for (const { hop, key, setting } of settings) {
    const value = setting === undefined ? "not known" : printValue(setting.value, meaningOf(key).unit);
    lines.push(palette.dim(`${indent}${hop}: ${key.replace(/Ms$/, "")} ${value}, ${origin(setting)}`));
  }
  if (unverified.length > 0) {
    const doubt = `Rests on figures that are not verified: ${unverified.join(", ")}.`;
    for (const line of wrap(doubt, width - indent.length)) lines.push(`${indent}${palette.warn(line)}`);
  }
  const [first = "", ...rest] = wrap(remedy, width - indent.length - 8);
  lines.push(`${indent}${palette.good("remedy")}  ${first}`, ...rest.map((line) => `${indent}        ${line}`));
  return lines;
}

function origin(setting: PathFinding["settings"][number]["setting"]): string {
  if (setting === undefined) return "stated nowhere";
  const { source, entry, stated } = setting;
  if (source !== undefined) {
    const where = `${source.file}:${source.line} ${source.key}`;
    return stated === "derived" ? `follows from ${where}` : where;
  }
  return entry === undefined ? stated : `default (${entry})`;
}

function renderFix(checked: CheckedPath, { fix, patch }: PathFix, width: number, palette: Palette): readonly string[] {
  switch (fix.kind) {
    case "nothing-to-do":
      return checked.findings.some(({ level }) => level === "warning")
        ? [`  ${palette.warn("fix")}  no error to mend; --strict mends warnings too`]
        : [`  ${palette.good("fix")}  nothing to change`];
    case "impossible":
      return [
        `  ${palette.bad("fix")}  no change of settings makes this path safe:`,
        ...fix.obstacles.flatMap(({ demand, settings }) => {
          const fixed = settings.map(({ hop, key }) => `${key.replace(/Ms$/, "")} of ${hop}`).join(", ");
          return wrap(`${demand.rule}: ${fixed} cannot be changed far enough. ${demand.remedy}`, width - 9).map(
            (l) => `         ${l}`,
          );
        }),
      ];
    case "changes": {
      const few = fix.smallest
        ? "the smallest set of changes"
        : "a set of changes (the smallest found, not proven to be the smallest)";
      const lines = [`  ${palette.good("fix")}  ${few} that makes this path safe (checked again):`];
      for (const change of fix.changes) lines.push(`         ${advice(checked, change)}`);
      if (patch !== undefined && patch.diff !== "") {
        lines.push(
          "",
          ...patch.diff
            .trimEnd()
            .split("\n")
            .map((line) => diffLine(line, palette)),
        );
      }
      return lines;
    }
  }
}

/** What to change where, in the words of the file or product that it is changed in. */
export function advice({ path }: CheckedPath, { hop, key, from, to, set }: Change): string {
  const { unit } = meaningOf(key);
  const hops = [...path.hops, ...path.detectors.map((detector) => detector.hop)];
  const setting = hops.find(({ id }) => id === hop)?.settings.get(key);
  const source = setting === undefined ? undefined : placeToChange(setting);
  const old = from === undefined ? "not set" : printValue(from, unit);
  const values = `${old} → ${printValue(to, unit)}`;
  if (source !== undefined && source.file !== path.file) {
    return `${source.file}:${source.line}  ${source.key}  ${source.text} → ${inNotation(to, unit, { text: source.text, key: source.key, value: from })}  (${hop})`;
  }
  const how = set === undefined ? "" : `  (set ${set})`;
  return `${hop}  ${key.replace(/Ms$/, "")}  ${values}${how}`;
}

function diffLine(line: string, palette: Palette): string {
  if (line.startsWith("+")) return palette.good(line);
  return line.startsWith("-") ? palette.bad(line) : line;
}

function renderFiles({ result }: CheckReport, palette: Palette): readonly string[] {
  return result.files.flatMap(({ file, kind, reading }) => [
    `${palette.strong(file)}  ${kind}`,
    ...(reading?.read ?? []).map(({ file: at, line, key, text }) => `  read     ${at}:${line}  ${key} ${text}`),
    ...(reading?.assumed ?? []).map(({ file: at, line, says }) => `  assumed  ${at}:${line}  ${says}`),
    ...(reading?.ignored ?? []).map(({ file: at, line, says }) => `  ignored  ${at}:${line}  ${says}`),
  ]);
}

function renderTotals(report: CheckReport, palette: Palette): string {
  const { files, paths, errors, warnings, suppressed, unread } = totalsOf(report.result);
  const parts = [
    many(files, "file"),
    many(paths, "path"),
    errors > 0 ? palette.bad(many(errors, "error")) : "no errors",
    many(warnings, "warning"),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(unread > 0 ? [palette.bad(`${many(unread, "part")} not read`)] : []),
  ];
  return parts.join(", ");
}

const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
