import { parseDuration, printMs } from "../net/duration.ts";
import { meantWord } from "../net/nearest-word.ts";
import { printable } from "../net/printable.ts";
import type { Note } from "./problem.ts";
import { type Field, fieldsOfAll, MOST_NAME, NAME, type Shape } from "./shape.ts";
import type { Spot, Tree, TreeEntry, TreeMap } from "./tree.ts";

/**
 * Whole: what is not said is filled in, or is a mistake. Patch: what is not said stays as it is, and null takes it away. Data: as
 * whole, but what there need not be, such as a health check, is not there unless it is said.
 */
export type Mode = "whole" | "patch" | "data";

interface Reading {
  readonly mode: Mode;
  readonly tell: Note;
  /** The key of the value ended in `Ms`. */
  readonly inMs: boolean;
}

/** The value of a tree that has a shape, with defaults filled in where it is said as a whole; undefined where it is wrong. */
export function readShape(shape: Shape, tree: Tree, mode: Mode, tell: Note): unknown {
  return valueAs(shape, tree, { mode, tell, inMs: false });
}

function valueAs(shape: Shape, tree: Tree, reading: Reading): unknown {
  const { tell } = reading;
  const whole: Reading = { ...reading, mode: reading.mode === "data" ? "data" : "whole", inMs: false };
  switch (shape.kind) {
    case "duration":
      return durationOf(shape, tree, reading);
    case "number": {
      const value = tree.kind === "leaf" ? tree.value : undefined;
      if (typeof value !== "number" || !within(shape, value)) return wrong(shape, tree, tell, true);
      return value;
    }
    case "flag":
      return tree.kind === "leaf" && typeof tree.value === "boolean" ? tree.value : wrong(shape, tree, tell, true);
    case "word": {
      const value = tree.kind === "leaf" ? tree.value : undefined;
      return typeof value === "string" && shape.words.includes(value) ? value : wrong(shape, tree, tell, true);
    }
    case "text": {
      const value = tree.kind === "leaf" ? tree.value : undefined;
      if (typeof value !== "string" || [...value].length > shape.most) return wrong(shape, tree, tell, true);
      if (shape.pattern !== undefined && !new RegExp(shape.pattern, "u").test(value))
        return wrong(shape, tree, tell, true);
      // A block of YAML ends in a line end, and its lines are one text.
      return printable(value.replace(/\s+/g, " ").trim());
    }
    case "choice": {
      const value = tree.kind === "leaf" ? tree.value : undefined;
      return typeof value === "number" && shape.values.includes(value) ? value : wrong(shape, tree, tell, true);
    }
    case "ports":
      return portsOf(shape, tree, tell);
    case "list":
      if (tree.kind !== "list" || !between(tree.items.length, shape)) return wrong(shape, tree, tell, true);
      return tree.items.map((item) => valueAs(shape.of, item, whole));
    case "record":
      return recordOf(shape, tree, reading);
    case "object":
      if (tree.kind !== "map") return wrong(shape, tree, tell, true);
      return objectOf(shape.fields, tree, reading);
    case "union":
      return unionOf(shape, tree, reading);
    case "patch":
      return valueAs(shape.of, tree, { ...whole, mode: "patch" });
    case "whole":
      return valueAs(shape.of, tree, whole);
  }
}

function durationOf(shape: Shape & { kind: "duration" }, tree: Tree, { tell, inMs }: Reading): number | undefined {
  const value = tree.kind === "leaf" ? tree.value : undefined;
  if (inMs) {
    if (typeof value !== "number" || value < shape.least || value > shape.most) {
      return wrong({ ...shape, kind: "number", whole: false, because: "in milliseconds" }, tree, tell, true);
    }
    return value;
  }
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms === undefined || (ms === Number.POSITIVE_INFINITY && !shape.never)) return wrong(shape, tree, tell, true);
  if (ms === Number.POSITIVE_INFINITY) return 0;
  return ms < shape.least || ms > shape.most ? wrong(shape, tree, tell, false) : ms;
}

