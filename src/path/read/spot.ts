/**
 * A value of a YAML or JSON file with the line it stands on. Trees may share parts (a YAML alias is the part it points to), so
 * whoever visits a whole tree must count its visits.
 */
export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree {
  readonly kind: "scalar";
  readonly line: number;
  /** As the file spells it, without quotes. */
  readonly text: string;
  /** Written as nothing or as null. */
  readonly empty: boolean;
  /** A YAML block: its first line is the one after `line`. */
  readonly block: boolean;
}

export interface ListTree {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly Tree[];
}

export interface MapTree {
  readonly kind: "map";
  readonly line: number;
  readonly entries: ReadonlyMap<string, { readonly line: number; readonly tree: Tree }>;
}

/** A place in a tree, with the keys that lead to it as a person would write them. */
export class Spot {
  readonly tree: Tree;
  /** Line of the key, or of the value where it has none. Counts from 1. */
  readonly line: number;
  /** Keys joined by dots. */
  readonly path: string;

  constructor(tree: Tree, line: number = tree.line, path = "") {
    this.tree = tree;
    this.line = line;
    this.path = path;
  }

  /** What stands under the keys, if it does; `snake_case` keys are found as `camelCase` too (Protobuf's JSON mapping). */
  get(...keys: readonly string[]): Spot | undefined {
    let spot: Spot | undefined = this;
    for (const key of keys) {
      if (spot === undefined) return undefined;
      spot = spot.#child(key);
    }
    return spot;
  }

  #child(key: string): Spot | undefined {
    if (this.tree.kind !== "map") return undefined;
    const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    for (const name of camel === key ? [key] : [key, camel]) {
      const entry = this.tree.entries.get(name);
      if (entry !== undefined) return new Spot(entry.tree, entry.line, join(this.path, name));
    }
    return undefined;
  }

  /** Members of a list; none of anything else. */
  items(): readonly Spot[] {
    if (this.tree.kind !== "list") return [];
    return this.tree.items.map((item, i) => new Spot(item, item.line, `${this.path}[${i}]`));
  }

  /** Entries of a map; none of anything else. */
  entries(): readonly (readonly [string, Spot])[] {
    if (this.tree.kind !== "map") return [];
    return [...this.tree.entries].map(([key, { line, tree }]) => [key, new Spot(tree, line, join(this.path, key))]);
  }

  /** A scalar as written; undefined for nothing, null, lists and maps. */
  get text(): string | undefined {
    return this.tree.kind === "scalar" && !this.tree.empty ? this.tree.text : undefined;
  }

  /** The same place under another name. */
  called(path: string): Spot {
    return new Spot(this.tree, this.line, path);
  }
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);
