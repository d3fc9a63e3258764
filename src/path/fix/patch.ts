import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import { yamlValue } from "../duration.ts";
import { meaningOf } from "../setting.ts";
import type { Change } from "./solve.ts";

/** A `path.yaml` with changes made in it, and what changed as a unified diff. */
export interface Patch {
  readonly text: string;
  readonly diff: string;
  /** Changes that could not be written into it, since its hop is not declared there. */
  readonly left: readonly Change[];
}

/** Writes changes into a `path.yaml`'s text, which otherwise stays as it is, comments and all. */
export function patchPathFile(file: string, text: string, changes: readonly Change[]): Patch {
  const left: Change[] = [];
  let now = text;
  // One change at a time, each on a fresh reading: places move.
  for (const change of changes) {
    const next = applied(now, change);
    if (next === undefined) left.push(change);
    else now = next;
  }
  return { text: now, diff: diffOf(file, text, now), left };
}

function applied(text: string, { hop, key, to }: Change): string | undefined {
  const node = hopNode(text, hop);
  if (node === undefined) return undefined;
  const { unit } = meaningOf(key);
  const short = key.replace(/Ms$/, "");
  const settings = node.get("settings", true) as unknown;
  if (isMap(settings)) {
    const pair = settings.items.find(
      (item) => isScalar(item.key) && (item.key.value === key || item.key.value === short),
    );
    if (pair !== undefined && isScalar(pair.value) && pair.value.range) {
      const inMs = isScalar(pair.key) && pair.key.value === key && unit === "ms";
      const [from, until] = pair.value.range;
      return text.slice(0, from) + (inMs && Number.isFinite(to) ? String(to) : yamlValue(to, unit)) + text.slice(until);
    }
    return withEntry(text, settings, `${short}: ${yamlValue(to, unit)}`);
  }
  return withEntry(text, node, `settings: { ${short}: ${yamlValue(to, unit)} }`);
}

/** The map of the hop or detector with that id. */
function hopNode(text: string, id: string): YAMLMap | undefined {
  const root = parseDocument(text, { prettyErrors: false }).contents;
  if (!isMap(root)) return undefined;
  for (const list of [root.get("hops", true), root.get("detectors", true)] as unknown[]) {
    if (!isSeq(list)) continue;
    for (const item of list.items as Node[]) if (isMap(item) && String(item.get("id")) === id) return item;
  }
  return undefined;
}

/** A map with one more entry, in the map's own style. */
function withEntry(text: string, map: YAMLMap, entry: string): string | undefined {
  const last = map.items.at(-1);
  const lastNode = (last?.value ?? last?.key) as Node | undefined;
  const first = map.items[0]?.key as Node | undefined;
  if (map.flow) {
    const end = map.range?.[1];
    if (end === undefined) return undefined;
    const before = text.slice(0, end - 1).trimEnd();
    return `${before}${map.items.length === 0 ? " " : ", "}${entry} }${text.slice(end)}`;
  }
  if (!lastNode?.range || !first?.range) return undefined;
  const indent = first.range[0] - (text.lastIndexOf("\n", first.range[0] - 1) + 1);
  const lineEnd = text.indexOf("\n", lastNode.range[1] - (text[lastNode.range[1] - 1] === "\n" ? 1 : 0));
  const at = lineEnd === -1 ? text.length : lineEnd;
  return `${text.slice(0, at)}\n${" ".repeat(indent)}${entry}${text.slice(at)}`;
}

/** Lines of context around a change. */
const CONTEXT = 3;

/** A unified diff of two texts of which one has lines changed or added: what `patch -p1` takes. */
function diffOf(file: string, before: string, after: string): string {
  if (before === after) return "";
  const a = linesOf(before);
  const b = linesOf(after);
  const steps = align(a, b);
  const name = file.replace(/^(?:\.?\/)+/, "");
  const lines: string[] = [`--- a/${name}`, `+++ b/${name}`];
  for (let i = 0; i < steps.length; ) {
    if (steps[i]?.mark === " ") {
      i++;
      continue;
    }
    const start = Math.max(0, i - CONTEXT);
    let end = i;
    for (let quiet = 0; end < steps.length && quiet <= 2 * CONTEXT; end++)
      quiet = steps[end]?.mark === " " ? quiet + 1 : 0;
    while (end > i && steps[end - 1]?.mark === " ") end--;
    end = Math.min(steps.length, end + CONTEXT);
    const hunk = steps.slice(start, end);
    const old = hunk.filter(({ mark }) => mark !== "+").length;
    const fresh = hunk.filter(({ mark }) => mark !== "-").length;
    lines.push(`@@ -${(steps[start]?.a ?? 0) + 1},${old} +${(steps[start]?.b ?? 0) + 1},${fresh} @@`);
    lines.push(...hunk.map(({ mark, line }) => mark + line));
    i = end;
  }
  return `${lines.join("\n")}\n`;
}

/** The lines of a text; behind a last newline there is none. */
const linesOf = (text: string): readonly string[] => text.replace(/\n$/, "").split("\n");

interface Step {
  readonly mark: " " | "-" | "+";
  readonly line: string;
  readonly a: number;
  readonly b: number;
}

/** Lines that stayed, went and came. Changes are few and in order, so that looking a little ahead finds where both meet again. */
function align(a: readonly string[], b: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      steps.push({ mark: " ", line: a[i] as string, a: i++, b: j++ });
      continue;
    }
    const added = b.indexOf(a[i] as string, j);
    if (i < a.length && (added === -1 || added - j > 20)) steps.push({ mark: "-", line: a[i] as string, a: i++, b: j });
    if (j < b.length && (i >= a.length || added !== j)) steps.push({ mark: "+", line: b[j] as string, a: i, b: j++ });
  }
  // Within a change, what went stands before what came.
  return steps;
}