function portsOf(shape: Shape, tree: Tree, tell: Note): readonly [number, number] | undefined {
  const ports = tree.kind === "list" ? tree.items.map((item) => (item.kind === "leaf" ? item.value : undefined)) : [];
  const [first, last] = ports;
  const port = (found: unknown): found is number =>
    typeof found === "number" && Number.isInteger(found) && found >= 1 && found <= 65_535;
  if (ports.length !== 2 || !port(first) || !port(last)) return wrong(shape, tree, tell, true);
  if (first <= last) return [first, last];
  tell({
    at: tree.at,
    found: `the range from ${first} to ${last} holds no port`,
    fix: `did you mean [${last}, ${first}]?`,
    form: false,
  });
  return undefined;
}

function recordOf(shape: Shape & { kind: "record" }, tree: Tree, reading: Reading): unknown {
  if (tree.kind !== "map") return wrong(shape, tree, reading.tell, true);
  const least = reading.mode === "patch" ? 0 : shape.least;
  if (!between(tree.entries.size, { ...shape, least })) return wrong(shape, tree, reading.tell, true);
  const values: [string, unknown][] = [];
  for (const { written, at, value } of tree.entries.values()) {
    if (!new RegExp(NAME).test(written) || written.length > MOST_NAME) {
      const fix = `expected is a name of small letters, digits and hyphens, of at most ${MOST_NAME} characters`;
      reading.tell({ at, found: `the name '${shown(written)}'`, fix, form: true });
    } else if (!(reading.mode === "patch" && isNull(value))) {
      values.push([written, valueAs(shape.of, value, { ...reading, inMs: false })]);
    }
  }
  return Object.fromEntries(values);
}

function unionOf(shape: Shape & { kind: "union" }, tree: Tree, reading: Reading): unknown {
  if (tree.kind !== "map") return wrong(shape, tree, reading.tell, true);
  const { tell, mode } = reading;
  const words: Shape = { kind: "word", words: Object.keys(shape.cases) };
  const by: Field = { shape: words, about: "", required: true, none: false };
  if (mode === "patch") return objectOf({ [shape.by]: by, ...fieldsOfAll(shape) }, tree, reading);
  const entry = tree.entries.get(shape.by);
  if (entry === undefined || entry.inMs) return missing(shape.by, words, tree, tell);
  const which = valueAs(words, entry.value, reading);
  if (which === undefined) return undefined;
  const fields = shape.cases[String(which)]?.fields ?? {};
  return objectOf({ [shape.by]: by, ...fields }, tree, reading, ` of ${shape.by}: ${which}`);
}

function objectOf(fields: Readonly<Record<string, Field>>, tree: TreeMap, reading: Reading, of = ""): unknown {
  const { mode, tell } = reading;
  for (const [name, entry] of tree.entries) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined || (entry.inMs && field.shape.kind !== "duration")) tellUnknown(fields, entry, tell, of);
  }
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const entry = tree.entries.get(name);
    const value = entry === undefined ? filled(name, field, tree, values, reading) : fieldOf(field, entry, reading);
    if (value !== undefined) values[field.shape.kind === "duration" ? `${name}Ms` : name] = value;
  }
  return mode === "patch" ? undefined : values;
}

function fieldOf(field: Field, { value, inMs }: TreeEntry, reading: Reading): unknown {
  if (reading.mode === "patch" && isNull(value)) return undefined;
  if (field.none && value.kind === "leaf" && value.value === "none") return undefined;
  return valueAs(field.shape, value, { ...reading, inMs });
}

