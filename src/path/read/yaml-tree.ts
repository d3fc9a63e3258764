import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import type { TreeProblem } from "./json-tree.ts";
import { LIMITS } from "./limits.ts";
import type { Tree } from "./spot.ts";

/**
 * Every document of a YAML text, with lines. An alias becomes the very part that it points to, so that a bomb of aliases
 * stays as small as its text. The parser's own messages quote the file and are not passed on: a stable code and a line are.
 */
export function yamlTrees(text: string): {
  readonly trees: readonly Tree[];
  readonly problems: readonly TreeProblem[];
} {
  const deep = deepLine(text);
  if (deep !== undefined) return { trees: [], problems: [{ line: deep, says: "nested too deep" }] };
  // Each escape that is none costs the package a whole error object.
  if ((text.match(ODD_ESCAPE)?.length ?? 0) > 5000) {
    return { trees: [], problems: [{ line: 1, says: "more escapes that YAML does not know than are read over" }] };
  }
  const lines = new LineCounter();
  const problems: TreeProblem[] = [];
  const trees: Tree[] = [];
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "silent",
      schema: "failsafe",
      resolveKnownTags: false,
    });
    if (!Array.isArray(documents)) return { trees, problems };
    for (const document of documents) {
      // One mistake makes many: the first of each document tells where to look.
      const [error] = document.errors;
      if (error !== undefined && problems.length < LIMITS.remarks) {
        problems.push({ line: lineOf(lines, error.pos[0]), says: `not YAML from here on (${error.code})` });
      }
      const tree = new Builder(lines, problems).build(document.contents);
      if (tree !== undefined) trees.push(tree);
    }
  } catch {
    // The package throws on a stack that overflows; what was read before is kept.
    problems.push({ line: 1, says: "too deep or too odd to be read as YAML" });
  }
  return { trees, problems };
}

const ODD_ESCAPE = /\\(?:x(?![\da-fA-F]{2})|u(?![\da-fA-F]{4})|U(?![\da-fA-F]{8})|[cdg-mopqswyzA-KMOQ-TV-Z])/g;

const lineOf = (lines: LineCounter, offset: number): number => Math.max(1, lines.linePos(offset).line);

/** The first line on which brackets or dashes nest deeper than is read; a cheap look that may see brackets in text too. */
function deepLine(text: string): number | undefined {
  let open = 0;
  let line = 1;
  let indent = true;
  let column = 0;
  let dashes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x0a) {
      line++;
      indent = true;
      column = 0;
      dashes = 0;
      continue;
    }
    column++;
    if (code === 0x5b || code === 0x7b) open++;
    else if ((code === 0x5d || code === 0x7d) && open > 0) open--;
    if (indent && code !== 0x20) {
      if (code === 0x2d || code === 0x3f || code === 0x3a) dashes++;
      else indent = false;
      if (column > 2000 || dashes > LIMITS.depth) return line;
    }
    if (open > LIMITS.depth * 5) return line;
  }
  return undefined;
}

/** Makes trees of the parser's nodes. */
class Builder {
  readonly #lines: LineCounter;
  readonly #problems: TreeProblem[];
  readonly #anchors = new Map<string, Tree>();
  #nodes = 0;
  #full = false;

  constructor(lines: LineCounter, problems: TreeProblem[]) {
    this.#lines = lines;
    this.#problems = problems;
  }

  build(node: unknown, depth = 0): Tree | undefined {
    const known = node as Node | null | undefined;
    const line = known?.range ? lineOf(this.#lines, known.range[0]) : 1;
    if (!this.#room(depth, line)) return undefined;
    if (isAlias(known)) return this.#anchors.get(known.source);
    const tree = this.#make(known, line, depth);
    if (tree !== undefined && (isScalar(known) || isMap(known) || isSeq(known)) && known.anchor !== undefined) {
      this.#anchors.set(known.anchor, tree);
    }
    return tree;
  }

  #room(depth: number, line: number): boolean {
    if (this.#full) return false;
    if (depth <= LIMITS.depth && ++this.#nodes <= LIMITS.nodes) return true;
    this.#full = true;
    this.#problems.push({ line, says: depth > LIMITS.depth ? "nested too deep" : "more values than are read" });
    return false;
  }

  #make(node: unknown, line: number, depth: number): Tree | undefined {
    if (isScalar(node)) {
      const text = typeof node.value === "string" ? node.value : (node.source ?? "");
      const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
      const block = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
      const empty = !quoted && !block && (text === "" || text === "~" || text === "null");
      return { kind: "scalar", line, text, empty, block };
    }
    if (isSeq(node)) {
      const items = node.items.flatMap((item) => this.build(item, depth + 1) ?? []);
      return { kind: "list", line, items };
    }
    if (!isMap(node)) return undefined;
    const entries = new Map<string, { line: number; tree: Tree }>();
    const merged: Tree[] = [];
    for (const { key, value } of node.items) {
      const at = this.build(key, depth + 1);
      if (at?.kind !== "scalar") continue;
      const tree = this.build(value, depth + 1) ?? nothing(at.line);
      if (at.text === "<<") merged.push(tree);
      else entries.set(at.text, { line: at.line, tree });
    }
    for (const tree of merged) this.#merge(entries, tree);
    return { kind: "map", line, entries };
  }

  /** The merge key `<<`: entries of another map, or of several, that this one lacks. */
  #merge(entries: Map<string, { line: number; tree: Tree }>, from: Tree): void {
    for (const map of from.kind === "list" ? from.items : [from]) {
      if (map.kind !== "map") continue;
      for (const [key, entry] of map.entries) {
        if (!this.#room(0, entry.line)) return;
        if (!entries.has(key)) entries.set(key, entry);
      }
    }
  }
}

const nothing = (line: number): Tree => ({ kind: "scalar", line, text: "", empty: true, block: false });
