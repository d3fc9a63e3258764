import { withoutSecrets } from "../log/without-secrets.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import { captureAt, hostFilter } from "./capture-advice.ts";
import { type LogLoss, lossesOf } from "./log-losses.ts";
import { type LogSuccess, successesOf } from "./log-successes.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence, NamedConnection } from "./signature.ts";

/**
 * What logs tell of one place: the requests and connections that went there, well or badly. Losses of which no line says
 * where they went make a history of their log.
 */
export interface History {
  readonly place: string | undefined;
  /** In the order of time. */
  readonly losses: readonly LogLoss[];
  readonly successes: readonly LogSuccess[];
}

/** The histories of all places at which something was lost. */
export const historiesOf: (scene: Scene) => readonly History[] = remember(findHistories);

function findHistories(scene: Scene): readonly History[] {
  const only = onlyPlaces(scene);
  // A name and the one address that a program dials are the same place.
  const keyOf = ({ log, remote, place }: LogLoss | LogSuccess): string => {
    const known = remote === undefined ? (only.get(log) ?? place) : place;
    return known === undefined ? `in ${log.index}` : `to ${known}`;
  };
  const successes = Map.groupBy(successesOf(scene), keyOf);
  return [...Map.groupBy(lossesOf(scene), keyOf)].map(([key, losses]) => ({
    place: key.startsWith("to ") ? key.slice(3) : undefined,
    losses: losses.slice(0, MOST_LOSSES),
    successes: successes.get(key) ?? [],
  }));
}

/** Losses of one place that are looked at; more tell nothing new. */
const MOST_LOSSES = 2000;

/** For each log the place that all of its lines with an address name, when it is one. */
function onlyPlaces(scene: Scene): ReadonlyMap<Log, string | undefined> {
  const found = new Map<Log, string | undefined>();
  for (const { log, remote, place } of [...successesOf(scene), ...lossesOf(scene)]) {
    if (remote === undefined || place === undefined) continue;
    found.set(log, !found.has(log) || found.get(log) === place ? place : undefined);
  }
  return found;
}

/** When the request or attempt began that a loss ended; when it was noticed where nothing says. */
export const beganAt = (loss: LogLoss): Instant | undefined =>
  loss.at === undefined ? undefined : loss.at - BigInt(Math.round(loss.waited ?? 0));

/**
 * How long the program had asked nothing of the place before a request that was lost; undefined where the log
 * shows no answer on the connection before, or gives no times. With several connections it is the least that this one had been idle.
 */
export function pauseBefore(history: History, loss: LogLoss): Nanoseconds | undefined {
  const began = beganAt(loss);
  if (began === undefined) return undefined;
  const slack = BigInt(Math.round(loss.entry.time?.resolution ?? 0));
  const own = ownOf(history, loss.log);
  const last = own[countUntil(own, began + slack) - 1];
  if (last === undefined || last.what === "connected") return undefined;
  const failed = history.losses.findLast(
    (l) => l !== loss && l.log === loss.log && l.at !== undefined && l.at <= began,
  );
  // After a failure the program has a new connection, or none.
  if (failed?.at !== undefined && failed.at > last.at) return undefined;
  return Math.max(0, Number(began - last.at));
}

/** How long nothing had been asked of the place, well or badly, before a request that was lost; infinite for the first. */
export function quietBefore(history: History, loss: LogLoss): Nanoseconds {
  const began = beganAt(loss);
  if (began === undefined) return Number.POSITIVE_INFINITY;
  const own = ownOf(history, loss.log);
  const worked = own[countUntil(own, began) - 1]?.at;
  const failed = history.losses.findLast((l) => l.log === loss.log && l.at !== undefined && l.at < began)?.at;
  const last = worked === undefined || (failed !== undefined && failed > worked) ? failed : worked;
  return last === undefined ? Number.POSITIVE_INFINITY : Number(began - last);
}

/** The longest pause after which an answer came on what was, as far as the log shows, the same connection. */
export function longestPause(history: History, log: Log): Nanoseconds {
  let before: LogSuccess | undefined;
  let longest = 0;
  for (const each of ownOf(history, log)) {
    if (each.what === "answered" && before?.what === "answered")
      longest = Math.max(longest, Number(each.at - before.at));
    before = each;
  }
  return longest;
}

/** What worked by one of the logs. */
function ownOf(history: History, log: Log): readonly LogSuccess[] {
  return byLog(history).get(log) ?? [];
}

const byLog = remember((history: History) => Map.groupBy(history.successes, ({ log }) => log));

