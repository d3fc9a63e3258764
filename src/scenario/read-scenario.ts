import { meantWord } from "../net/nearest-word.ts";
import { printable } from "../net/printable.ts";
import { checkSense } from "./check-sense.ts";
import { EXTENDING, EXTENSION, FILE, WHOLE } from "./form.ts";
import { mergePatch } from "./merge-patch.ts";
import { type Note, Problems } from "./problem.ts";
import { type Mode, readShape } from "./read-shape.ts";
import type { Happening, Scenario, Variant } from "./scenario.ts";
import type { ObjectShape } from "./shape.ts";
import { type Tree, type TreeEntry, type TreeMap, treeOfText } from "./tree.ts";

export interface ReadOptions {
  /** The text of a built-in scenario, for `extends:`; undefined where there is none of that name. */
  readonly builtIn?: (name: string) => string | undefined;
  /** Names of the built-in scenarios, to say which one was meant. */
  readonly builtInNames?: readonly string[];
}

/**
 * The scenario that a YAML or JSON text describes (docs/scenarios.md), with every default filled in and every variant applied.
 * Throws a `ScenarioFault` with everything that is wrong; `file` is the name that it says.
 */
export function readScenario(file: string, text: string, options: ReadOptions = {}): Scenario {
  const problems = new Problems();
  const tree = treeOfText(file, text, problems.tell);
  return scenarioOf(file, tree, problems, options);
}

/** The same from a tree. Throws with the problems that were told before too. */
export function scenarioOf(file: string, tree: Tree | undefined, problems: Problems, options: ReadOptions): Scenario {
  const scenario = tree === undefined ? undefined : scenarioFrom(tree, problems.tell, options);
  problems.check(file);
  if (scenario === undefined) throw new Error("a scenario was not read, and no problem was found");
  return scenario;
}

/** The same without throwing; undefined where a problem was told. */
export function scenarioFrom(tree: Tree, tell: Note, options: ReadOptions, mode: Mode = "whole"): Scenario | undefined {
  const whole = wholeFile(tree, tell, options);
  return whole === undefined ? undefined : build(whole, tell, mode);
}

/** Longest chain of files and of variants that extend each other. */
const MOST_EXTENDED = 16;

/** The file with what it extends; each of them has been looked through for mistakes of form. */
function wholeFile(tree: Tree, tell: Note, options: ReadOptions, seen: readonly string[] = []): TreeMap | undefined {
  if (tree.kind !== "map") {
    readShape(FILE, tree, "whole", tell);
    return undefined;
  }
  const extended = tree.entries.get("extends");
  if (extended === undefined) {
    readShape(FILE, tree, "whole", tell);
    return tree;
  }
  readShape(EXTENDING, only(tree, EXTENDING), "whole", tell);
  readShape(EXTENSION, without(tree, ...Object.keys(EXTENDING.fields)), "patch", tell);
  const name = textOf(extended);
  if (name === undefined) return undefined;
  const refuse = (found: string, fix: string): undefined =>
    tell({ at: extended.value.at, found, fix, form: false }) as undefined;
  if (seen.includes(name) || seen.length >= MOST_EXTENDED) {
    return refuse(`it extends itself: ${[...seen, name].map(printable).join(", ")}`, "leave out one extends");
  }
  const text = options.builtIn?.(name);
  if (text === undefined) {
    const known = options.builtInNames ?? [];
    const meant = meantWord(name, known);
    const fix =
      meant !== undefined
        ? `did you mean ${meant}?`
        : known.length > 0
          ? `there are ${known.join(", ")}`
          : "say the whole scenario";
    return refuse(`there is no built-in scenario '${printable(name).slice(0, 60)}'`, fix);
  }
  const under = treeOfText(`scenarios/${name}.yaml`, text, tell);
  const base = under === undefined ? undefined : wholeFile(under, tell, options, [...seen, name]);
  return base === undefined ? undefined : extend(base, tree);
}

/** A file put over what it extends. Variants are whole: one of the same name takes the other's place. */
function extend(base: TreeMap, file: TreeMap): TreeMap {
  const variants = new Map<string, TreeEntry>(entriesOf(base, "variants"));
  for (const [name, entry] of entriesOf(file, "variants")) {
    if (entry.value.kind === "leaf" && entry.value.value === null) variants.delete(name);
    else variants.set(name, entry);
  }
  const rest = mergePatch(without(base, "variants"), without(file, "variants", "extends")) as TreeMap;
  const at = file.at;
  const value: TreeMap = { kind: "map", at, entries: variants };
  return {
    ...rest,
    entries: new Map([...rest.entries, ["variants", { written: "variants", inMs: false, at, value }]]),
  };
}

