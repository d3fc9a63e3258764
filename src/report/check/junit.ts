import type { CheckedPath } from "../../path/check.ts";
import { RULES } from "../../path/rule/index.ts";
import type { CheckReport } from "./report.ts";

/** A check as JUnit's XML, which every CI shows: a suite a path, a case a rule; and a suite of the files. */
export function renderJunit({ result }: CheckReport): string {
  const suites = [...result.paths.map(pathSuite), filesSuite(result.files)];
  const sum = (name: "tests" | "failures" | "errors"): number =>
    suites.reduce((total, suite) => total + suite[name], 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="halfopen check" tests="${sum("tests")}" failures="${sum("failures")}" errors="${sum("errors")}">`,
    ...suites.map(({ xml }) => xml),
    "</testsuites>",
    "",
  ].join("\n");
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly xml: string;
}

/** Rules that compare what a path does not say, where it says so. */
const UNSURE = ["keep-alive-order", "box-forgets-first", "slow-health-check"];

/** Why a rule that found nothing has not passed: parts of the path were not read, or what it compares is not known. */
function notJudgedBecause({ unread, notJudged }: CheckedPath, rule: string): string | undefined {
  if (unread.length > 0)
    return `not read: ${unread.map(({ file, line, says }) => `${file}:${line} ${says}`).join("; ")}`;
  return notJudged.length > 0 && UNSURE.includes(rule) ? `not judged: ${notJudged.join("; ")}` : undefined;
}

function pathSuite(checked: CheckedPath): Suite {
  const { path, findings, suppressed } = checked;
  let failures = 0;
  const cases = RULES.map(({ id }) => {
    const mine = findings.filter(({ rule }) => rule === id);
    const wrong = mine.filter(({ level }) => level === "error");
    const rest = mine.filter(({ level }) => level !== "error");
    const reasons = suppressed.filter(({ rule }) => rule === id);
    const open = mine.length === 0 ? notJudgedBecause(checked, id) : undefined;
    const skipped = reasons.length > 0 ? reasons.map(({ suppressed: reason }) => reason ?? "").join("; ") : open;
    if (wrong.length > 0) failures++;
    const inner = [
      ...(wrong.length > 0
        ? [
            `      <failure message="${escapeXml(wrong[0]?.says ?? "")}">${escapeXml(wrong.map((f) => `${f.says} ${f.remedy}`).join("\n"))}</failure>`,
          ]
        : skipped !== undefined
          ? [`      <skipped message="${escapeXml(skipped)}"/>`]
          : []),
      ...(rest.length > 0
        ? [`      <system-out>${escapeXml(rest.map(({ level, says }) => `${level}: ${says}`).join("\n"))}</system-out>`]
        : []),
    ];
    const head = `    <testcase classname="${escapeXml(path.name)}" name="${id}"`;
    return inner.length === 0 ? `${head}/>` : `${head}>\n${inner.join("\n")}\n    </testcase>`;
  });
  return suite(path.name, cases, failures, 0);
}

function filesSuite(files: CheckReport["result"]["files"]): Suite {
  let errors = 0;
  const cases = files.map(({ file, kind, problems }) => {
    const wrong = problems.filter(({ level }) => level === "error");
    const head = `    <testcase classname="${escapeXml(kind)}" name="${escapeXml(file)}"`;
    if (wrong.length === 0) return `${head}/>`;
    errors++;
    const says = wrong.map(({ file: where, line, says: what }) => `${where}:${line} ${what}`).join("\n");
    return `${head}>\n      <error message="${escapeXml(wrong[0]?.says ?? "")}">${escapeXml(says)}</error>\n    </testcase>`;
  });
  return suite("files", cases, 0, errors);
}

function suite(name: string, cases: readonly string[], failures: number, errors: number): Suite {
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}"`;
  const xml = [`  <testsuite name="${escapeXml(name)}" ${counts}>`, ...cases, "  </testsuite>"].join("\n");
  return { tests: cases.length, failures, errors, xml };
}

/** Text as XML 1.0 may have it (§2.2, §2.4): other characters are replaced. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}")
    .replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? "&quot;");
}
