import type { LogContent } from "../log/content.ts";
import type { LogEntry } from "../log/entry.ts";
import { printSpan } from "../net/time.ts";
import { MOST_QUOTED } from "../signature/log-queries.ts";
import type { Log, Scene } from "../signature/scene.ts";
import type { Conclusion } from "./conclude.ts";
import { type EffectContext, effectContext, type Followed, isTimely, link, since, toldIn } from "./effect-context.ts";
import { linkAtOnce, linkByServer, linkByTime, linkDirect } from "./effect-links.ts";

export type { Followed } from "./effect-context.ts";

/** Effects told of one loss, and of each kind. */
const MOST_EFFECTS = 40;
const MOST_OF_KIND = 8;

export interface Effects {
  readonly followed: ReadonlyMap<Conclusion, readonly Followed[]>;
  /** Undecided claims of logs that are nothing but effects of losses which captures decide. */
  readonly explained: ReadonlySet<Conclusion>;
}

/**
 * What followed from each loss, as far as logs tell. A line is linked by the strongest of: it is about a lost
 * connection (`scene.mentions`); it was written in the same instant by the same program as such a line; it names the server
 * of a lost connection soon after; it tells of leases or nodes after a linked line of a watch; it names no connection at
 * all and there is one loss only that it can come from, which is said to be inferred.
 */
export function effectsOf(scene: Scene, conclusions: readonly Conclusion[]): Effects {
  // What merely contributes shares the effects of the cause, where one is known.
  const causes = conclusions.filter((each) => each.signature.contributes !== true);
  const contexts = (causes.length > 0 ? causes : conclusions).map((each) => effectContext(scene, each));
  for (const context of contexts) {
    linkDirect(context);
    for (const log of scene.logs) linkByServer(context, log);
    for (const log of scene.logs) linkAtOnce(context, log);
  }
  const explained = new Set(conclusions.filter((each) => isExplained(each, contexts)));
  for (const context of contexts) {
    const others = contexts.filter((each) => each !== context).flatMap((each) => each.losses);
    for (const log of scene.logs) linkByTime(context, log, others);
  }
  for (const log of scene.logs) throughLeases(contexts, log);
  return {
    followed: new Map(contexts.map((context) => [context.conclusion, bounded(folded([...context.found]))] as const)),
    explained,
  };
}

/** An undecided claim of logs whose every line is linked, otherwise than by its time alone, to losses that captures decide. */
function isExplained({ signature, finding, alike }: Conclusion, contexts: readonly EffectContext[]): boolean {
  const findings = [finding, ...alike];
  if (signature.id !== "inconclusive" || findings.some(({ trails, beyond }) => trails.length > 0 || beyond))
    return false;
  const deciding = contexts.filter(
    ({ conclusion, trails }) => conclusion.signature.id !== "inconclusive" && trails.length > 0,
  );
  const linked = new Set(
    deciding.flatMap(({ found }) => [...found.values()].map(({ evidence }) => `${evidence.log}:${evidence.line}`)),
  );
  // A longer list is a choice from more lines.
  return findings.every(
    ({ evidence }) =>
      evidence.length < MOST_QUOTED && evidence.every((e) => "line" in e && linked.has(`${e.log}:${e.line}`)),
  );
}

function bounded(effects: readonly Followed[]): readonly Followed[] {
  const kinds = new Map<string, number>();
  return effects
    .filter(({ symptom }) => {
      const count = (kinds.get(symptom) ?? 0) + 1;
      kinds.set(symptom, count);
      return count <= MOST_OF_KIND;
    })
    .slice(0, MOST_EFFECTS);
}

/** What one program says again and again of one node, or with the same words, is told once with how often. */
function folded(found: readonly (readonly [LogEntry, Followed])[]): readonly Followed[] {
  const sorted = [...found].sort(([, a], [, b]) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : a.evidence.line - b.evidence.line,
  );
  const told = new Map<string, Followed>();
  for (const [{ content }, followed] of sorted) {
    const subject = content.kind === "node-status" ? content.node : followed.evidence.shows.replace(/\d+/g, "0");
    const key = `${followed.evidence.log} ${followed.symptom} ${subject}`;
    const first = told.get(key);
    if (first === undefined) told.set(key, followed);
    else told.set(key, { ...first, more: first.more + 1, until: followed.at });
  }
  return [...told.values()];
}

/**
 * Leases that were missed and nodes given up belong to the loss whose linked lines best tell that what carries their news
 * was lost.
 */
function throughLeases(contexts: readonly EffectContext[], log: Log): void {
  const carried = contexts.flatMap((context) => {
    const carrier = carrierOf(context);
    return carrier === undefined ? [] : [{ context, carrier }];
  });
  if (carried.length === 0) return;
  for (const told of toldIn(log)) {
    const { entry, at } = told;
    if (entry.content.kind !== "node-status" && entry.content.kind !== "lease") continue;
    if (contexts.some(({ found }) => found.has(entry))) continue;
    const [best] = carried
      .filter(({ context }) => isTimely(context, log, at))
      // Any failure in another program is not what this one heard its news through.
      .filter(({ carrier }) => carrier.rank > 0 || carrier.followed.evidence.log === log.index)
      .sort((a, b) => b.carrier.rank - a.carrier.rank);
    if (best === undefined) continue;
    const { context, carrier } = best;
    const { log: index, line } = carrier.followed.evidence;
    const after = Number(at - carrier.followed.at);
    const order = after >= 0 ? `${printSpan(after)} after` : `${printSpan(-after)} before`;
    const whose = index === log.index ? `line ${line}` : `${base(context.scene.logs[index]?.file ?? "")}:${line}`;
    link(context, told, `${since(context, told)}, ${order} ${whose} tells that what carries its news was lost`);
  }
}

/** The line that best tells that what carries leases was lost: the end of a watch of leases or nodes, of any watch, a lost connection. */
function carrierOf({ found }: EffectContext): { readonly followed: Followed; readonly rank: number } | undefined {
  return [...found]
    .filter(([, { symptom }]) => CARRIES_LEASES.has(symptom))
    .map(([{ content }, followed]) => ({ followed, rank: rankOf(content) }))
    .sort((a, b) => b.rank - a.rank)[0];
}

function rankOf(content: LogContent): number {
  if (content.kind !== "watch-ended") return 0;
  return /\b(?:Lease|Node)\b/.test(content.resource ?? "") ? 2 : 1;
}

const CARRIES_LEASES: ReadonlySet<string> = new Set([
  "lost-ping",
  "watch-ended",
  "missed-lease",
  "connection-reset",
  "request-timeout",
]);

const base = (file: string): string => file.slice(file.lastIndexOf("/") + 1);
