import { parse } from "yaml";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { type Tree, treeOfValue } from "./tree.ts";

/** A change of one field, as a command line says it: `network.servers.goaway.chance=0.01`. */
export interface Setting {
  /** As in a scenario's file, without the `Ms` of the data. */
  readonly path: string;
  readonly value: string | number | boolean | null;
}

/** Reads `path=value`. The value is a YAML scalar: `0.01`, `350s`, `true`. */
export function parseSetting(option: string, text: string): Setting {
  const at = text.indexOf("=");
  const path = text.slice(0, at);
  if (at < 1 || !/^[\w-]+(\.[\w-]+)*$/.test(path)) {
    throw new Fault(
      "bad-option",
      `${option} was given '${printable(text).slice(0, 100)}', which is no path with a value.`,
      `Write ${option} network.servers.goaway.chance=0.01, with the names of a scenario's file.`,
    );
  }
  return { path, value: scalarOf(option, text.slice(at + 1)) };
}

/** One value of an option. */
export function scalarOf(option: string, text: string): Setting["value"] {
  const plain = text.trim();
  let value: unknown;
  try {
    value = plain.length > 200 ? undefined : parse(plain);
  } catch {
    value = undefined;
  }
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  throw new Fault(
    "bad-option",
    `${option} was given the value '${printable(plain).slice(0, 100)}', which is no number, word, time or flag.`,
    "Lists are changed in a scenario's file of your own, which can extend a built-in one.",
  );
}

/** Settings as one change of a scenario (`ReadOptions.over`); the later of two wins. */
export function changeOf(settings: readonly Setting[]): Tree | undefined {
  if (settings.length === 0) return undefined;
  let whole: Nested = new Map();
  for (const { path, value } of settings) whole = put(whole, path.split("."), value);
  // Scalars in maps: nothing that could be told.
  return treeOfValue("the command line", plainOf(whole), () => {});
}

type Nested = Map<string, Nested | Setting["value"]>;

function put(into: Nested, [name = "", ...rest]: readonly string[], value: Setting["value"]): Nested {
  const inner = into.get(name);
  const next = rest.length === 0 ? value : put(inner instanceof Map ? inner : new Map(), rest, value);
  return new Map([...into, [name, next]]);
}

function plainOf(nested: Nested): unknown {
  return Object.fromEntries([...nested].map(([name, value]) => [name, value instanceof Map ? plainOf(value) : value]));
}
