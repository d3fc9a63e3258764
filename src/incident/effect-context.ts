import { type Ends, endsOf } from "../log/ends-of.ts";
import type { LogEntry } from "../log/entry.ts";
import { type LoggedConnection, loggedConnections } from "../log/logged-connections.ts";
import { type Instant, MILLISECOND, type Nanoseconds, printSpan, SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { remember } from "../signature/remember.ts";
import type { Log, Scene } from "../signature/scene.ts";
import type { LogEvidence } from "../signature/signature.ts";
import type { Conclusion } from "./conclude.ts";
import { toldBy } from "./effect-words.ts";
import { symptomOf } from "./symptom-of.ts";
import { lastOf, lossesOf } from "./when.ts";

/** A symptom in a log that a loss explains, and how the two are known to belong together. */
export interface Followed {
  readonly symptom: string;
  readonly at: Instant;
  readonly evidence: LogEvidence;
  readonly because: string;
  /** Further lines that say the same of the same thing, and the last of them. */
  readonly more: number;
  readonly until: Instant;
}

/** A dated line that tells of a symptom. */
export interface Told {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly symptom: string;
  readonly at: Instant;
  readonly ends: Ends;
  /** Of its time: nanoseconds. */
  readonly resolution: Nanoseconds;
}

/** One loss, and the lines that are linked to it so far. */
export interface EffectContext {
  readonly scene: Scene;
  readonly conclusion: Conclusion;
  /** The lost connections, wherever they were seen. */
  readonly trails: readonly Trail[];
  /** When each connection was lost, in order. */
  readonly losses: readonly Instant[];
  /** The last that its evidence shows, on the common clock. */
  readonly to: Instant;
  readonly found: Map<LogEntry, Followed>;
  /** Lines about the end of a lost connection that are no symptom themselves, such as that it was closed. */
  readonly ties: Map<LogEntry, { readonly log: Log; readonly because: string }>;
}

export function effectContext(scene: Scene, conclusion: Conclusion): EffectContext {
  const { finding, alike, support } = conclusion;
  const trails = [finding, ...alike, ...support].flatMap((f) => f.trails);
  return {
    scene,
    conclusion,
    trails: [...new Set(trails.flatMap((trail) => [trail, ...scene.sightings(trail).map((s) => s.trail)]))],
    losses: lossesOf(scene, conclusion),
    to: lastOf(scene, conclusion),
    found: new Map(),
    ties: new Map(),
  };
}

/** The lines of a log that tell of a symptom and have a time; a log is looked through once. */
export const toldIn: (log: Log) => readonly Told[] = remember((log) =>
  log.entries.flatMap((entry): Told[] => {
    const symptom = symptomOf(entry.content);
    const at = symptom === undefined ? undefined : log.instantOf(entry);
    if (symptom === undefined || at === undefined) return [];
    return [{ log, entry, symptom, at, ends: endsOf(entry.content), resolution: entry.time?.resolution ?? 0 }];
  }),
);

/** The logged connection that an entry belongs to; a log is looked through once. */
export const connectionsIn: (log: Log) => ReadonlyMap<LogEntry, LoggedConnection> = remember(
  (log) => new Map(loggedConnections(log.entries).flatMap((c) => c.entries.map((entry) => [entry, c] as const))),
);

/** Lines linked to one loss: a log may tell of it a hundred thousand times. */
const MOST_FOUND = 4000;

/** Links a line, unless it is linked already. */
export function link(context: EffectContext, { log, entry, symptom, at }: Told, because: string): void {
  if (context.found.has(entry) || context.found.size >= MOST_FOUND) return;
  const evidence = { log: log.index, line: entry.line, shows: toldBy(entry.content) };
  context.found.set(entry, { symptom, at, evidence, because, more: 0, until: at });
}

/** A symptom this long after the loss can still be its work: nodes are given up after at most 50 s. */
const AFTERWARDS: Nanoseconds = 90 * SECOND;
/** Clocks and the order of writing may put a line this much before the packet it tells of. */
const EARLIER: Nanoseconds = SECOND;

/** Whether an instant of a log can belong to the loss at all. */
export function isTimely({ losses, to }: EffectContext, { clock }: Log, at: Instant): boolean {
  const slack = EARLIER + (Number.isFinite(clock.uncertainty) ? clock.uncertainty : 0);
  const from = losses[0] ?? to;
  return at >= from - BigInt(Math.round(slack)) && at <= to + BigInt(Math.round(AFTERWARDS + slack));
}

/** Some tools date a line by one that they wrote before. */
const INEXACT: Nanoseconds = 100 * MILLISECOND;

/** From the latest loss before a line to it; negative where all came later, 0 within what the line's time leaves open. */
export function sinceNearest({ losses }: EffectContext, { at, resolution }: Told): Nanoseconds {
  const next = losses[firstAfter(losses, at)];
  const before = losses[firstAfter(losses, at) - 1];
  const open = Math.max(INEXACT, resolution);
  if (next !== undefined && Number(next - at) <= open) return 0;
  if (before === undefined) return next === undefined ? 0 : Number(at - next);
  const after = Number(at - before);
  return resolution > INEXACT && after <= resolution ? 0 : after;
}

/** Where the losses after an instant begin, by bisection. */
function firstAfter(losses: readonly Instant[], at: Instant): number {
  let low = 0;
  let high = losses.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((losses[middle] as Instant) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `45.0 s after the loss`. */
export function since(context: EffectContext, told: Told): string {
  const after = sinceNearest(context, told);
  if (after === 0) return "at the time of the loss";
  return after < 0 ? `${printSpan(-after)} before its first packet` : `${printSpan(after)} after the loss`;
}
