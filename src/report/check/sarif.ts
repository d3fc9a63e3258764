import type { CheckedPath } from "../../path/check.ts";
import { printValue } from "../../path/duration.ts";
import type { PathFinding } from "../../path/judge.ts";
import type { ReadProblem } from "../../path/reader.ts";
import { RULES } from "../../path/rule/index.ts";
import { meaningOf, type Source } from "../../path/setting.ts";
import type { CheckReport } from "./report.ts";

/** A check as SARIF 2.1.0 (OASIS standard of 2020-03-27), which code hosts show beside the lines it is about. */
export function renderSarif({ result, version }: CheckReport): string {
  const notifications = result.files.flatMap(({ problems }) => problems.map(notification));
  const document = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "halfopen", semanticVersion: version, rules: RULES.map(descriptor) } },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: notifications.every(({ level }) => level !== "error"),
            toolExecutionNotifications: notifications,
          },
        ],
        results: result.paths.flatMap((path) =>
          [...path.findings, ...path.suppressed].map((finding) => resultOf(path, finding)),
        ),
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const descriptor = ({ id, title, level, references }: (typeof RULES)[number]) => ({
  id,
  name: id.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase()),
  shortDescription: { text: `${title}.` },
  help: { text: `halfopen check --explain ${id}. ${references.join("; ")}` },
  defaultConfiguration: { level },
});

function resultOf(checked: CheckedPath, finding: PathFinding): unknown {
  const places = finding.settings.flatMap(({ hop, key, setting }) => {
    const source = setting?.source ?? hopSource(checked, hop);
    if (source === undefined) return [];
    const value = setting === undefined ? "not known" : printValue(setting.value, meaningOf(key).unit);
    return [
      {
        source,
        text: `${key.replace(/Ms$/, "")} of ${hop}: ${value}${setting?.source === undefined ? " (default)" : ""}`,
      },
    ];
  });
  const [first, ...others] = places;
  return {
    ruleId: finding.rule,
    ruleIndex: RULES.findIndex(({ id }) => id === finding.rule),
    level: finding.level,
    message: { text: `${finding.says} ${finding.remedy}` },
    locations: first === undefined ? [] : [location(first.source)],
    ...(others.length === 0
      ? {}
      : { relatedLocations: others.map(({ source, text }, id) => ({ id, ...location(source), message: { text } })) }),
    partialFingerprints: { "halfopen/1": `${finding.rule}:${checked.path.name}:${finding.hops.join(">")}` },
    ...(finding.suppressed === undefined
      ? {}
      : { suppressions: [{ kind: "external", justification: finding.suppressed }] }),
  };
}

function hopSource({ path }: CheckedPath, id: string): Source | undefined {
  const hops = [...path.hops, ...path.detectors.map(({ hop }) => hop)];
  return hops.find((hop) => hop.id === id)?.source;
}

const location = ({ file, line, column }: Pick<Source, "file" | "line" | "column">) => ({
  physicalLocation: {
    artifactLocation: { uri: uriOf(file) },
    region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
  },
});

/** A file's name as a relative or absolute URI reference (RFC 3986). */
function uriOf(file: string): string {
  const path = file
    .replaceAll("\\", "/")
    .split("/")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");
  return path.startsWith("/") ? `file://${path}` : path.replace(/^(?:\.\/)+/, "");
}

const notification = (problem: ReadProblem) => ({
  descriptor: { id: problem.code },
  level: problem.level,
  message: { text: problem.says },
  locations: [location(problem)],
});
