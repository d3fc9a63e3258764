/**
 * The smallest set of changes that makes a path safe.
 *
 * Every rule asks for inequalities between settings, with alternatives. The search goes over sets of knobs by size: for each set it
 * chooses an alternative of the first demand that is not met, solves the bounds chosen so far (fix/bounds.ts), and goes on
 * until all demands are met or nothing is left to choose. The first size with a solution is the smallest; of its
 * solutions the cheapest is taken. What may turn other rules on (a flag) is settled by asking all rules again about the changed path:
 * the answer is proved by the check itself, never by the search. Search and proof stand in one file, since neither says anything alone.
 */

import { type Demand, type Fit, fitOf, type Look, type Option, type Term } from "../demand.ts";
import type { Hop, Path } from "../hop.ts";
import { demandsOf, type JudgedDemand } from "../judge.ts";
import { sceneOf } from "../scene.ts";
import type { Setting, SettingKey } from "../setting.ts";
import { type Bound, solveBounds } from "./bounds.ts";
import { type Knob, Knobs } from "./knobs.ts";

/** One change of one knob. */
export interface Change {
  readonly hop: string;
  /** The setting that it is about, and others that the same knob governs. */
  readonly key: SettingKey;
  readonly keys: readonly SettingKey[];
  readonly from: number | undefined;
  readonly to: number;
  /** How the product calls it, if that is known. */
  readonly set?: string;
}

/** Why no change makes a path safe. */
export interface Obstacle {
  readonly demand: Demand;
  /** Settings that nobody can change far enough. */
  readonly settings: readonly Term[];
}

export type Fix =
  | { readonly kind: "nothing-to-do" }
  /** `smallest`: no smaller set of changes exists; false where the search was cut short. */
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly path: Path; readonly smallest: boolean }
  | { readonly kind: "impossible"; readonly obstacles: readonly Obstacle[] };

export interface FixOptions {
  /** Whether a demand is left as it is: suppressed findings are. */
  readonly leave?: (demand: Demand) => boolean;
  /** Whether warnings are to go away too. */
  readonly warnings?: boolean;
}

const MOST_ROUNDS = 5;

/** Finds the smallest set of changes; what it gives was checked again. */
export function solve(path: Path, options: FixOptions = {}): Fix {
  let turned: Turned = new Map();
  let now = path;
  // Nothing smaller than the first round's set meets the demands of the path as it is: later rounds that only move the same knobs
  // further leave it the smallest.
  let least: number | undefined;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const demands = demandsOf(now).filter(({ demand }) => options.leave?.(demand) !== true);
    const mend = demands.filter((d) => isOpen(d, options)).map(({ demand }) => demand);
    if (mend.length === 0) {
      return turned.size === 0 ? { kind: "nothing-to-do" } : changed(path, now, turned, least);
    }
    const keep = demands.filter((d) => !mend.includes(d.demand) && d.fit !== "broken");
    const solution = new Search(now, mend, keep).run();
    if (solution === undefined) return { kind: "impossible", obstacles: obstaclesOf(now, mend) };
    const ways = solution.ways.map((values) => turnedBy(turned, values, solution.knobs));
    // Of sets that are equally small one may turn another rule on and the next not.
    const sound = ways.find((way) => !demandsOf(withValues(path, way)).some((d) => isOpen(d, options)));
    turned = sound ?? ways[0] ?? turned;
    now = withValues(path, turned);
    if (round === 0 && solution.complete) least = turned.size;
  }
  return {
    kind: "impossible",
    obstacles: obstaclesOf(
      now,
      demandsOf(now)
        .filter((d) => isOpen(d, options))
        .map((d) => d.demand),
    ),
  };
}

function changed(path: Path, now: Path, turned: Turned, least: number | undefined): Fix {
  const changes = changesOf(path, turned);
  return { kind: "changes", changes, path: now, smallest: least !== undefined && changes.length <= least };
}

/** Knobs that were turned, by id, and where to. */
export type Turned = ReadonlyMap<string, { knob: Knob; to: number }>;

function turnedBy(turned: Turned, values: ReadonlyMap<string, number>, knobs: ReadonlyMap<string, Knob>): Turned {
  const more = [...values].flatMap(([id, to]) => {
    const knob = knobs.get(id);
    return knob === undefined || to === knob.value ? [] : [[id, { knob: turned.get(id)?.knob ?? knob, to }] as const];
  });
  return new Map([...turned, ...more]);
}

/** Whether a demand is yet to be mended. */
const isOpen = ({ demand, fit }: JudgedDemand, { warnings = false, leave }: FixOptions): boolean =>
  leave?.(demand) !== true && isAmiss(demand, fit, warnings);

const isAmiss = (demand: Demand, fit: Fit, warnings: boolean): boolean =>
  warnings ? demand.level !== "note" && fit !== "met" : demand.level === "error" && fit === "broken";

