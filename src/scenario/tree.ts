import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { printable } from "../net/printable.ts";
import type { Note } from "./problem.ts";

/** Where something is written: the file, its line (absent for objects of a program), and the path in it: `network.servers.count`. */
export interface Spot {
  readonly file: string;
  readonly line?: number;
  readonly path: string;
}

/** A value of a file with the place where it is written. Times have lost the `Ms` of their names; `inMs` says that they had it. */
export type Tree = TreeMap | TreeList | TreeLeaf;

export interface TreeMap {
  readonly kind: "map";
  readonly at: Spot;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export interface TreeEntry {
  /** The key as it is written. */
  readonly written: string;
  readonly inMs: boolean;
  readonly at: Spot;
  readonly value: Tree;
}

export interface TreeList {
  readonly kind: "list";
  readonly at: Spot;
  readonly items: readonly Tree[];
}

export interface TreeLeaf {
  readonly kind: "leaf";
  readonly at: Spot;
  readonly value: string | number | boolean | null;
}

/** Longest text that is read. */
const MOST_CHARACTERS = 1_048_576;
/** Most values, counted with what aliases repeat. */
const MOST_VALUES = 50_000;
/** Deepest nesting. A scenario needs nine levels. */
const MOST_DEPTH = 32;

/** Reads YAML, and with it JSON. What cannot be read is told with `tell`; then there is no tree. */
export function treeOfText(file: string, text: string, tell: Note): Tree | undefined {
  const whole: Spot = { file, line: 1, path: "" };
  if (text.length > MOST_CHARACTERS) {
    return no(tell, whole, `the text has ${text.length} characters`, "a scenario of at most 1,048,576 characters");
  }
  const lines = new LineCounter();
  const document = parsed(text, lines);
  // The parser tells of its own stack's end either by throwing or among the document's errors.
  if (document === undefined || document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) {
    return no(tell, whole, "it is nested too deep to be read", "a flatter file");
  }
  for (const error of document.errors) {
    const at = { file, line: lines.linePos(error.pos[0]).line, path: "" };
    tell({ at, found: lower(printable(error.message).slice(0, 200)), fix: "correct the YAML", form: true });
  }
  if (document.errors.length > 0) return undefined;
  return new YamlWalker(file, lines, tell).walk(document.contents as Node | null);
}

function parsed(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
  try {
    // Keys said twice are found below, with their path in the file.
    return parseDocument(text, { lineCounter, prettyErrors: false, merge: false, uniqueKeys: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class YamlWalker {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #tell: Note;
  /** The node that an anchor names, as far as the walk has come: YAML 1.2.2 §7.1, the latest one counts. */
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(file: string, lines: LineCounter, tell: Note) {
    this.#file = file;
    this.#lines = lines;
    this.#tell = tell;
  }

  walk(node: Node | null, path = "", depth = 0): Tree | undefined {
    const at = this.#spot(node, path);
    this.#values += 1;
    if (this.#values > MOST_VALUES) {
      const first = this.#values === MOST_VALUES + 1;
      return first ? no(this.#tell, at, `more than ${MOST_VALUES} values`, "a smaller scenario") : undefined;
    }
    if (depth > MOST_DEPTH) return no(this.#tell, at, `nesting deeper than ${MOST_DEPTH} levels`, "a flatter file");
    if (node === null) return { kind: "leaf", at, value: null };
    if (isAlias(node)) return this.#alias(node.source, at, depth);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    if (isScalar(node)) return this.#leaf(node.value, at);
    this.#open.add(node);
    const tree = isMap(node)
      ? this.#map(node.items, at, depth)
      : isSeq(node)
        ? this.#list(node.items, at, depth)
        : undefined;
    this.#open.delete(node);
    return tree;
  }

  #alias(source: string, at: Spot, depth: number): Tree | undefined {
    const node = this.#anchors.get(source);
    const name = `*${printable(source).slice(0, 60)}`;
    if (node === undefined) return no(this.#tell, at, `the alias ${name}`, "an anchor of that name above it");
    if (this.#open.has(node)) {
      return no(this.#tell, at, `the alias ${name} inside of what it stands for`, "no value that contains itself");
    }
    return this.walk(node, at.path, depth + 1);
  }

  #leaf(value: unknown, at: Spot): Tree | undefined {
    if (value === null || typeof value === "string" || typeof value === "boolean") return { kind: "leaf", at, value };
    if (typeof value === "number") return { kind: "leaf", at, value };
    return no(this.#tell, at, "a value with a tag of its own", "text, a number, true or false");
  }

  #map(items: readonly { key: unknown; value: unknown }[], at: Spot, depth: number): Tree {
    const entries = new Map<string, TreeEntry>();
    for (const { key, value } of items) {
      const node = isAlias(key) ? this.#anchors.get(key.source) : key;
      const written = isScalar(node) ? String(node.value) : undefined;
      const shown = printable(written ?? "?").slice(0, 60);
      const path = at.path === "" ? shown : `${at.path}.${shown}`;
      const keyAt = this.#spot(key as Node, path);
      if (written === undefined) no(this.#tell, keyAt, "a key that is no word", "a word before the colon");
      const tree = this.walk(value as Node | null, path, depth + 1);
      if (written !== undefined && tree !== undefined) enter(entries, { written, at: keyAt, value: tree }, this.#tell);
    }
    return { kind: "map", at, entries };
  }

  #list(items: readonly unknown[], at: Spot, depth: number): Tree {
    const trees = items.map((item, i) => this.walk(item as Node | null, `${at.path}[${i}]`, depth + 1));
    return { kind: "list", at, items: trees.filter((tree) => tree !== undefined) };
  }

  #spot(node: Node | null | undefined, path: string): Spot {
    const line = Math.max(1, this.#lines.linePos(node?.range?.[0] ?? 0).line);
    return { file: this.#file, line, path };
  }
}

/** The tree of an object that a program made. `within` is its own path. */
export function treeOfValue(file: string, value: unknown, tell: Note, within = ""): Tree | undefined {
  const open = new Set<object>();
  let values = 0;
  const walk = (found: unknown, path: string): Tree | undefined => {
    const at: Spot = { file, path };
    values += 1;
    if (values > MOST_VALUES) {
      return values === MOST_VALUES + 1
        ? no(tell, at, `more than ${MOST_VALUES} values`, "a smaller scenario")
        : undefined;
    }
    if (found === null || typeof found === "string" || typeof found === "number" || typeof found === "boolean") {
      return { kind: "leaf", at, value: found };
    }
    if (typeof found !== "object") return no(tell, at, `a ${typeof found}`, "text, a number, true or false");
    if (open.has(found)) return no(tell, at, "a value that contains itself", "no cycle");
    if (open.size >= MOST_DEPTH) return no(tell, at, `nesting deeper than ${MOST_DEPTH} levels`, "a flatter object");
    open.add(found);
    const tree = Array.isArray(found) ? listOf(found, at) : mapOf(found, at);
    open.delete(found);
    return tree;
  };
  const listOf = (items: readonly unknown[], at: Spot): Tree => {
    const trees = items.slice(0, MOST_VALUES + 1).map((item, i) => walk(item, `${at.path}[${i}]`));
    return { kind: "list", at, items: trees.filter((tree) => tree !== undefined) };
  };
  const mapOf = (found: object, at: Spot): Tree => {
    const entries = new Map<string, TreeEntry>();
    for (const [written, each] of Object.entries(found)) {
      if (each === undefined) continue;
      const shown = printable(written).slice(0, 60);
      const path = at.path === "" ? shown : `${at.path}.${shown}`;
      const tree = walk(each, path);
      if (tree !== undefined) enter(entries, { written, at: { file, path }, value: tree }, tell);
    }
    return { kind: "map", at, entries };
  };
  return walk(value, within);
}

/** Adds an entry under its name without `Ms`; one that is there already is a mistake. */
function enter(entries: Map<string, TreeEntry>, entry: Omit<TreeEntry, "inMs">, tell: Note): void {
  const inMs = /[a-z]Ms$/.test(entry.written);
  const name = inMs ? entry.written.slice(0, -2) : entry.written;
  const earlier = entries.get(name);
  if (earlier === undefined) {
    entries.set(name, { ...entry, inMs });
    return;
  }
  const where = earlier.at.line === undefined ? `as ${printable(earlier.written)}` : `in line ${earlier.at.line}`;
  tell({
    at: entry.at,
    found: `said twice: it is there already ${where}`,
    fix: "say it once",
    form: true,
  });
}

function no(tell: Note, at: Spot, found: string, wanted: string): undefined {
  tell({ at, found, fix: `expected is ${wanted}`, form: true });
  return undefined;
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
