import { clientOf, serverOf } from "../flow/flow.ts";
import type { ErrorWord, LogContent } from "../log/content.ts";
import { endsOf } from "../log/ends-of.ts";
import type { LogEntry } from "../log/entry.ts";
import { loggedConnections } from "../log/logged-connections.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { type Instant, MILLISECOND, type Nanoseconds, printSpan, SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Log, Scene } from "../signature/scene.ts";
import type { LogEvidence } from "../signature/signature.ts";
import type { Conclusion } from "./conclude.ts";
import { symptomOf } from "./symptom-of.ts";
import { lastOf, lossesOf, startOf } from "./when.ts";

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

/** Effects told of one loss, and of each kind. */
const MOST_EFFECTS = 40;
const MOST_OF_KIND = 8;
/** A symptom this long after the loss, or after the last one linked, can still be its work: nodes are given up after at most 50 s. */
const AFTERWARDS: Nanoseconds = 90 * SECOND;
/** Clocks and the order of writing may put a line this much before the packet it tells of. */
const EARLIER: Nanoseconds = SECOND;
/** Lines of one program this near to each other are one event. */
const AT_ONCE: Nanoseconds = 20 * MILLISECOND;

/**
 * What followed from each loss, as far as logs tell. A line is linked by the strongest of: it is about a lost
 * connection (`scene.mentions`); it was written in the same instant by the same program as such a line; it names the server
 * of a lost connection soon after; it tells of leases or nodes after a linked line of a watch; it names no connection at
 * all and there is one loss only that it can come from, which is said to be inferred.
 */
export function effectsOf(
  scene: Scene,
  conclusions: readonly Conclusion[],
): ReadonlyMap<Conclusion, readonly Followed[]> {
  // What merely contributes shares the effects of the cause, where one is known.
  const causes = conclusions.filter((each) => each.signature.contributes !== true);
  const contexts = (causes.length > 0 ? causes : conclusions).map((each) => contextOf(scene, each));
  for (const context of contexts) {
    direct(context);
    for (const log of scene.logs) byServer(context, log);
    for (const log of scene.logs) atOnce(context, log);
  }
  for (const context of contexts) {
    const others = contexts.filter((each) => each !== context).flatMap((each) => each.losses);
    for (const log of scene.logs) byTime(context, log, others);
  }
  for (const log of scene.logs) throughLeases(contexts, log);
  return new Map(contexts.map((context) => [context.conclusion, bounded(folded([...context.found]))] as const));
}