/** What a field is that nothing is said of. */
function filled(
  name: string,
  field: Field,
  tree: TreeMap,
  siblings: Record<string, unknown>,
  reading: Reading,
): unknown {
  if (reading.mode === "patch" || (reading.mode === "data" && field.none)) return undefined;
  const { otherwise } = field;
  const found = typeof otherwise === "function" ? otherwise(siblings) : otherwise;
  if (found === undefined) return field.required ? missing(name, field.shape, tree, reading.tell) : undefined;
  const composed = field.shape.kind === "object" || field.shape.kind === "union";
  if (!composed) return found.value;
  const at: Spot = { ...tree.at, path: joined(tree.at.path, name) };
  const empty: Tree = { kind: "map", at, entries: new Map() };
  return valueAs(field.shape, empty, { ...reading, inMs: false });
}

function tellUnknown(
  fields: Readonly<Record<string, Field>>,
  { written, at }: TreeEntry,
  tell: Note,
  of: string,
): void {
  const known = Object.keys(fields);
  const plain = written.replace(/Ms$/, "");
  const meant = meantWord(plain, known);
  const fix = meant === undefined ? `known here are ${known.join(", ")}` : `did you mean ${meant}?`;
  tell({ at, found: `there is no '${shown(written)}'${of}`, fix, form: true });
}

function missing(name: string, shape: Shape, tree: TreeMap, tell: Note): undefined {
  const at: Spot = { ...tree.at, path: joined(tree.at.path, name) };
  tell({ at, found: "it is missing", fix: `add ${name}: ${describe(shape)}`, form: true });
  return undefined;
}

function wrong(shape: Shape, tree: Tree, tell: Note, form: boolean): undefined {
  const text = tree.kind === "leaf" && typeof tree.value === "string" ? tree.value : undefined;
  const meant = text !== undefined && shape.kind === "word" ? meantWord(text, shape.words) : undefined;
  const fix = meant === undefined ? `expected is ${describe(shape)}` : `did you mean ${meant}?`;
  tell({ at: tree.at, found: `found ${describeTree(tree)}`, fix, form });
  return undefined;
}

/** A shape in words, for whoever has to write a value of it. */
function describe(shape: Shape): string {
  switch (shape.kind) {
    case "duration":
      return `a time with its unit, from ${printMs(shape.least)} to ${printMs(shape.most)}, such as 350s${shape.never ? ", or never" : ""}`;
    case "number": {
      const because = shape.because === undefined ? "" : ` (${shape.because})`;
      return `a${shape.whole ? " whole" : ""} number from ${shape.least} to ${shape.most}${because}`;
    }
    case "flag":
      return "true or false";
    case "word":
      return shape.words.length === 1 ? String(shape.words[0]) : `one of ${shape.words.join(", ")}`;
    case "text":
      return `text of at most ${shape.most} characters${shape.says === undefined ? "" : `: ${shape.says}`}`;
    case "choice":
      return shape.values.join(" or ");
    case "ports":
      return "two port numbers from 1 to 65535, such as [32768, 60999]";
    case "list":
      return `a list of ${shape.least} to ${shape.most} items`;
    case "record":
      return `${shape.least} to ${shape.most} names, each with its value`;
    case "object":
      return `a map of ${Object.keys(shape.fields).join(", ")}`;
    case "union":
      return `a map with ${shape.by}, one of ${Object.keys(shape.cases).join(", ")}`;
    case "patch":
    case "whole":
      return describe(shape.of);
  }
}

function describeTree(tree: Tree): string {
  if (tree.kind === "map") return "a map";
  if (tree.kind === "list") return `a list of ${tree.items.length}`;
  if (tree.value === null) return "nothing";
  return typeof tree.value === "string" ? `'${shown(tree.value)}'` : String(tree.value);
}

const within = (shape: { least: number; most: number; whole: boolean }, value: number): boolean =>
  value >= shape.least && value <= shape.most && (!shape.whole || Number.isInteger(value));
const between = (count: number, { least, most }: { least: number; most: number }): boolean =>
  count >= least && count <= most;
const isNull = (tree: Tree): boolean => tree.kind === "leaf" && tree.value === null;
const joined = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
const shown = (text: string): string => printable(text).slice(0, 60);
