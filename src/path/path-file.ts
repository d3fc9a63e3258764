/**
 * `path.yaml`: the hops of a path from client to server, written by hand or by `halfopen path init`. The format is described
 * in docs/path-yaml.md and schema/path-1.schema.json. What is wrong in a file is a problem with its line; the rest is read on.
 * The file is long since it is one format: every field and every mistake that can be made in it, in the order of the description.
 */

import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { productNamed } from "../catalogue/look-up.ts";
import { nearestProduct } from "../catalogue/nearest-product.ts";
import { isVersion } from "../catalogue/version-range.ts";
import { parseDuration } from "../net/duration.ts";
import { printable } from "../net/printable.ts";
import type { Branch, HopRole, Layer, Load, Protocol, Traffic } from "./hop.ts";
import type { ReadProblem } from "./reader.ts";
import { RULES } from "./rule/index.ts";
import { isSettingKey, meaningOf, NEVER, type Setting, type SettingKey, type Source } from "./setting.ts";

/** A hop as the file has it, before defaults and real files are added. */
export interface DeclaredHop {
  readonly id: string;
  readonly product?: string;
  readonly version?: string;
  readonly role?: HopRole;
  readonly layer?: Layer;
  readonly protocol?: Protocol;
  /** Real files that say more of it, relative to this one. */
  readonly files: readonly { readonly path: string; readonly line: number }[];
  /** Which part of those files, if not all. */
  readonly section?: string;
  readonly settings: readonly Setting[];
  readonly source: Source;
  readonly hearsThrough?: string;
}

export interface Suppression {
  readonly rule: string;
  /** Only findings about all of these hops; empty: all findings of the rule. */
  readonly hops: readonly string[];
  readonly reason: string;
  readonly line: number;
}

/** What a `path.yaml` says. */
export interface PathFile {
  readonly name: string;
  readonly hops: readonly DeclaredHop[];
  readonly branches: readonly Branch[];
  readonly detectors: readonly DeclaredHop[];
  readonly roundTripMs?: number;
  readonly clientsAreTargets: boolean;
  readonly load: Load;
  readonly suppressions: readonly Suppression[];
  readonly problems: readonly ReadProblem[];
}

