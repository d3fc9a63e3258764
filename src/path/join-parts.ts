import type { HopFragment } from "./hop.ts";
import type { Setting, SettingKey } from "./setting.ts";

/**
 * Fragments in which a balancer, its listeners and its target groups that name each other are one: one for each way through it, with what all of
 * its parts say. What names nobody here stays as it is.
 */
export function joinLinked(fragments: readonly HopFragment[]): readonly HopFragment[] {
  const used = new Set<HopFragment>();
  const joined = new Map<HopFragment, readonly HopFragment[]>();
  for (const balancer of fragments) {
    const id = balancer.part?.kind === "balancer" ? balancer.part.id : undefined;
    if (id === undefined) continue;
    const listeners = partsOf(fragments, "listener").filter(({ part }) => part?.of.includes(id));
    const named = new Set(listeners.flatMap(({ part }) => part?.of ?? []));
    const targets = partsOf(fragments, "targets").filter(
      ({ part }) => part?.of.includes(id) || (part?.id !== undefined && named.has(part.id)),
    );
    for (const part of [...listeners, ...targets]) used.add(part);
    joined.set(balancer, waysThrough(balancer, listeners, targets));
  }
  for (const route of partsOf(fragments, "route")) {
    const bases = partsOf(fragments, "base").filter(({ part }) =>
      route.part?.of.some((host) => part?.id !== undefined && isSameHost(part.id, host)),
    );
    for (const base of bases) used.add(base);
    if (bases.length > 0)
      joined.set(
        route,
        bases.map((base) => combined([base, route], route)),
      );
  }
  return fragments.flatMap((fragment) => joined.get(fragment) ?? (used.has(fragment) ? [] : [fragment]));
}

/** `app` and `app.shop.svc.cluster.local` may be one; where the namespace is not said nobody knows better. */
const isSameHost = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

/** What could not be told apart: parts of one of several. */
export interface Loose {
  readonly fragments: readonly HopFragment[];
  /** Names of parts of which it is not known what they belong to. */
  readonly strays: readonly string[];
}

/**
 * The same for parts that name nobody, where there is one thing only that they can belong to; and what holds under others, put
 * under them. The fragments are of one hop.
 */
export function joinLoose(fragments: readonly HopFragment[]): Loose {
  const products = [...new Set(fragments.map(({ product }) => product))];
  const results = products.map((product) => joinProduct(fragments.filter((fragment) => fragment.product === product)));
  return {
    fragments: results.flatMap((result) => result.fragments),
    strays: results.flatMap(({ strays }) => strays),
  };
}

function joinProduct(all: readonly HopFragment[]): Loose {
  const bases = partsOf(all, "base").filter(({ part }) => part?.id === undefined);
  const overlays = partsOf(all, "overlay");
  const others = all.filter((fragment) => !bases.includes(fragment) && !overlays.includes(fragment));
  const balancers = partsOf(others, "balancer");
  const [listeners, targets] = [partsOf(others, "listener"), partsOf(others, "targets")];
  const names = (fragments: readonly HopFragment[]): readonly string[] => fragments.map(({ name }) => name);
  const several = new Set(balancers.map((balancer) => balancer.part?.id ?? balancer)).size > 1;
  if (several && listeners.length + targets.length + overlays.length > 0) {
    return { fragments: all, strays: names([...listeners, ...targets, ...overlays]) };
  }
  if (bases.length > 1 && others.length > 0) return { fragments: all, strays: names(bases) };
  const whole =
    listeners.length + targets.length === 0
      ? others
      : [
          ...others.filter((fragment) => ![...balancers, ...listeners, ...targets].includes(fragment)),
          ...(balancers.length === 0 ? [undefined] : balancers).flatMap((balancer) =>
            waysThrough(balancer, listeners, targets),
          ),
        ];
  const [base] = bases;
  const under =
    whole.length === 0 ? bases : base === undefined ? whole : whole.map((one) => combined([base, one], one));
  if (overlays.length === 0) return { fragments: under, strays: [] };
  const [first = overlays[0]] = under;
  if (first === undefined) return { fragments: under, strays: [] };
  return {
    fragments: under.length === 0 ? [combined(overlays, first)] : under.map((one) => combined([one, ...overlays], one)),
    strays: [],
  };
}

const partsOf = (fragments: readonly HopFragment[], kind: string): readonly HopFragment[] =>
  fragments.filter(({ part }) => part?.kind === kind);

/** A balancer with each of its listeners and the target groups behind that; then with those that no listener names. */
function waysThrough(
  balancer: HopFragment | undefined,
  listeners: readonly HopFragment[],
  targets: readonly HopFragment[],
): readonly HopFragment[] {
  const start = balancer === undefined ? [] : [balancer];
  const reached = new Set<HopFragment>();
  const ways = listeners.flatMap((listener) => {
    const named = targets.filter(({ part }) => part?.id !== undefined && listener.part?.of.includes(part.id));
    const namesSome = named.length > 0 || (listener.part?.of.length ?? 0) > 1;
    const mine = namesSome ? named : targets;
    for (const target of mine) reached.add(target);
    return mine.length === 0 ? [[...start, listener]] : mine.map((target) => [...start, listener, target]);
  });
  const rest = targets.filter((target) => !reached.has(target)).map((target) => [...start, target]);
  const all = [...ways, ...rest];
  if (all.length === 0) return start;
  return all.flatMap((parts) => {
    const [first] = parts;
    return first === undefined ? [] : [combined(parts, first)];
  });
}

/** One fragment that says what all of them say, the later over the earlier; its name has the names of all. */
function combined(parts: readonly HopFragment[], first: HopFragment): HopFragment {
  const { part: _, ...rest } = first;
  const name = parts.length === 1 ? first.name : [...new Set(parts.map((part) => part.name))].join(" + ");
  // One that was joined by names keeps what it is: parts that name nobody may still belong to it.
  const balancer = parts.find(({ part }) => part?.kind === "balancer")?.part;
  const settings = [...laid(parts.flatMap((part) => part.settings)).values()];
  const serverProtocol = parts.findLast((part) => part.serverProtocol !== undefined)?.serverProtocol;
  const spoken = serverProtocol === undefined ? {} : { serverProtocol };
  return { ...rest, ...spoken, name, settings, ...(balancer === undefined ? {} : { part: balancer }) };
}

/** Settings by key, the earlier first: what is written stands over what follows from it, the later over the earlier. */
export function laid(settings: readonly Setting[]): Map<SettingKey, Setting> {
  const byKey = new Map<SettingKey, Setting>();
  for (const setting of settings) {
    if (setting.stated === "configured" || !byKey.has(setting.key)) byKey.set(setting.key, setting);
  }
  return byKey;
}
