import type { CheckedPath } from "../../path/check.ts";
import type { Change } from "../../path/fix/solve.ts";
import type { Hop } from "../../path/hop.ts";
import type { PathFinding } from "../../path/judge.ts";
import { meaningOf, type Setting, type SettingKey } from "../../path/setting.ts";
import { type CheckReport, type PathFix, totalsOf, verdictOf } from "./report.ts";
import { advice } from "./text.ts";

/** A check as JSON: `schema/check-1.schema.json`. Fields are added, never renamed. */
export function renderCheckJson(report: CheckReport): string {
  const { result, fixes } = report;
  const document = {
    schema: 1,
    files: result.files.map(({ file, kind, reading, problems }) => ({
      file,
      kind,
      read: reading?.read ?? [],
      assumed: reading?.assumed ?? [],
      ignored: reading?.ignored ?? [],
      problems,
    })),
    paths: result.paths.map((path, place) => pathJson(path, fixes?.[place])),
    totals: totalsOf(result),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function pathJson(checked: CheckedPath, fix: PathFix | undefined): unknown {
  const { path, findings, suppressed } = checked;
  return {
    name: path.name,
    verdict: verdictOf(checked),
    ...(path.file === undefined ? {} : { file: path.file }),
    branches: path.branches,
    hops: path.hops.map(hopJson),
    detectors: path.detectors.map(({ hop, hearsThrough }) => ({
      ...hopJson(hop),
      ...(hearsThrough === undefined ? {} : { hearsThrough }),
    })),
    findings: [...findings, ...suppressed].map(findingJson),
    notJudged: checked.notJudged,
    unread: checked.unread,
    ...(fix === undefined ? {} : { fix: fixJson(checked, fix) }),
  };
}

const hopJson = ({ id, product, version, role, layer, protocol, settings }: Hop) => ({
  id,
  ...(product === undefined ? {} : { product }),
  ...(version === undefined ? {} : { version }),
  role,
  layer,
  ...(protocol === undefined ? {} : { protocol }),
  settings: [...settings.values()].map(settingJson),
});

/** A value as JSON can have it: what never happens is `never`. */
const valueJson = (value: number | undefined): number | "never" | null =>
  value === undefined ? null : value === Number.POSITIVE_INFINITY ? "never" : value;

const settingJson = ({ key, value, stated, source, entry }: Setting) => ({
  key,
  value: valueJson(value),
  unit: meaningOf(key).unit,
  stated,
  ...(source === undefined ? {} : { source }),
  ...(entry === undefined ? {} : { entry }),
});

const findingJson = ({ settings, branch, ...finding }: PathFinding) => ({
  ...finding,
  branch,
  settings: settings.map(({ hop, key, setting }) => ({
    hop,
    ...(setting === undefined ? { key, value: null } : settingJson(setting)),
  })),
});

function fixJson(checked: CheckedPath, { fix, patch }: PathFix): unknown {
  switch (fix.kind) {
    case "nothing-to-do":
      return { kind: fix.kind };
    case "impossible":
      return {
        kind: fix.kind,
        obstacles: fix.obstacles.map(({ demand, settings }) => ({ rule: demand.rule, hops: demand.hops, settings })),
      };
    case "changes":
      return {
        kind: fix.kind,
        smallest: fix.smallest,
        changes: fix.changes.map((change) => changeJson(checked, change)),
        ...(patch === undefined ? {} : { patch: patch.diff }),
      };
  }
}

const changeJson = (checked: CheckedPath, change: Change) => ({
  hop: change.hop,
  key: change.key as SettingKey,
  from: valueJson(change.from),
  to: valueJson(change.to),
  advice: advice(checked, change),
});
