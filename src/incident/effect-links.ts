import { clientOf, serverOf } from "../flow/flow.ts";
import type { LogEntry } from "../log/entry.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { type Instant, MILLISECOND, type Nanoseconds, printSpan, SECOND } from "../net/time.ts";
import type { Log } from "../signature/scene.ts";
import {
  connectionsIn,
  type EffectContext,
  isTimely,
  link,
  since,
  sinceNearest,
  type Told,
  toldIn,
} from "./effect-context.ts";

/** Links the lines about the lost connections themselves, and those that are evidence of the loss. */
export function linkDirect(context: EffectContext): void {
  const { scene, conclusion } = context;
  const wanted = new Map<LogEntry, string>();
  for (const trail of context.trails) {
    for (const { log, entry, because } of scene.mentions(trail)) {
      const at = log.instantOf(entry);
      if (at === undefined || !isTimely(context, log, at)) continue;
      if (!wanted.has(entry)) wanted.set(entry, because);
      const { content } = entry;
      const ends = content.kind === "connection" && content.event !== "created" && content.event !== "accepted";
      if (ends) context.ties.set(entry, { log, because });
    }
  }
  const own = new Set(
    [conclusion.finding, ...conclusion.alike, ...conclusion.support].flatMap((finding) =>
      finding.evidence.flatMap((evidence) => ("line" in evidence ? [`${evidence.log}:${evidence.line}`] : [])),
    ),
  );
  for (const told of scene.logs.flatMap(toldIn)) {
    const because = wanted.get(told.entry);
    if (because !== undefined) link(context, told, because);
    else if (own.has(`${told.log.index}:${told.entry.line}`)) link(context, told, "is evidence of the loss itself");
  }
  for (const entry of context.found.keys()) context.ties.delete(entry);
}

/** A failure on a connection that was told about it comes this soon; one that waits for an answer may take longer. */
const SOON: Nanoseconds = 2 * SECOND;
const TAKES_LONG: ReadonlySet<string> = new Set(["lost-ping", "request-timeout", "connect-timeout", "http-504"]);

/** Links the lines that name the server of a lost connection, while it was lost. */
export function linkByServer(context: EffectContext, log: Log): void {
  const { trails, conclusion } = context;
  const servers = new Set(trails.map((t) => printEndpoint(serverOf(t.flow))));
  for (const { server } of conclusion.finding.named ?? []) if (server !== undefined) servers.add(printEndpoint(server));
  if (servers.size === 0) return;
  const clients = new Set(trails.map((t) => printEndpoint(clientOf(t.flow))));
  const tied = connectionsIn(log);
  for (const told of toldIn(log)) {
    if (context.found.has(told.entry) || !isTimely(context, log, told.at)) continue;
    const connection = tied.get(told.entry);
    const remote = told.ends.remote ?? connection?.remote;
    const local = told.ends.local ?? connection?.local;
    if (remote === undefined || !servers.has(printEndpoint(remote))) continue;
    if (local !== undefined && local.port !== 0 && !clients.has(printEndpoint(local))) continue;
    if (!TAKES_LONG.has(told.symptom) && sinceNearest(context, told) > SOON + told.resolution) continue;
    const how = told.ends.remote === undefined ? "is about a connection to the server" : "names the server";
    link(context, told, `${how} ${printEndpoint(remote)}, ${since(context, told)}`);
  }
}

/** Lines of one program this near to each other are one event. */
const AT_ONCE: Nanoseconds = 20 * MILLISECOND;

/** Links the lines of one program in the same instant as a linked one: a watch that ends because its connection does. */
export function linkAtOnce(context: EffectContext, log: Log): void {
  const linked = linkedIn(context, log);
  if (linked.length === 0) return;
  for (const told of toldIn(log)) {
    const { entry, at } = told;
    if (context.found.has(entry) || namesAnother(context, told)) continue;
    const near = nearestOf(linked, told);
    if (near === undefined) continue;
    const apart = Math.abs(Number(at - near.at));
    const when = apart === 0 ? "in the same instant as" : `${printSpan(apart)} from`;
    link(context, told, `written ${when} line ${near.entry.line}, ${near.because}`);
  }
}

interface Linked {
  readonly entry: LogEntry;
  readonly at: Instant;
  readonly because: string;
}

/** What is linked in a log, in order of time. */
function linkedIn({ found, ties }: EffectContext, log: Log): readonly Linked[] {
  const symptoms = [...found].flatMap(([entry, { evidence, at }]) =>
    evidence.log === log.index ? [{ entry, at, because: "which is linked" }] : [],
  );
  const ends = [...ties].flatMap(([entry, tie]) => {
    const at = log.instantOf(entry);
    return tie.log === log && at !== undefined ? [{ entry, at, because: `which ${tie.because}` }] : [];
  });
  return [...symptoms, ...ends].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.entry.line - b.entry.line));
}

/** The linked line of the same program within one event of this one, the nearest by bisection. */
function nearestOf(linked: readonly Linked[], { entry, at, resolution }: Told): Linked | undefined {
  let low = 0;
  let high = linked.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((linked[middle] as Linked).at < at) low = middle + 1;
    else high = middle;
  }
  return linked
    .slice(Math.max(0, low - 8), low + 8)
    .filter((other) => isOneProgram(entry, other.entry))
    .filter((other) => {
      const within = Math.max(AT_ONCE, resolution, other.entry.time?.resolution ?? 0);
      return Math.abs(Number(at - other.at)) <= within;
    })
    .sort((a, b) => Math.abs(Number(at - a.at)) - Math.abs(Number(at - b.at)))[0];
}

function isOneProgram({ program: one }: LogEntry, { program: other }: LogEntry): boolean {
  return one === other || one === undefined || other === undefined;
}

/** A line that names a connection which is not among the lost ones. */
function namesAnother({ trails, conclusion }: EffectContext, { ends: { local, remote } }: Told): boolean {
  if (remote === undefined) return false;
  if (trails.length === 0) {
    const known = [conclusion.finding, ...conclusion.alike].flatMap((f) => f.named ?? []);
    const ends = known.flatMap(({ client, server }) => [client, server].filter((end) => end !== undefined));
    return (
      ends.length > 0 &&
      !ends.some((end) => end.address === remote.address && (end.port === 0 || end.port === remote.port))
    );
  }
  const named = (end: Endpoint): boolean =>
    trails.some(({ flow }) =>
      [flow.a, flow.b].some((e) => e.address === end.address && (end.port === 0 || e.port === end.port)),
    );
  return !named(remote) || (local !== undefined && local.port !== 0 && !named(local));
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

/** Links the lines that name no connection, where this is the only loss that they can come from. */
export function linkByTime(context: EffectContext, log: Log, others: readonly Instant[]): void {
  const { finding } = context.conclusion;
  if (finding.confidence === "possible" || finding.trails.length === 0) return;
  for (const told of toldIn(log)) {
    const { entry, symptom, at, ends } = told;
    if (!BY_TIME.has(symptom) || context.found.has(entry)) continue;
    if (ends.local !== undefined || ends.remote !== undefined || !isTimely(context, log, at)) continue;
    const after = sinceNearest(context, told);
    const most = TAKES_LONG.has(symptom) ? HEALTH_CHECK : SOON;
    if (after < 0 || after > most + told.resolution) continue;
    if (others.some((other) => other <= at && Number(at - other) <= HEALTH_CHECK)) continue;
    link(context, told, `${since(context, told)}, with no other loss that it could come from: inferred from time`);
  }
}