function contextOf(scene: Scene, conclusion: Conclusion): Context {
  return {
    scene,
    conclusion,
    losses: lossesOf(scene, conclusion),
    from: startOf(scene, conclusion),
    to: lastOf(scene, conclusion),
    found: new Map(),
    ties: new Map(),
  };
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

interface Context {
  readonly scene: Scene;
  readonly conclusion: Conclusion;
  /** When each connection was lost, in order. */
  readonly losses: readonly Instant[];
  /** When the loss began, and the last that its evidence shows, on the common clock. */
  readonly from: Instant;
  readonly to: Instant;
  readonly found: Map<LogEntry, Followed>;
  /** Lines about the end of a lost connection that are no symptom themselves, such as that it was closed. */
  readonly ties: Map<LogEntry, { readonly log: Log; readonly because: string }>;
}

function add(context: Context, log: Log, entry: LogEntry, because: string): void {
  const symptom = symptomOf(entry.content);
  const at = log.instantOf(entry);
  if (symptom === undefined || at === undefined || context.found.has(entry)) return;
  const evidence = { log: log.index, line: entry.line, shows: toldBy(entry.content) };
  context.found.set(entry, { symptom, at, evidence, because, more: 0, until: at });
}

/** Lines about the lost connections themselves. */
function direct(context: Context): void {
  const { scene, conclusion } = context;
  for (const trail of lostTrails(scene, conclusion)) {
    for (const { log, entry, because } of scene.mentions(trail)) {
      if (!isTimely(context, log, entry)) continue;
      add(context, log, entry, because);
      const { content } = entry;
      const ends = content.kind === "connection" && content.event !== "created" && content.event !== "accepted";
      if (ends && !context.found.has(entry)) context.ties.set(entry, { log, because });
    }
  }
  const findings = [conclusion.finding, ...conclusion.alike, ...conclusion.support];
  for (const evidence of findings.flatMap((f) => f.evidence)) {
    if (!("line" in evidence)) continue;
    const log = scene.logs[evidence.log];
    const entry = log?.entries.find((e) => e.line === evidence.line);
    if (log !== undefined && entry !== undefined) add(context, log, entry, "is evidence of the loss itself");
  }
}

/** Lines of one program in the same instant as a linked one: a watch that ends because its connection does. */
function atOnce(context: Context, log: Log): void {
  const linked = [
    ...[...context.found].flatMap(([entry, { evidence, at }]) =>
      evidence.log === log.index ? [{ entry, at, because: "which is linked" }] : [],
    ),
    ...[...context.ties].flatMap(([entry, tie]) => {
      const at = log.instantOf(entry);
      return tie.log === log && at !== undefined ? [{ entry, at, because: `which ${tie.because}` }] : [];
    }),
  ];
  if (linked.length === 0) return;
  for (const entry of log.entries) {
    if (context.found.has(entry) || symptomOf(entry.content) === undefined || namesAnother(context, entry)) continue;
    const at = log.instantOf(entry);
    if (at === undefined) continue;
    const near = linked.find(({ entry: other, at: then }) => {
      const after = Number(at - then);
      const within = Math.max(AT_ONCE, entry.time?.resolution ?? 0, other.time?.resolution ?? 0);
      return Math.abs(after) <= within && isOneProgram(entry, other);
    });
    if (near !== undefined) {
      const apart = Math.abs(Number(at - near.at));
      const when = apart === 0 ? "in the same instant as" : `${printSpan(apart)} from`;
      add(context, log, entry, `written ${when} line ${near.entry.line}, ${near.because}`);
    }
  }
}

function isOneProgram({ program: one }: LogEntry, { program: other }: LogEntry): boolean {
  return one === other || one === undefined || other === undefined;
}

/** Lines that name the server of a lost connection, while it was lost. */
function byServer(context: Context, log: Log): void {
  const trails = lostTrails(context.scene, context.conclusion);
  const servers = new Map(trails.map((t) => [printEndpoint(serverOf(t.flow)), serverOf(t.flow)] as const));
  for (const { server } of context.conclusion.finding.named ?? []) {
    if (server !== undefined) servers.set(printEndpoint(server), server);
  }
  if (servers.size === 0) return;
  const clients = new Set(trails.map((t) => printEndpoint(clientOf(t.flow))));
  const tied = new Map(loggedConnections(log.entries).flatMap((c) => c.entries.map((entry) => [entry, c] as const)));
  for (const entry of log.entries) {
    const { content } = entry;
    const symptom = symptomOf(content);
    if (symptom === undefined || context.found.has(entry) || !isTimely(context, log, entry)) continue;
    const stated = endsOf(content);
    const remote = stated.remote ?? tied.get(entry)?.remote;
    const local = stated.local ?? tied.get(entry)?.local;
    if (remote === undefined || !servers.has(printEndpoint(remote))) continue;
    if (local !== undefined && local.port !== 0 && !clients.has(printEndpoint(local))) continue;
    const at = log.instantOf(entry) ?? 0n;
    const after = sinceNearest(context, at, entry);
    if (!TAKES_LONG.has(symptom) && after > SOON + (entry.time?.resolution ?? 0)) continue;
    const how = stated.remote === undefined ? "is about a connection to the server" : "names the server";
    add(context, log, entry, `${how} ${printEndpoint(remote)}, ${since(context, at, entry)}`);
  }
}

/** A failure on a connection that was told about it comes this soon; one that waits for an answer may take longer. */
const SOON: Nanoseconds = 2 * SECOND;
const TAKES_LONG: ReadonlySet<string> = new Set(["lost-ping", "request-timeout", "connect-timeout", "http-504"]);

/** Lines that name no connection, where this is the only loss that they can come from. */
function byTime(context: Context, log: Log, others: readonly Instant[]): void {
  const { conclusion } = context;
  if (conclusion.finding.confidence === "possible" || conclusion.finding.trails.length === 0) return;
  for (const entry of log.entries) {
    const symptom = symptomOf(entry.content);
    const at = log.instantOf(entry);
    if (symptom === undefined || at === undefined || !BY_TIME.has(symptom) || context.found.has(entry)) continue;
    const { local, remote } = endsOf(entry.content);
    if (local !== undefined || remote !== undefined || !isTimely(context, log, entry)) continue;
    const after = sinceNearest(context, at, entry);
    const most = TAKES_LONG.has(symptom) ? HEALTH_CHECK : SOON;
    if (after < 0 || after > most + (entry.time?.resolution ?? 0)) continue;
    if (others.some((other) => other <= at && Number(at - other) <= HEALTH_CHECK)) continue;
    add(
      context,
      log,
      entry,
      `${since(context, at, entry)}, with no other loss that it could come from: inferred from time`,
    );
  }
}

/** Symptoms whose lines seldom name a connection. */
const BY_TIME: ReadonlySet<string> = new Set([
  "lost-ping",
  "watch-ended",
  "unexpected-eof",
  "connection-reset",
  "goaway-surfaced",
]);
/** readIdleTimeout and pingTimeout of client-go, 30 s and 15 s, and some seconds for what was still on its way. */
const HEALTH_CHECK: Nanoseconds = 60 * SECOND;

/**
 * Leases that were missed and nodes given up belong to the loss whose linked lines best tell that what carries their news
 * was lost.
 */
function throughLeases(contexts: readonly Context[], log: Log): void {
  const carried = contexts.flatMap((context) => {
    const carrier = carrierOf(context);
    return carrier === undefined ? [] : [{ context, carrier }];
  });
  for (const entry of log.entries) {
    const { content } = entry;
    if (content.kind !== "node-status" && content.kind !== "lease") continue;
    if (symptomOf(content) === undefined || contexts.some(({ found }) => found.has(entry))) continue;
    const [best] = carried
      .filter(({ context }) => isTimely(context, log, entry))
      .sort((a, b) => b.carrier.rank - a.carrier.rank);
    const at = log.instantOf(entry);
    if (best === undefined || at === undefined) continue;
    const { context, carrier } = best;
    const { log: index, line } = carrier.followed.evidence;
    const after = Number(at - carrier.followed.at);
    const order = after >= 0 ? `${printSpan(after)} after` : `${printSpan(-after)} before`;
    const whose = index === log.index ? `line ${line}` : `${base(context.scene.logs[index]?.file ?? "")}:${line}`;
    add(
      context,
      log,
      entry,
      `${since(context, at, entry)}, ${order} ${whose} tells that what carries its news was lost`,
    );
  }
}

/** The line that best tells that what carries leases was lost: the end of a watch of leases or nodes, of any watch, a lost connection. */
function carrierOf({ found }: Context): { readonly followed: Followed; readonly rank: number } | undefined {
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

/** From the latest loss before a line to it; negative where all came later, 0 within what the line's time leaves open. */
function sinceNearest({ losses }: Context, at: Instant, { time }: LogEntry): Nanoseconds {
  const open = Math.max(INEXACT, time?.resolution ?? 0);
  if (losses.some((loss) => Math.abs(Number(at - loss)) <= open && (loss > at || open > INEXACT))) return 0;
  const nearest = losses.filter((loss) => loss <= at).at(-1) ?? losses[0] ?? at;
  return Number(at - nearest);
}

/** Some tools date a line by one that they wrote before. */
const INEXACT: Nanoseconds = 100 * MILLISECOND;

function since(context: Context, at: Instant, entry: LogEntry): string {
  const after = sinceNearest(context, at, entry);
  if (after === 0) return "at the time of the loss";
  return after < 0 ? `${printSpan(-after)} before its first packet` : `${printSpan(after)} after the loss`;
}

function isTimely({ from, to }: Context, log: Log, entry: LogEntry): boolean {
  const at = log.instantOf(entry);
  if (at === undefined) return false;
  const slack = EARLIER + (Number.isFinite(log.clock.uncertainty) ? log.clock.uncertainty : 0);
  return at >= from - BigInt(Math.round(slack)) && at <= to + BigInt(Math.round(AFTERWARDS + slack));
}

/** A line that names a connection which is not among the lost ones. */
function namesAnother(context: Context, { content }: LogEntry): boolean {
  const { local, remote } = endsOf(content);
  if (remote === undefined) return false;
  const trails = lostTrails(context.scene, context.conclusion);
  const named = (end: Endpoint): boolean =>
    trails.some(({ flow }) =>
      [flow.a, flow.b].some((e) => e.address === end.address && (end.port === 0 || e.port === end.port)),
    );
  return trails.length > 0 && (!named(remote) || (local !== undefined && local.port !== 0 && !named(local)));
}

function lostTrails(scene: Scene, { finding, alike, support }: Conclusion): readonly Trail[] {
  const trails = [finding, ...alike, ...support].flatMap((f) => f.trails);
  return [...new Set(trails.flatMap((trail) => [trail, ...scene.sightings(trail).map((s) => s.trail)]))];
}

/** How Go says it. */
const WORDS: Readonly<Partial<Record<ErrorWord, string>>> = {
  "lost-ping": "http2: client connection lost",
  "end-of-file": "unexpected EOF",
  reset: "connection reset by peer",
  "timed-out": "timed out",
};

/** Longest text of a line that is told. */
const LONGEST = 160;

function toldBy(content: LogContent): string {
  if (content.kind === "request") {
    const what = [content.method, content.target].filter((word) => word !== undefined).join(" ");
    return printable(`${content.status ?? "no status"} for ${what === "" ? "a request" : what}`).slice(0, LONGEST);
  }
  if (content.kind === "node-status") {
    const silent = content.silentFor === undefined ? "" : ` for ${printSpan(content.silentFor)}`;
    const said =
      content.status === "stale"
        ? `no news of it${silent}`
        : content.status === "not-ready"
          ? "not ready"
          : content.status;
    return printable(`node ${content.node}: ${said}`).slice(0, LONGEST);
  }
  if (content.kind === "watch-ended" && content.resource !== undefined && content.error !== undefined) {
    return printable(`watch of ${content.resource} ended: ${WORDS[content.error] ?? content.error}`).slice(0, LONGEST);
  }
  const text = "text" in content ? content.text : content.kind;
  return printable(text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`).replace(/\.$/, "");
}