type Plain = Omit<Scenario, "variants">;

function build(file: TreeMap, tell: Note, mode: Mode): Scenario | undefined {
  const substance = without(file, "scenario", "extends", "variants");
  const base = plainOf(substance, tell, mode);
  const changes = entriesOf(file, "variants");
  const variants: [string, Variant][] = [];
  for (const [name, entry] of changes) {
    const variant = variantOf(name, entry, { changes, substance, base, tell });
    if (variant !== undefined) variants.push([name, variant]);
  }
  return base === undefined ? undefined : { ...base, variants: Object.fromEntries(variants) };
}

function plainOf(tree: TreeMap, tell: Note, mode: Mode): Plain | undefined {
  let well = true;
  // What the form of the file shows has been told by now; what is new follows from putting its parts together.
  const noting: Note = (problem) => {
    well = false;
    tell({ ...problem, form: false });
  };
  const value = readShape(WHOLE, tree, mode, noting) as Plain | undefined;
  if (!well || value === undefined) return undefined;
  checkSense(value, tree, noting);
  return { ...value, story: [...value.story].sort((a: Happening, b: Happening) => a.atMs - b.atMs) };
}

interface Building {
  readonly changes: ReadonlyMap<string, TreeEntry>;
  readonly substance: TreeMap;
  readonly base: Plain | undefined;
  readonly tell: Note;
}

function variantOf(name: string, entry: TreeEntry, building: Building): Variant | undefined {
  const { substance, base, tell } = building;
  const tree = entry.value;
  if (tree.kind !== "map") return undefined;
  const kind = textOf(tree.entries.get("kind")) as Variant["kind"];
  const said = tree.entries.get("expect");
  const none: TreeEntry = {
    written: "expect",
    inMs: false,
    at: tree.at,
    value: { kind: "map", at: tree.at, entries: new Map() },
  };
  const expect = said ?? (kind === "mitigation" ? none : undefined);
  const changes = changesOf(name, building);
  if (changes === undefined) return undefined;
  const changed = changes.reduce<TreeMap>((sum, change) => mergePatch(sum, change) as TreeMap, substance);
  const entries = new Map(changed.entries);
  if (expect !== undefined) entries.set("expect", expect);
  const scenario = plainOf({ ...changed, entries }, tell, "whole");
  if (scenario === undefined || base === undefined) return undefined;
  return { title: printable(textOf(tree.entries.get("title")) ?? ""), kind, scenario };
}

/** What a variant changes, with what the variants that it extends change before; undefined where they extend each other in a circle. */
function changesOf(name: string, { changes, tell }: Building): readonly Tree[] | undefined {
  const chain: Tree[] = [];
  const seen: string[] = [];
  for (let next: string | undefined = name; next !== undefined; ) {
    const tree: Tree | undefined = changes.get(next)?.value;
    if (tree?.kind !== "map") return undefined;
    seen.push(next);
    const change = tree.entries.get("change")?.value;
    if (change !== undefined) chain.unshift(change);
    const extended: TreeEntry | undefined = tree.entries.get("extends");
    const to = textOf(extended);
    if (extended !== undefined && to !== undefined && (seen.includes(to) || !changes.has(to))) {
      const known = [...changes.keys()].filter((each) => each !== name);
      const circle = seen.includes(to);
      const found = circle
        ? `variants extend each other in a circle: ${[...seen, to].join(", ")}`
        : `there is no variant '${printable(to)}'`;
      const meant = meantWord(to, known);
      const fix = circle
        ? "leave out one extends"
        : meant === undefined
          ? `there are ${known.join(", ")}`
          : `did you mean ${meant}?`;
      tell({ at: extended.value.at, found, fix, form: false });
      return undefined;
    }
    next = to;
  }
  return chain;
}

const textOf = (entry: TreeEntry | undefined): string | undefined =>
  entry?.value.kind === "leaf" && typeof entry.value.value === "string" ? entry.value.value : undefined;

function entriesOf(tree: TreeMap, name: string): ReadonlyMap<string, TreeEntry> {
  const value = tree.entries.get(name)?.value;
  return value?.kind === "map" ? value.entries : new Map();
}

function without(tree: TreeMap, ...names: readonly string[]): TreeMap {
  return { ...tree, entries: new Map([...tree.entries].filter(([name]) => !names.includes(name))) };
}

function only(tree: TreeMap, { fields }: ObjectShape): TreeMap {
  return { ...tree, entries: new Map([...tree.entries].filter(([name]) => Object.hasOwn(fields, name))) };
}
