import type { LogEntry } from "../log/entry.ts";
import { endpointOfUrl, readEndpoint } from "../log/read-endpoint.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import type { Instant } from "../net/time.ts";
import { upstreamLoss } from "./logged-upstream.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";

/** Something that worked, as a log tells it. */
export interface LogSuccess {
  readonly log: Log;
  readonly entry: LogEntry;
  /** When it was done, on the common clock. */
  readonly at: Instant;
  readonly what: "connected" | "answered";
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** As a loss's: where it went. */
  readonly place: string | undefined;
}

/** Connections that came about and requests that were answered, in the order of time. Lines without a time are left out. */
export const successesOf: (scene: Scene) => readonly LogSuccess[] = remember((scene: Scene) =>
  scene.logs.flatMap(successesIn).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
);

function successesIn(log: Log): LogSuccess[] {
  return log.entries.flatMap((entry) => {
    const at = log.instantOf(entry);
    const said = at === undefined ? undefined : successOf(entry);
    if (at === undefined || said === undefined) return [];
    const place = said.remote === undefined ? said.place : printEndpoint(said.remote);
    return [
      { log, entry, at: at + (said.later ?? 0n), what: said.what, local: said.local, remote: said.remote, place },
    ];
  });
}

interface Said {
  readonly what: LogSuccess["what"];
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly place: string | undefined;
  readonly later?: bigint;
}

function successOf({ content, program }: LogEntry): Said | undefined {
  switch (content.kind) {
    case "dial": {
      if (content.outcome !== "connected") return undefined;
      return { what: "connected", local: content.local, remote: content.remote, place: content.name };
    }
    case "request": {
      if (content.status === undefined || upstreamLoss(content) !== undefined) return undefined;
      const remote = content.upstream ?? endpointOfUrl(content.target ?? "");
      const started = program === "haproxy" || program === "envoy";
      const later = started ? BigInt(Math.round(content.duration ?? 0)) : 0n;
      return { what: "answered", local: undefined, remote, place: content.upstreamName, later };
    }
    case "message":
      return spoken(content.text);
    default:
      return undefined;
  }
}

/** What programs write in words of their own: `connected A -> B`, `dialled B from A`, `POST http://host/path 200`. */
function spoken(text: string): Said | undefined {
  if (text.length > 2000 || /\b(?:error|fail(?:ed|ure)?|refused|reset|timed out)\b/i.test(text)) return undefined;
  const pair = connectedPair(text);
  if (pair !== undefined) return { what: "connected", ...pair, place: undefined };
  const request =
    /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(?:([a-z]{2,8}:\/\/\S{1,500}|\/\S{0,500})\s+)?(?:-> )?([1-5]\d\d)\b/.exec(
      text,
    );
  if (request === null || /^50[234]$/.test(request[2] ?? "")) return undefined;
  return { what: "answered", local: undefined, remote: endpointOfUrl(request[1] ?? ""), place: undefined };
}

/** The two ends of a connection that was just opened. */
export function connectedPair(text: string): { local: Endpoint; remote: Endpoint } | undefined {
  const arrow = /\b(?:connected|dial(?:l?ed)?|opened|established)\b[^>]{0,60}? (\S{5,60}) ?-> ?(\S{5,60})/i.exec(text);
  const from = /\b(?:connected|dial(?:l?ed)?|opened)\b(?: to)? (\S{5,60}) from (\S{5,60})/i.exec(text);
  const local = readEndpoint(arrow?.[1] ?? from?.[2] ?? "");
  const remote = readEndpoint(arrow?.[2] ?? from?.[1] ?? "");
  return local === undefined || remote === undefined ? undefined : { local, remote };
}