interface Wanted {
  readonly demand: Demand;
  /** Mended demands get their whole margin, kept ones what they must have. */
  readonly whole: boolean;
}

interface Solution {
  /** Sets of changes that are equally small, the cheapest first. */
  readonly ways: readonly ReadonlyMap<string, number>[];
  readonly knobs: ReadonlyMap<string, Knob>;
  readonly complete: boolean;
}

/** Sets of knobs that are tried before a search is cut short. */
const MOST_TRIES = 20_000;

/** Equally small sets of one group that are held against all rules. */
const MOST_WAYS = 12;

/** The cheapest of every group together; then each group with its other ways, the rest with their cheapest. */
function waysOf(groups: readonly (readonly ReadonlyMap<string, number>[])[]): readonly ReadonlyMap<string, number>[] {
  const best = groups.flatMap(([first]) => (first === undefined ? [] : [...first]));
  const others = groups.flatMap((group, place) =>
    group
      .slice(1)
      .map((way) => new Map([...groups.flatMap(([first], i) => (i === place || !first ? [] : [...first])), ...way])),
  );
  return [new Map(best), ...others];
}

class Search {
  readonly #wanted: readonly Wanted[];
  readonly #knobs: Knobs;
  readonly #look: Look;
  #tries = 0;

  constructor(path: Path, mend: readonly Demand[], keep: readonly { demand: Demand }[]) {
    this.#wanted = [
      ...mend.map((demand) => ({ demand, whole: true })),
      ...keep.map(({ demand }) => ({ demand, whole: false })),
    ];
    this.#knobs = new Knobs(hopsOf(path));
    this.#look = sceneOf(path).look;
  }

  run(): Solution | undefined {
    const groups = this.#groups();
    const knobs = new Map<string, Knob>();
    const found: (readonly ReadonlyMap<string, number>[])[] = [];
    let complete = true;
    for (const group of groups) {
      const smallest = this.#smallest(group);
      if (smallest === undefined) return undefined;
      complete &&= this.#tries < MOST_TRIES;
      found.push(smallest.ways);
      for (const [id, knob] of smallest.knobs) knobs.set(id, knob);
    }
    return { ways: waysOf(found), knobs, complete };
  }

  /** Demands that share knobs, directly or through others, and have something to mend: groups are solved alone. */
  #groups(): readonly (readonly Wanted[])[] {
    const rest = new Set(this.#wanted);
    const groups: Wanted[][] = [];
    for (const first of this.#wanted) {
      if (!rest.delete(first)) continue;
      const group = [first];
      const ids = new Set(this.#knobsOf(first.demand).map(({ id }) => id));
      for (let grown = true; grown; ) {
        grown = false;
        for (const other of rest) {
          const others = this.#knobsOf(other.demand);
          if (!others.some(({ id }) => ids.has(id))) continue;
          for (const { id } of others) ids.add(id);
          rest.delete(other);
          group.push(other);
          grown = true;
        }
      }
      groups.push(group);
    }
    return groups.filter((group) => group.some(({ whole }) => whole));
  }

  #smallest(group: readonly Wanted[]): Omit<Solution, "complete"> | undefined {
    const mend = group.filter(({ whole }) => whole).map(({ demand }) => this.#knobsOf(demand).map(({ id }) => id));
    const all = new Map(group.flatMap(({ demand }) => this.#knobsOf(demand)).map((knob) => [knob.id, knob]));
    const candidates = [...all.values()].sort((a, b) => a.cost - b.cost || (a.id < b.id ? -1 : 1));
    this.#tries = 0;
    for (let size = 1; size <= candidates.length; size++) {
      const solved: { values: ReadonlyMap<string, number>; cost: number }[] = [];
      for (const set of subsets(candidates, size)) {
        const ids = new Set(set.map(({ id }) => id));
        if (!mend.every((needed) => needed.some((id) => ids.has(id)))) continue;
        if (++this.#tries > MOST_TRIES) break;
        const values = this.#choose(group, set, []);
        if (values === undefined) continue;
        solved.push({ values, cost: costOf(set, values) });
      }
      if (solved.length > 0) {
        const ways = solved.sort((a, b) => a.cost - b.cost).slice(0, MOST_WAYS);
        return { ways: ways.map(({ values }) => values), knobs: all };
      }
      if (this.#tries > MOST_TRIES) break;
    }
    const values = this.#choose(group, candidates, []);
    return values === undefined ? undefined : { ways: [values], knobs: all };
  }

  /** Chooses alternatives until every demand of a group is met by moving these knobs. */
  #choose(
    group: readonly Wanted[],
    free: readonly Knob[],
    bounds: readonly Bound[],
  ): ReadonlyMap<string, number> | undefined {
    const values = solveBounds(free, bounds, this.#knobs, this.#look);
    if (values === undefined) return undefined;
    const look: Look = (term) => {
      const knob = this.#knobs.of(term);
      return (knob === undefined ? undefined : values.get(knob.id)) ?? this.#look(term);
    };
    const open = group.find(({ demand, whole }) => {
      const fit = fitOf(demand, look);
      return whole ? fit !== "met" : fit === "broken";
    });
    if (open === undefined) return values;
    for (const option of open.demand.anyOf) {
      for (const wanted of boundsOf(option, open.whole)) {
        const added = wanted.filter((bound) => !bounds.some((b) => same(b, bound)));
        if (added.length === 0 || bounds.length > 40) continue;
        const found = this.#choose(group, free, [...bounds, ...added]);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #knobsOf(demand: Demand): readonly Knob[] {
    const knobs = termsOf(demand.anyOf).flatMap((term) => this.#knobs.of(term) ?? []);
    return [...new Map(knobs.map((knob) => [knob.id, knob])).values()];
  }
}

/** What an option asks for, with the room that a remedy should leave first, if there is such. */
function boundsOf(option: Option, whole: boolean): readonly (readonly Bound[])[] {
  const plain = option.map((bound) => ({ ...bound, margin: whole ? bound.margin : (bound.least ?? bound.margin) }));
  if (!whole || option.every(({ room = 0 }) => room === 0)) return [plain];
  return [plain.map((bound) => ({ ...bound, margin: bound.margin + (bound.room ?? 0) })), plain];
}

const same = (a: Bound, b: Bound): boolean =>
  a === b ||
  (a.margin === b.margin &&
    a.offset === b.offset &&
    a.plus === b.plus &&
    JSON.stringify([a.lesser, a.greater]) === JSON.stringify([b.lesser, b.greater]));

const termsOf = (options: readonly Option[]): readonly Term[] =>
  options.flat().flatMap(({ lesser, greater }) => (greater === undefined ? lesser : [...lesser, greater]));

/** Every subset of a size, in the order of the list. */
function* subsets<Item>(items: readonly Item[], size: number, from = 0): Generator<readonly Item[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= items.length - size; i++) {
    for (const rest of subsets(items, size - 1, i + 1)) yield [items[i] as Item, ...rest];
  }
}

/** What changes cost: the knobs' own price, and how far they move on a scale of ratios. */
function costOf(knobs: readonly Knob[], values: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const knob of knobs) {
    const to = values.get(knob.id) ?? knob.value;
    if (to === knob.value) continue;
    const far = knob.value > 0 && to > 0 && Number.isFinite(knob.value) ? Math.abs(Math.log2(to / knob.value)) : 1;
    sum += knob.cost + Math.min(far, 8) / 10;
  }
  return sum;
}

/** A path with other values of settings. */
export function withValues(path: Path, turned: Turned): Path {
  const change = (hop: Hop): Hop => {
    const settings = new Map<SettingKey, Setting>(hop.settings);
    for (const { knob, to } of turned.values()) {
      const own = knob.hop === hop.id ? knob.keys : [];
      const shared = knob.shared.filter((term) => term.hop === hop.id).map(({ key }) => key);
      for (const key of [...own, ...shared]) {
        const { source: _, fixed: __, ...old } = settings.get(key) ?? { key };
        settings.set(key, { ...old, key, value: to, stated: "configured" });
      }
    }
    return { ...hop, settings };
  };
  return {
    ...path,
    hops: path.hops.map(change),
    detectors: path.detectors.map((detector) => ({ ...detector, hop: change(detector.hop) })),
  };
}

const hopsOf = (path: Path): readonly Hop[] => [...path.hops, ...path.detectors.map(({ hop }) => hop)];

function changesOf(path: Path, turned: Turned): readonly Change[] {
  const hops = new Map(hopsOf(path).map((hop) => [hop.id, hop]));
  return [...turned.values()]
    .filter(({ knob, to }) => to !== knob.value)
    .map(({ knob, to }) => {
      const settings = hops.get(knob.hop)?.settings;
      const key = knob.keys.find((k) => settings?.get(k)?.stated === "configured") ?? (knob.keys[0] as SettingKey);
      return {
        hop: knob.hop,
        key,
        keys: knob.keys,
        from: settings?.get(key)?.value,
        to,
        ...(knob.set === undefined ? {} : { set: knob.set }),
      };
    });
}

/** The demands that no value within the ranges meets, alone; if each alone can be met, all of them, since together they cannot. */
function obstaclesOf(path: Path, mend: readonly Demand[]): readonly Obstacle[] {
  const knobs = new Knobs(hopsOf(path));
  const alone = mend.filter((demand) => new Search(path, [demand], []).run() === undefined);
  return (alone.length > 0 ? alone : mend).map((demand) => {
    const terms = termsOf(demand.anyOf);
    const stuck = terms.filter(
      (term) => knobs.of(term) === undefined && demand.settings.some((s) => s.hop === term.hop && s.key === term.key),
    );
    return { demand, settings: stuck.length > 0 ? stuck : demand.settings };
  });
}
