import type { CatalogueEntry } from "../../catalogue/entry.ts";
import { entriesFor, inPathUnit } from "../../catalogue/look-up.ts";
import type { Term } from "../demand.ts";
import { entriesOfHop } from "../entries-of-hop.ts";
import type { Hop } from "../hop.ts";
import { isSettingKey, meaningOf, NEVER, placeToChange, type Setting, type SettingKey } from "../setting.ts";

/** Something that a person can change: one attribute, flag or key, with every setting that it governs. */
export interface Knob {
  /** `hop key`. */
  readonly id: string;
  readonly hop: string;
  readonly keys: readonly SettingKey[];
  /** Settings of other hops that stand in the same place of the same file: they change with it. */
  readonly shared: readonly Term[];
  /** What it stands at; `NEVER` for a keepalive that is not sent. */
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Values are multiples of it. */
  readonly step: number;
  /** What a change of it costs beside others: what has a price of its own costs more. */
  readonly cost: number;
  readonly unit: "ms" | "count" | "ratio" | "flag";
  /** How its product calls it, if the catalogue knows. */
  readonly set?: string;
}

/** Whatever can be told to send a keepalive can be told so although no file mentions it. */
const CAN_BE_ADDED: readonly SettingKey[] = ["tcpKeepaliveMs", "serverTcpKeepaliveMs", "heartbeatMs"];

/** Services whose settings are what their vendor lets be set, no more. */
const SERVICE = /^(aws|azure|gcp|oci)-|^cloudflare$/;

/** Changes that take something away, or that must be built. */
const COST: Partial<Record<SettingKey, number>> = {
  reusesConnections: 50,
  clientIpPreservation: 6,
  crossZone: 6,
  resetsOnExpiry: 3,
  goawayChance: 2,
  heartbeatMs: 8,
  tcpUserTimeoutMs: 8,
  tcpKeepalive: 6,
  hostTcpKeepaliveMs: 4,
  conntrackEstablishedMs: 4,
  pingsWithoutStreams: 5,
  nodeMonitorGracePeriodMs: 2,
};

const A_DAY_MS = 86_400_000;

/** The knob that turns a setting, or why nobody can. */
export function knobOf(hop: Hop, key: SettingKey): Knob | undefined {
  const { unit, side } = meaningOf(key);
  const setting = hop.settings.get(key);
  if (setting?.fixed === true) return undefined;
  const entries = side === "host" ? entriesFor("linux") : entriesOfHop(hop);
  const entry = entries.find((candidate) => candidate.governs.includes(key));
  if (entry !== undefined && entry.set === undefined) return undefined;
  if (setting === undefined && entry === undefined && !canBeAdded(hop, key)) return undefined;
  const value = setting?.value ?? NEVER;
  const range = entry?.range;
  const least = range?.least === undefined || entry === undefined ? undefined : inPathUnit(entry, range.least);
  const most = range?.most === undefined || entry === undefined ? undefined : inPathUnit(entry, range.most);
  const keys = entry === undefined ? [key] : entry.governs.filter(isSettingKey);
  return {
    id: `${hop.id} ${[...keys].sort()[0]}`,
    hop: hop.id,
    keys,
    shared: [],
    value,
    least: least ?? (unit === "ms" || unit === "count" ? Math.min(1000, value) : 0),
    most: most ?? usualMost(unit, value),
    step: stepOf(entry, unit),
    cost: (COST[key] ?? 1) + (setting === undefined ? 2 : 0),
    unit,
    ...(entry?.set === undefined ? {} : { set: entry.set }),
  };
}

/** Steps of a knob: what its entry says, else whole seconds, ones, or fine enough. */
function stepOf(entry: CatalogueEntry | undefined, unit: Knob["unit"]): number {
  if (entry?.step !== undefined) return inPathUnit(entry, entry.step);
  return unit === "ms" ? 1000 : unit === "ratio" ? 0.0001 : 1;
}

function canBeAdded(hop: Hop, key: SettingKey): boolean {
  if (!CAN_BE_ADDED.includes(key) || hop.role === "box") return false;
  // Words of one's own on a stream take a program of one's own at its end.
  if (key === "heartbeatMs" && (hop.role === "proxy" || /^kube/.test(hop.product ?? ""))) return false;
  return hop.product === undefined || !SERVICE.test(hop.product);
}

function usualMost(unit: Knob["unit"], value: number): number {
  if (unit === "flag" || unit === "ratio") return 1;
  return unit === "ms" ? Math.max(A_DAY_MS, value) : Math.max(1e9, value);
}

/** Where a setting is written, as one word; what is derived from another place changes with that place. */
function placeOf(setting: Setting | undefined): string | undefined {
  const source = setting === undefined ? undefined : placeToChange(setting);
  return source && `${source.file}:${source.line}:${source.column ?? 0}:${source.key}`;
}

/** The knobs of a path by the terms that they turn. */
export class Knobs {
  readonly #hops: ReadonlyMap<string, Hop>;
  readonly #known = new Map<string, Knob | undefined>();
  /** Settings by the place in a file where they are written. */
  readonly #places = new Map<string, Term[]>();

  constructor(hops: Iterable<Hop>) {
    this.#hops = new Map([...hops].map((hop) => [hop.id, hop]));
    for (const hop of this.#hops.values()) {
      for (const [key, setting] of hop.settings) {
        const place = placeOf(setting);
        if (place === undefined) continue;
        const terms = this.#places.get(place);
        if (terms === undefined) this.#places.set(place, [{ hop: hop.id, key }]);
        else terms.push({ hop: hop.id, key });
      }
    }
  }

  of({ hop, key }: Term): Knob | undefined {
    const name = `${hop} ${key}`;
    if (!this.#known.has(name)) {
      const found = this.#hops.get(hop);
      const own = found === undefined ? undefined : knobOf(found, key);
      const place = placeOf(found?.settings.get(key));
      const shared = (place === undefined ? [] : (this.#places.get(place) ?? [])).filter((term) => term.hop !== hop);
      const knob = own === undefined || shared.length === 0 ? own : { ...own, shared };
      this.#known.set(name, knob);
      // Every setting of a knob is the same knob, whatever it was found by.
      for (const other of knob?.keys ?? []) if (other !== key) this.#known.set(`${hop} ${other}`, knob);
      for (const term of knob?.shared ?? []) this.#known.set(`${term.hop} ${term.key}`, knob);
    }
    return this.#known.get(name);
  }
}