/** Whether a text is a `path.yaml`: it has hops, with the version of this format beside them, whichever, or hops as only this format has them. */
export function isPathFile(text: string): boolean {
  const start = text.slice(0, 65_536).replace(/^\u{feff}/u, "");
  if (!/^hops[ \t]*:/m.test(text) || /^(?:apiVersion|kind)[ \t]*:/m.test(start)) return false;
  return /^path[ \t]*:[ \t]*\d/m.test(start) || /^[ \t]*-[ \t]*(?:\{[ \t]*)?(?:id|product|role)[ \t]*:/m.test(start);
}

/** Longest text that is read. */
const MOST_CHARACTERS = 1_048_576;

export function readPathFile(file: string, text: string): PathFile {
  const reader = new PathFileReader(file, text);
  return reader.read();
}

/** Hops, detectors or branches of a path: rules compare many pairs of them, and nobody draws more. */
const MOST_ITEMS = 200;

const ROLES: readonly HopRole[] = ["client", "box", "proxy", "server", "host", "detector"];
const PROTOCOLS: readonly Protocol[] = ["tcp", "http1", "http2"];
const TRAFFIC: readonly Traffic[] = ["http", "streams", "watches"];
const LOADS = {
  connectionsPerClient: "connectionsPerClient",
  clients: "clients",
  requestsPerSecondPerConnection: "requestsPerSecondPerConnection",
  targets: "targets",
  balancerNodes: "balancerNodes",
  linger: "lingerMs",
  newConnectionsPerSecond: "newConnectionsPerSecond",
} as const satisfies Record<string, keyof Load>;

/** The document of a text; undefined where it is nested so deep that the parser's stack ends. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, merge: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The setting that a name and its value mean: times may leave out `Ms`, and `tcpKeepalive: 60s` is a time where `true` is a flag. */
function settingKeyOf(name: string, value: string): SettingKey | undefined {
  const inMs = `${name}Ms`;
  if (isSettingKey(inMs) && (!isSettingKey(name) || parseDuration(value) !== undefined)) return inMs;
  return isSettingKey(name) ? name : undefined;
}

class PathFileReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #problems: ReadProblem[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(): PathFile {
    const empty = { name: this.#file, hops: [], branches: [], detectors: [], clientsAreTargets: false, load: {} };
    if (this.#text.length > MOST_CHARACTERS) {
      this.#problem(1, "too-large", "a path.yaml is at most 1 MiB long; this one was not read");
      return { ...empty, suppressions: [], problems: this.#problems };
    }
    const document = parsed(this.#text, this.#lines);
    if (document === undefined) {
      this.#problem(1, "malformed", "nested too deep to be read");
      return { ...empty, suppressions: [], problems: this.#problems };
    }
    for (const error of document.errors) {
      this.#problem(this.#lines.linePos(error.pos[0]).line, "malformed", printable(error.message));
    }
    const root = document.contents;
    if (!isMap(root) || document.errors.length > 0) {
      if (document.errors.length === 0) this.#problem(1, "malformed", "a path.yaml is a map with path, hops and more");
      return { ...empty, suppressions: [], problems: this.#problems };
    }
    return this.#readRoot(root);
  }

  #readRoot(root: YAMLMap): PathFile {
    const fields = this.#fields(root, [
      "path",
      "name",
      "carries",
      "roundTrip",
      "clientsAreTargets",
      "load",
      "hops",
      "branches",
      "detectors",
      "suppress",
    ]);
    this.#version(root, fields.get("path"));
    const seen = new Set<string>();
    const hops = this.#hops(fields.get("hops"), false, seen);
    const carries = this.#traffic(fields.get("carries")) ?? ["http"];
    if (hops.length === 0) this.#problem(1, "malformed", "no hops: list them from client to server");
    const roundTripMs = this.#duration(fields.get("roundTrip"));
    const ids = new Set(hops.map(({ id }) => id));
    const detectors = this.#hops(fields.get("detectors"), true, seen);
    for (const { hearsThrough, source } of detectors) {
      if (hearsThrough !== undefined && !ids.has(hearsThrough))
        this.#problem(source.line, "malformed", `hearsThrough: there is no hop '${hearsThrough}'`);
    }
    return {
      name: this.#string(fields.get("name")) ?? this.#file,
      hops,
      branches: this.#branches(fields.get("branches"), carries, ids) ?? [{ hops: [...ids], carries }],
      detectors,
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      clientsAreTargets: this.#flag(fields.get("clientsAreTargets")) === 1,
      load: this.#load(fields.get("load")),
      suppressions: this.#suppressions(fields.get("suppress")),
      problems: this.#problems,
    };
  }

  /** What follows is read as version 1 all the same, so that everything wrong is said at once. */
  #version(root: YAMLMap, pair: Pair | undefined): void {
    const value = isScalar(pair?.value) ? pair.value.value : undefined;
    if (value === 1) return;
    if (pair === undefined) this.#wrong(root, "'path: 1', the version of this format, is missing");
    else this.#bad(pair, "the version of this format is expected here, which is 1");
  }

  #hops(pair: Pair | undefined, detectors: boolean, seen: Set<string>): DeclaredHop[] {
    return this.#items(pair).flatMap((node) => {
      if (!isMap(node)) return this.#wrong(node, "a hop is a map with id, product, settings");
      const fields = this.#fields(node, [
        "id",
        "product",
        "version",
        "role",
        "layer",
        "protocol",
        "files",
        "section",
        "settings",
        ...(detectors ? ["hearsThrough"] : []),
      ]);
      const id = this.#string(fields.get("id"));
      if (id === undefined || id === "") return this.#wrong(node, "a hop needs an id");
      if (seen.has(id)) return this.#wrong(node, `there is another hop '${id}'`);
      seen.add(id);
      const product = this.#product(fields.get("product"));
      const version = this.#productVersion(fields.get("version"));
      const role = this.#word(fields.get("role"), ROLES);
      const layer = this.#word(fields.get("layer"), [4, 7] as const);
      const protocol = this.#word(fields.get("protocol"), PROTOCOLS);
      const section = this.#string(fields.get("section"));
      const hearsThrough = this.#string(fields.get("hearsThrough"));
      return [
        {
          id,
          ...(product === undefined ? {} : { product }),
          ...(version === undefined ? {} : { version }),
          ...(role === undefined ? {} : { role }),
          ...(layer === undefined ? {} : { layer }),
          ...(protocol === undefined ? {} : { protocol }),
          ...(section === undefined ? {} : { section }),
          ...(hearsThrough === undefined ? {} : { hearsThrough }),
          files: this.#strings(fields.get("files")),
          settings: this.#settings(fields.get("settings")),
          source: { file: this.#file, ...this.#place(node), key: "id", text: id },
        },
      ];
    });
  }

  #product(pair: Pair | undefined): string | undefined {
    const name = this.#string(pair);
    if (pair === undefined || name === undefined || productNamed(name) !== undefined) return name;
    const { line } = this.#place((pair.value ?? pair.key) as Node);
    const says = `the catalogue has no product '${name.slice(0, 60)}': the nearest name is '${nearestProduct(name)}'`;
    this.#problem(line, "unknown-product", says);
    return name;
  }

  /** One version: of a range or a word nobody knows which defaults hold. */
  #productVersion(pair: Pair | undefined): string | undefined {
    const version = this.#string(pair);
    if (pair === undefined || version === undefined || isVersion(version)) return version;
    this.#bad(pair, "a version is expected here, for instance 20.18; without one the newest is assumed");
    return undefined;
  }

  #settings(pair: Pair | undefined): Setting[] {
    if (pair === undefined || !isMap(pair.value)) return [];
    return pair.value.items.flatMap((item) => {
      const name = printable(String(isScalar(item.key) ? item.key.value : ""));
      const key = settingKeyOf(name, isScalar(item.value) ? String(item.value.source ?? "") : "");
      if (key === undefined) return this.#wrong(item.key as Node, `there is no setting '${name}'`);
      const value = this.#value(item, key, key === name);
      if (value === undefined) return [];
      const text = printable(String(isScalar(item.value) ? (item.value.source ?? item.value.value) : ""));
      const place = this.#place((item.value ?? item.key) as Node);
      return [{ key, value, stated: "configured" as const, source: { file: this.#file, ...place, key: name, text } }];
    });
  }

  #value(item: Pair, key: SettingKey, inMs: boolean): number | undefined {
    const { unit } = meaningOf(key);
    if (unit === "flag") return this.#flag(item);
    if (unit === "ratio") return this.#ratio(item);
    if (unit !== "ms" || inMs) return this.#number(item);
    return this.#duration(item);
  }

  #branches(pair: Pair | undefined, carries: readonly Traffic[], ids: ReadonlySet<string>): Branch[] | undefined {
    if (pair === undefined) return undefined;
    return this.#items(pair).flatMap((node) => {
      const fields = isMap(node) ? this.#fields(node, ["name", "hops", "carries"]) : undefined;
      const list = fields?.get("hops");
      const seq = fields === undefined ? node : (list?.value as Node | undefined);
      if (!isSeq(seq)) return this.#wrong(node, "a branch is a list of hop ids, or a map with hops");
      const hops = seq.items.map((item) => String(isScalar(item) ? item.value : ""));
      const strange = hops.find((id) => !ids.has(id));
      if (strange !== undefined) return this.#wrong(node, `there is no hop '${printable(strange)}'`);
      const name = this.#string(fields?.get("name"));
      return [
        { hops, carries: this.#traffic(fields?.get("carries")) ?? carries, ...(name === undefined ? {} : { name }) },
      ];
    });
  }

  #load(pair: Pair | undefined): Load {
    if (pair === undefined || !isMap(pair.value)) return {};
    const load: { -readonly [Key in keyof Load]: number } = {};
    for (const [name, field] of this.#fields(pair.value, Object.keys(LOADS))) {
      const value = name === "linger" ? this.#duration(field) : this.#number(field);
      if (value !== undefined && value !== NEVER) load[LOADS[name as keyof typeof LOADS]] = value;
    }
    return load;
  }

  #suppressions(pair: Pair | undefined): Suppression[] {
    return this.#items(pair).flatMap((node) => {
      if (!isMap(node)) return this.#wrong(node, "a suppression is a map with rule and reason");
      const fields = this.#fields(node, ["rule", "hops", "reason"]);
      const rule = this.#string(fields.get("rule"));
      const reason = this.#string(fields.get("reason"))?.trim();
      if (rule === undefined || reason === undefined || reason === "") {
        return this.#wrong(node, "a suppression needs a rule and a reason");
      }
      if (!RULES.some(({ id }) => id === rule)) {
        return this.#wrong(node, `there is no rule '${rule}': halfopen check --explain list names them`);
      }
      return [{ rule, reason, hops: this.#strings(fields.get("hops")).map(({ path }) => path), ...this.#place(node) }];
    });
  }

  /** The fields of a map by name; others are problems. */
  #fields(map: YAMLMap, known: readonly string[]): Map<string, Pair> {
    const fields = new Map<string, Pair>();
    for (const item of map.items) {
      const name = String(isScalar(item.key) ? item.key.value : "");
      if (known.includes(name)) fields.set(name, item);
      else this.#wrong(item.key as Node, `'${printable(name)}' is not known here: known are ${known.join(", ")}`);
    }
    return fields;
  }

  #items(pair: Pair | undefined): Node[] {
    if (pair === undefined || pair.value === null) return [];
    if (isSeq(pair.value)) {
      const items = pair.value.items as Node[];
      if (items.length <= MOST_ITEMS) return items;
      const says = `${items.length} items: the first ${MOST_ITEMS} were read`;
      this.#problem(this.#place(items[MOST_ITEMS]).line, "too-many", says);
      return items.slice(0, MOST_ITEMS);
    }
    return this.#wrong(pair.value as Node, "a list is expected here");
  }

  #string(pair: Pair | undefined): string | undefined {
    if (pair === undefined) return undefined;
    const { value } = pair;
    if (isScalar(value) && value.value !== null) return printable(String(value.source ?? value.value));
    this.#wrong((value ?? pair.key) as Node, "a word is expected here");
    return undefined;
  }

  #strings(pair: Pair | undefined): { path: string; line: number }[] {
    if (pair === undefined) return [];
    const nodes = isSeq(pair.value) ? (pair.value.items as Node[]) : [pair.value as Node];
    return nodes.flatMap((node) => {
      if (!isScalar(node)) return this.#wrong(node, "a name is expected here");
      return [{ path: String(node.value), line: this.#place(node).line }];
    });
  }

  #word<Word extends string | number>(pair: Pair | undefined, words: readonly Word[]): Word | undefined {
    if (pair === undefined) return undefined;
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) this.#wrong((pair.value ?? pair.key) as Node, `expected is one of ${words.join(", ")}`);
    return word;
  }

  #traffic(pair: Pair | undefined): Traffic[] | undefined {
    if (pair === undefined) return undefined;
    const nodes = isSeq(pair.value) ? (pair.value.items as Node[]) : [pair.value as Node];
    return nodes.flatMap((node) => {
      const word = TRAFFIC.find((traffic) => isScalar(node) && node.value === traffic);
      return word === undefined ? this.#wrong(node, `expected is one of ${TRAFFIC.join(", ")}`) : [word];
    });
  }

  #number(pair: Pair | undefined): number | undefined {
    if (pair === undefined) return undefined;
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    if (value === "never" || value === "unlimited") return NEVER;
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
    this.#bad(pair, "a number from 0 on is expected here, or never");
    return undefined;
  }

  #ratio(pair: Pair): number | undefined {
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    if (typeof value === "number" && value >= 0 && value <= 1) return value;
    this.#bad(pair, "a number from 0 to 1 is expected here");
    return undefined;
  }

  #flag(pair: Pair | undefined): number | undefined {
    if (pair === undefined) return undefined;
    const value = isScalar(pair.value) ? pair.value.value : undefined;
    if (value === true || value === 1) return 1;
    if (value === false || value === 0) return 0;
    this.#bad(pair, "true or false is expected here");
    return undefined;
  }

  #duration(pair: Pair | undefined): number | undefined {
    if (pair === undefined) return undefined;
    const text = isScalar(pair.value) ? String(pair.value.source ?? pair.value.value) : "";
    const ms = parseDuration(text);
    if (ms === undefined) this.#bad(pair, "a duration with its unit is expected here, for instance 350s, or never");
    return ms;
  }

  #bad(pair: Pair, says: string): void {
    this.#problem(this.#place((pair.value ?? pair.key) as Node).line, "bad-value", says);
  }

  #wrong(node: Node | null | undefined, says: string): [] {
    this.#problem(this.#place(node).line, "malformed", says);
    return [];
  }

  #problem(line: number, code: string, says: string): void {
    if (this.#problems.length < 100) this.#problems.push({ file: this.#file, line, code, says, level: "error" });
  }

  #place(node: Node | null | undefined): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