/** How many of a list in the order of time were there by an instant. */
function countUntil(list: readonly LogSuccess[], until: Instant): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as LogSuccess).at <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Something that worked at the place within `before` ahead of and `after` behind an instant, in any log. */
export function workedNear(
  { successes }: History,
  at: Instant,
  { before, after }: { readonly before: Nanoseconds; readonly after: Nanoseconds },
): LogSuccess | undefined {
  const found = successes[countUntil(successes, at + BigInt(Math.round(after))) - 1];
  return found !== undefined && found.at >= at - BigInt(Math.round(before)) ? found : undefined;
}

/** Losses that came within `span` of each other, as one event; those without a time are left out. */
export function bursts(losses: readonly LogLoss[], span: Nanoseconds): readonly (readonly [LogLoss, ...LogLoss[]])[] {
  const found: [LogLoss, ...LogLoss[]][] = [];
  for (const loss of losses) {
    if (loss.at === undefined) continue;
    const last = found.at(-1);
    const end = last?.at(-1)?.at;
    if (last !== undefined && end !== undefined && loss.at - end <= BigInt(span)) last.push(loss);
    else found.push([loss]);
  }
  return found;
}

/** Losses of a place that ended a request or connection early: RST, FIN, or a proxy's word for either. */
export const isCut = ({ stage, error }: LogLoss): boolean =>
  stage === "exchange" && (error === "reset" || error === "end-of-file" || error === "broken-pipe");

/** Attempts to connect that were refused. */
export const isRefused = ({ stage, error }: LogLoss): boolean => stage === "connect" && error === "refused";

/** Attempts to connect to which nothing answered. */
export const isUnanswered = ({ stage, error }: LogLoss): boolean => stage === "connect" && error === "timed-out";

/** A log line as evidence. */
export const lineOf = ({ log, entry }: LogLoss | LogSuccess, shows: string): LogEvidence => ({
  log: log.index,
  line: entry.line,
  shows,
});

const LONGEST_QUOTE = 140;

/** A log's words between quotation marks, safe to print. */
export function quote(text: string): string {
  const flat = printable(withoutSecrets(text).replace(/\s+/g, " ").trim()).replace(/"/g, "'");
  return `"${flat.length <= LONGEST_QUOTE ? flat : `${flat.slice(0, LONGEST_QUOTE - 1)}…`}"`;
}

/** As many lines as an undecided claim quotes at the most: with fewer, all are quoted. */
export const MOST_QUOTED = 12;

/** At most `most` of the losses: the first ones and the last. */
export function some<T>(items: readonly T[], most = 8): readonly T[] {
  return items.length <= most ? items : [...items.slice(0, most - 2), ...items.slice(-2)];
}

/** The connections that losses name, each once. */
export function namedBy(losses: readonly LogLoss[], most = 50): readonly NamedConnection[] {
  const found = new Map<string, NamedConnection>();
  for (const { local, remote } of losses) {
    if ((local === undefined && remote === undefined) || found.size >= most) continue;
    found.set(`${endOf(local)} ${endOf(remote)}`, { client: local, server: remote });
  }
  return [...found.values()];
}

const endOf = (end: Endpoint | undefined): string => (end === undefined ? "" : `${end.address} ${end.port}`);

/** The place in words. */
export const placeIn = ({ place }: { readonly place: string | undefined }): string =>
  place === undefined ? "a server that the log does not name" : printable(place.slice(0, 120));

/** When losses happened: the first that has a time, else the first dated line of its log. */
export function instantOfLosses(losses: readonly LogLoss[]): Instant {
  const dated = losses.find((loss) => loss.at !== undefined)?.at;
  if (dated !== undefined) return dated;
  for (const { log } of losses.slice(0, 1)) {
    for (const entry of log.entries) {
      const at = log.instantOf(entry);
      if (at !== undefined) return at;
    }
  }
  return 0n;
}

/** Which capture decides: at the server of a loss, or at the client where only that is known. */
export function nextCapture(loss: LogLoss, why: string): string {
  const { remote, teller } = loss;
  if (remote === undefined) {
    const where = teller === "proxy" ? "the proxy, towards its upstream" : "the host of the program that wrote the log";
    return captureAt(where, "tcp or icmp or icmp6", why);
  }
  const both = `both the host that wrote ${printable(loss.log.file.slice(loss.log.file.lastIndexOf("/") + 1).slice(-60))} and ${remote.address} (or the targets behind it)`;
  return captureAt(both, hostFilter(remote.address, remote.port === 0 ? undefined : remote.port), why);
}

/** Moments at which a log says that something happened within `span` around an instant. */
export const near = (a: Instant | undefined, b: Instant | undefined, span: Nanoseconds): boolean =>
  a !== undefined && b !== undefined && (a > b ? a - b : b - a) <= BigInt(Math.round(span));
