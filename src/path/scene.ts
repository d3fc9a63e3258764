import { productNamed } from "../catalogue/look-up.ts";
import type { Look } from "./demand.ts";
import { printValue } from "./duration.ts";
import { entriesOfHop } from "./entries-of-hop.ts";
import type { Branch, Hop, Path, Traffic } from "./hop.ts";
import { meaningOf, type SettingKey } from "./setting.ts";

/** Two neighbours that speak with each other, with the boxes between them that only forward. */
export interface Segment {
  readonly branch: number;
  /** Opens connections. */
  readonly opener: Hop;
  /** Accepts them. */
  readonly acceptor: Hop;
  /** Layer-4 boxes between them, the client's side first. */
  readonly boxes: readonly Hop[];
  readonly http2: boolean;
  readonly carries: readonly Traffic[];
}

/** A path as rules look at it. */
export interface Scene {
  readonly path: Path;
  readonly segments: readonly Segment[];
  /** Ends that speak with each other through proxies which only pass bytes on (HAProxy's mode tcp, nginx' stream): a close and a PING reach through. */
  readonly through: readonly Segment[];
  readonly value: (hop: Hop, key: SettingKey) => number | undefined;
  readonly look: Look;
  /** `alb's idleTimeout (60 s)`, for sentences. */
  readonly named: (hop: Hop, key: SettingKey) => string;
  /** Whether anybody can change that setting. */
  readonly changeable: (hop: Hop, key: SettingKey) => boolean;
}

/** Time beyond a round trip that timers and loaded machines need: timers of the ends are good to a second at best. */
export const TIMER_MARGIN_MS = 1000;

/** Puts a path's branches into the pairs of neighbours that rules compare. */
export function sceneOf(path: Path): Scene {
  const hops = new Map([...path.hops, ...path.detectors.map(({ hop }) => hop)].map((hop) => [hop.id, hop]));
  const value = (hop: Hop, key: SettingKey): number | undefined => hop.settings.get(key)?.value;
  const chains = path.branches.flatMap((branch, index) => chainsOf(segmentsOf(branch, index, hops)));
  return {
    path,
    segments: chains.flatMap(withOneProtocol),
    through: chains.flatMap(throughOf),
    value,
    look: ({ hop, key }) => hops.get(hop)?.settings.get(key)?.value,
    named: (hop, key) => {
      const found = value(hop, key);
      const shown = found === undefined ? "not known" : printValue(found, meaningOf(key).unit);
      return `${key.replace(/Ms$/, "")} of ${hop.id} (${shown})`;
    },
    changeable: (hop, key) => isChangeable(hop, key),
  };
}

/** Whether a setting can be changed: its catalogue entry says how, or there is none and a file or path states it. */
export function isChangeable(hop: Hop, key: SettingKey): boolean {
  if (hop.settings.get(key)?.fixed === true) return false;
  if (hop.product === undefined) return hop.settings.get(key)?.stated !== "assumed-default";
  const entries = entriesOfHop(hop).filter((entry) => entry.governs.includes(key));
  return entries.length === 0 || entries.some((entry) => entry.set !== undefined);
}

function segmentsOf(branch: Branch, index: number, hops: ReadonlyMap<string, Hop>): readonly Segment[] {
  const segments: Segment[] = [];
  let opener: Hop | undefined;
  let boxes: Hop[] = [];
  for (const id of branch.hops) {
    const hop = hops.get(id);
    if (hop === undefined) continue;
    if (hop.role === "box") {
      boxes.push(hop);
      continue;
    }
    if (opener !== undefined) {
      const { carries } = branch;
      segments.push({ branch: index, opener, acceptor: hop, boxes, http2: speaksHttp2(hop, opener), carries });
    }
    opener = hop;
    boxes = [];
  }
  return segments;
}

/** Segments of a branch that follow each other through proxies that only pass bytes on. */
function chainsOf(segments: readonly Segment[]): readonly (readonly Segment[])[] {
  const chains: Segment[][] = [];
  for (const segment of segments) {
    const last = chains.at(-1);
    if (last !== undefined && passesOn(segment.opener)) last.push(segment);
    else chains.push([segment]);
  }
  return chains;
}

/** Whether a hop ends connections and yet leaves what is said on them to others. */
export const passesOn = ({ role, layer }: Hop): boolean => role === "proxy" && layer === 4;

/** The two ends of a chain, if somebody stands between them. */
function throughOf(chain: readonly Segment[]): readonly Segment[] {
  const [first, last] = [chain[0], chain.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const { acceptor } = last;
  const between = chain.flatMap(({ boxes, acceptor: next }) => (next === acceptor ? boxes : [...boxes, next]));
  return [{ ...first, acceptor, boxes: between, http2: speaksHttp2(acceptor, first.opener) }];
}

/** What is spoken between the ends of a chain is spoken on all of it. */
function withOneProtocol(chain: readonly Segment[]): readonly Segment[] {
  const [whole] = throughOf(chain);
  return whole === undefined ? chain : chain.map((segment) => ({ ...segment, http2: whole.http2 }));
}

/** HTTP/2 where the opener is told to speak it, or the acceptor is said to speak it, or its product speaks nothing else, or its caller's does not. */
function speaksHttp2(acceptor: Hop, opener: Hop): boolean {
  if (opener.serverProtocol !== undefined) return opener.serverProtocol === "http2";
  if (acceptor.protocol !== undefined) return acceptor.protocol === "http2";
  const protocol = (hop: Hop): string | undefined =>
    hop.product === undefined ? undefined : productNamed(hop.product)?.protocol;
  return protocol(acceptor) === "http2" || (protocol(opener) === "http2" && protocol(acceptor) !== "http1");
}
