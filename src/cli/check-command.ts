import { readFileSync } from "node:fs";
import { checkFiles } from "../check-files.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { packageVersion } from "../package-version.ts";
import type { CheckedPath, CheckResult } from "../path/check.ts";
import { patchPathFile } from "../path/fix/patch.ts";
import { solve } from "../path/fix/solve.ts";
import { isMeant } from "../path/hop.ts";
import type { Suppression } from "../path/path-file.ts";
import { RULES } from "../path/rule/index.ts";
import { placeToChange } from "../path/setting.ts";
import { type CheckReport, type PathFix, totalsOf } from "../report/check/report.ts";
import { CANNOT_RUN } from "./failure.ts";
import { type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";
import { writeBeside } from "./write-beside.ts";
import { checkReportName } from "./write-report.ts";

/** What `halfopen check` was told. */
export interface CheckCommandOptions extends ColourOptions {
  readonly format: "text" | "json" | "sarif" | "junit";
  readonly fix?: boolean;
  readonly inOrder?: boolean;
  readonly strict?: boolean;
  readonly explain?: string;
  readonly suppress?: readonly string[];
  readonly output?: string;
  readonly width?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Checks configuration and prints what is wrong; gives 1 when a path is unsafe, 2 when something could not be read, else 0. */
export async function checkCommand(paths: readonly string[], options: CheckCommandOptions): Promise<number> {
  if (options.explain !== undefined) {
    await writeOut([rulePage(options.explain)]);
    return 0;
  }
  if (paths.length === 0) {
    throw new Fault(
      "no-files",
      "There are no files to check.",
      "Name a path.yaml or configuration: halfopen check path.yaml nginx.conf",
    );
  }
  const width = widthOf(options.width);
  if (options.output !== undefined) await checkReportName(options.output);
  const suppressions = (options.suppress ?? []).map(suppressionOf);
  const result = checkFiles(paths, { inOrder: options.inOrder === true, suppressions });
  const report: CheckReport = {
    result,
    version: packageVersion(),
    ...(options.fix ? { fixes: result.paths.map((path) => fixOf(path, options.strict === true)) } : {}),
  };
  const text = await rendered(report, options, width);
  if (options.output === undefined) await writeOut([text]);
  else
    await writeBeside(
      options.output,
      text,
      result.files.map(({ file }) => file),
    );
  return exitCode(result, options.strict === true);
}

function exitCode(result: CheckResult, strict: boolean): number {
  const { errors, warnings, unread } = totalsOf(result);
  if (errors > 0 || (strict && warnings > 0)) return 1;
  return unread > 0 ? CANNOT_RUN : 0;
}

function fixOf(checked: CheckedPath, warnings: boolean): PathFix {
  const { path, suppressions, text } = checked;
  const leave = ({ rule, hops }: { rule: string; hops: readonly string[] }): boolean =>
    suppressions.some((s) => s.rule === rule && s.hops.every((named) => hops.some((id) => isMeant(named, id))));
  const fix = solve(path, { leave, warnings });
  if (fix.kind !== "changes" || path.file === undefined || text === undefined) return { fix };
  // What stands in a real file is changed there: the path.yaml would only say it twice.
  const hops = [...path.hops, ...path.detectors.map(({ hop }) => hop)];
  const mine = fix.changes.filter(({ hop, key }) => {
    const setting = hops.find(({ id }) => id === hop)?.settings.get(key);
    const source = setting === undefined ? undefined : placeToChange(setting);
    return source === undefined || source.file === path.file;
  });
  return { fix, patch: patchPathFile(path.file, text, mine) };
}

async function rendered(report: CheckReport, options: CheckCommandOptions, width: number): Promise<string> {
  switch (options.format) {
    case "json":
      return (await import("../report/check/json.ts")).renderCheckJson(report);
    case "sarif":
      return (await import("../report/check/sarif.ts")).renderSarif(report);
    case "junit":
      return (await import("../report/check/junit.ts")).renderJunit(report);
    case "text": {
      const { renderCheckText } = await import("../report/check/text.ts");
      const plain = options.output !== undefined && (options.color ?? options.colour) !== "always";
      const colour = !plain && wantsColour(options);
      return renderCheckText(report, {
        width,
        colour,
        quiet: options.quiet === true,
        verbose: options.verbose === true,
      });
    }
  }
}

/** `rule=reason` or `rule:hop,hop=reason`. */
function suppressionOf(text: string): Suppression {
  const match = /^([a-z-]+)(?::([^=]*))?=(.*\S.*)$/s.exec(text);
  const rule = match?.[1] ?? "";
  if (match === null || !RULES.some(({ id }) => id === rule)) {
    const remedy = "Write rule=reason or rule:hop,hop=reason; halfopen check --explain list names the rules.";
    throw new Fault("bad-suppression", `'${printable(text)}' is no suppression with a reason.`, remedy);
  }
  const hops = (match[2] ?? "").split(",").filter((hop) => hop !== "");
  return { rule, hops, reason: printable(match[3]?.trim() ?? ""), line: 1 };
}

/** The page of a rule, or the list of rules. */
function rulePage(id: string): string {
  if (id === "list") return RULES.map((rule) => `${rule.id.padEnd(30)}${rule.title}\n`).join("");
  if (!RULES.some((rule) => rule.id === id)) {
    throw new Fault(
      "no-such-rule",
      `There is no rule '${printable(id)}'.`,
      "List them with: halfopen check --explain list",
    );
  }
  return readFileSync(new URL(`../../src/path/rule/${id}/README.md`, import.meta.url), "utf8");
}
