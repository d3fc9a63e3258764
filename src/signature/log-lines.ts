import type { ErrorWord } from "../log/content.ts";
import type { LogEntry } from "../log/entry.ts";
import { endpointOfUrl, readEndpoint } from "../log/read-endpoint.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Instant } from "../net/time.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence, NamedConnection } from "./signature.ts";

/** A line of a log in which a signature found something. Text of it comes from outside. */
export interface FoundLine<T> {
  readonly log: Log;
  readonly entry: LogEntry;
  /** On the common clock; undefined where the log gives no times. */
  readonly at: Instant | undefined;
  readonly said: T;
  /** Who is connected to whom, as far as the line or those before it say. */
  readonly named: NamedConnection;
}

/** What `read` finds in the lines of all logs, in the order of the logs and lines. */
export function linesThat<T>(
  scene: Scene,
  read: (text: string, entry: LogEntry, log: Log) => { readonly said: T; readonly named: NamedConnection } | undefined,
): readonly FoundLine<T>[] {
  return scene.logs.flatMap((log) => {
    let dated: { readonly at: Instant; readonly end: number } | undefined;
    return log.entries.flatMap((entry) => {
      const own = log.instantOf(entry);
      // A trace below a dated line has that line's time.
      const at = own ?? (dated !== undefined && entry.line === dated.end ? dated.at : undefined);
      if (own !== undefined) dated = { at: own, end: entry.line + entry.lines };
      const text = textOf(entry);
      const found = text === "" ? undefined : read(text, entry, log);
      return found === undefined ? [] : [{ log, entry, at, ...found }];
    });
  });
}

/** Characters of a line and its trace that are looked at. */
const LONGEST = 4000;

/** The words of an entry, with the chain of causes below them; empty for entries that are no sentence. */
export function textOf({ content }: LogEntry): string {
  if (content.kind === "failure") return [content.text, ...content.chain].join("\n").slice(0, LONGEST);
  return "text" in content ? content.text.slice(0, LONGEST) : "";
}

/** The kind of failure that an entry tells, whatever it is about. */
export const errorOf = ({ content }: LogEntry): ErrorWord | undefined =>
  "error" in content ? content.error : undefined;

/** The far end that an entry names, where it does. */
export function remoteOf({ content }: LogEntry): Endpoint | undefined {
  return content.kind === "failure" || content.kind === "dial" || content.kind === "connection"
    ? content.remote
    : undefined;
}

/** The server that a client's line names: as its far end, as dialled, or in a URL with an address. */
export function serverIn(text: string, entry: LogEntry): Endpoint | undefined {
  const dialled = /\bdial tcp (\S{3,80}): /.exec(text)?.[1];
  const url = /\b(https?:\/\/[^\s"'\\]{1,200})/.exec(text)?.[1];
  return remoteOf(entry) ?? readEndpoint(dialled ?? "") ?? endpointOfUrl(url ?? "");
}

/** The near end that an entry names, where it does. */
export function localOf({ content }: LogEntry): Endpoint | undefined {
  return content.kind === "failure" || content.kind === "dial" || content.kind === "connection"
    ? content.local
    : undefined;
}

/** A line as evidence. */
export const lineShown = ({ log, entry }: FoundLine<unknown>, shows: string): LogEvidence => ({
  log: log.index,
  line: entry.line,
  shows,
});

/** When the first of some lines was written; the first capture's beginning, or the epoch, where no line has a time. */
export function firstInstant(scene: Scene, lines: readonly FoundLine<unknown>[]): Instant {
  const times = lines.flatMap(({ at }) => at ?? []);
  return times.reduce<Instant | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined) ?? begin(scene);
}

const begin = (scene: Scene): Instant => scene.vantages[0]?.epoch ?? 0n;

/** The connections that some lines name, each once. */
export function namedBy(lines: readonly FoundLine<unknown>[]): readonly NamedConnection[] {
  const found = new Map<string, NamedConnection>();
  for (const { named } of lines) {
    const key = `${keyOf(named.client)} ${keyOf(named.server)}`;
    if (!found.has(key) && (named.client !== undefined || named.server !== undefined)) found.set(key, named);
  }
  return [...found.values()];
}

const keyOf = (end: Endpoint | undefined): string => (end === undefined ? "" : `${end.address} ${end.port}`);

/** `10.1.2.3:443`, or the address alone where no port is said. */
export function printEnd(end: Endpoint): string {
  if (end.port === 0) return end.address;
  return end.address.includes(":") ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
}
