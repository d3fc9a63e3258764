import type { Http2FrameLogged } from "../log/content.ts";
import type { LogEntry } from "../log/entry.ts";
import { loggedConnections } from "../log/logged-connections.ts";
import { readEndpoint } from "../log/read-endpoint.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Side } from "../session/segment.ts";
import type { Closing, Exchange, Going, Http2Story, Mark, Told } from "./http2-story.ts";
import { remember } from "./remember.ts";
import type { Log } from "./scene.ts";

/** A connection as a log tells it, and the entries it was made of. */
export interface LoggedStory {
  readonly story: Http2Story;
  readonly entries: readonly LogEntry[];
}

/**
 * The HTTP/2 connections whose frames a program logged (Go with `GODEBUG=http2debug=1` or `2`). At level 1 a frame does
 * not say which connection it was read from: it belongs to the one that is open, and where several are, to none.
 */
export function loggedStories(log: Log): readonly LoggedStory[] {
  const connections = loggedConnections(log.entries).map(({ local, remote, entries }) => ({ local, remote, entries }));
  const framed = log.entries.some(({ content }) => content.kind === "http2-frame" && content.told === "framer");
  const grouped = framed ? connections : withBareFrames(log, connections);
  return grouped.flatMap(({ local, remote, entries }) => {
    if (!entries.some(({ content }) => content.kind === "http2-frame")) return [];
    const story = storyOf(log, local, remote, entries);
    return story === undefined ? [] : [{ story, entries }];
  });
}

interface Group {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly entries: readonly LogEntry[];
}

function withBareFrames(log: Log, connections: readonly Group[]): readonly Group[] {
  const lives = connections.flatMap(({ entries }, i) => {
    const ended = entries.find(({ content }) => content.kind === "connection" && content.event === "idle-closed");
    const [first] = entries;
    return first === undefined ? [] : [{ i, from: first.line, to: ended?.line ?? Number.POSITIVE_INFINITY }];
  });
  const added = new Map<number, LogEntry[]>();
  for (const entry of log.entries) {
    if (entry.content.kind !== "http2-frame" || entry.content.framer !== undefined) continue;
    const open = lives.filter(({ from, to }) => from <= entry.line && entry.line <= to);
    const i = open.length === 1 ? (open[0]?.i ?? -1) : -1;
    const list = added.get(i);
    if (list === undefined) added.set(i, [entry]);
    else list.push(entry);
  }
  const nobodys = added.get(-1);
  return [
    ...connections.map((group, i) => ({
      ...group,
      entries: [...group.entries, ...(added.get(i) ?? [])].sort((a, b) => a.line - b.line),
    })),
    // Whose frames these were is not known: each GOAWAY stands for itself.
    ...(nobodys ?? [])
      .filter(({ content }) => content.kind === "http2-frame" && content.type === "GOAWAY")
      .slice(0, MOST_OF_NOBODY)
      .map((entry) => ({ local: undefined, remote: undefined, entries: [entry] })),
  ];
}

/** More of the same, of connections that nothing names, tell nothing new. */
const MOST_OF_NOBODY = 500;

function storyOf(
  log: Log,
  local: Endpoint | undefined,
  remote: Endpoint | undefined,
  entries: readonly LogEntry[],
): Http2Story | undefined {
  const teller = tellerOf(entries);
  const far: Side = teller === "client" ? "server" : "client";
  const markOf = (entry: LogEntry): Mark | undefined => {
    const at = log.instantOf(entry);
    return at === undefined ? undefined : { at, shown: (shows) => ({ log: log.index, line: entry.line, shows }) };
  };
  const frames: { readonly told: Told; readonly content: Http2FrameLogged }[] = [];
  const framed = entries.some(({ content }) => content.kind === "http2-frame" && content.framer !== undefined);
  let last: Mark | undefined;
  for (const entry of entries) {
    const { content } = entry;
    const mark = markOf(entry);
    if (mark === undefined) continue;
    last = mark;
    if (content.kind !== "http2-frame" || (framed && content.told !== "framer")) continue;
    frames.push({ content, told: toldOf(content, content.direction === "written" ? teller : far, mark) });
  }
  if (last === undefined) return undefined;
  const opening = entries.find(({ content }) => isOpening(content.kind, content));
  const farEnd = remote ?? (teller === "client" ? pickedAddress(log, entries) : undefined);
  const settings = { client: new Map<string, number>(), server: new Map<string, number>() };
  for (const { content, told } of frames)
    for (const [name, value] of Object.entries(content.settings ?? {})) settings[told.by].set(name, value);
  return {
    trail: undefined,
    log,
    teller,
    client: teller === "client" ? local : farEnd,
    server: teller === "client" ? farEnd : local,
    opened: opening && markOf(opening),
    frames: frames.map(({ told }) => told),
    gaps: log.omitted > 0 || !framed,
    goAways: frames.flatMap(({ content, told }) => goingOf(content, told)),
    requests: requestsOf(frames),
    pings: frames.flatMap(({ told }) => (told.type === "PING" && !told.ack ? [{ by: told.by, mark: told.mark }] : [])),
    settings,
    closing: closingOf(entries, teller, markOf),
    until: untilOf(log) ?? last.at,
    also: [],
  };
}

/** The address that grpc-go said it would connect to, where it said so last before the connection's first frame. */
function pickedAddress(log: Log, entries: readonly LogEntry[]): Endpoint | undefined {
  const first = entries[0]?.line ?? 0;
  const before = picksIn(log).findLast(({ line }) => line < first);
  const text = before?.content.kind === "message" ? before.content.text : "";
  return readEndpoint(PICKS.exec(text)?.[1] ?? "");
}

const picksIn: (log: Log) => readonly LogEntry[] = remember((log: Log) =>
  log.entries.filter(({ content }) => content.kind === "message" && PICKS.test(content.text)),
);

const PICKS = /picks a new address "([^"]{3,80})"/;

/** The client dials and opens odd streams; whoever accepted is the server. */
function tellerOf(entries: readonly LogEntry[]): Side {
  for (const { content } of entries) {
    if (content.kind === "dial") return "client";
    if (content.kind === "connection" && content.event === "created") return "client";
    if (content.kind === "connection" && content.event === "accepted") return "server";
    if (content.kind !== "http2-frame") continue;
    if (content.told === "transport") return "client";
    if (content.told === "server") return "server";
    if (content.type === "HEADERS" && content.stream % 2 === 1)
      return content.direction === "written" ? "client" : "server";
  }
  return "client";
}

function isOpening(kind: string, content: LogEntry["content"]): boolean {
  if (kind === "dial") return true;
  return content.kind === "connection" && (content.event === "created" || content.event === "accepted");
}

const untilOf: (log: Log) => bigint | undefined = remember((log: Log) => {
  const last = log.entries.findLast((entry) => entry.time !== undefined);
  return last === undefined ? undefined : log.instantOf(last);
});

const toldOf = (content: Http2FrameLogged, by: Side, mark: Mark): Told => ({
  by,
  type: content.type,
  stream: content.stream,
  endStream: content.flags.includes("END_STREAM"),
  ack: content.flags.includes("ACK"),
  length: content.length,
  increment: content.increment,
  windows: undefined,
  mark,
});

function goingOf({ type, lastStream, errorCode, debug }: Http2FrameLogged, { by, mark }: Told): Going[] {
  if (type !== "GOAWAY" || lastStream === undefined) return [];
  return [{ by, lastStream, code: errorCode ?? "", debug: debug ?? "", mark }];
}

function requestsOf(
  frames: readonly { readonly told: Told; readonly content: Http2FrameLogged }[],
): readonly Exchange[] {
  const found = new Map<number, { -readonly [K in keyof Exchange]: Exchange[K] }>();
  for (const { told, content } of frames) {
    const { stream, type, by, mark } = told;
    if (stream % 2 === 0 || (type !== "HEADERS" && type !== "DATA" && type !== "RST_STREAM")) continue;
    let request = found.get(stream);
    if (request === undefined) {
      if (type === "RST_STREAM") continue;
      request = {
        ...{ id: stream, opened: mark, last: mark, method: undefined, path: undefined },
        ...{ answered: false, answeredWhole: false, reset: undefined },
      };
      found.set(stream, request);
    }
    request.last = mark;
    if (type === "RST_STREAM") request.reset ??= { by, code: content.errorCode ?? "", mark };
    else if (by === "server") {
      request.answered = true;
      request.answeredWhole ||= told.endStream;
    }
  }
  return [...found.values()];
}

/** Go prints `readFrame error … EOF` when the other end has closed, and nothing of that kind when it closes itself. */
function closingOf(
  entries: readonly LogEntry[],
  teller: Side,
  markOf: (entry: LogEntry) => Mark | undefined,
): Closing | undefined {
  for (const entry of entries) {
    const { content } = entry;
    if (content.kind !== "connection") continue;
    const mark = markOf(entry);
    if (mark === undefined) continue;
    const far: Side = teller === "client" ? "server" : "client";
    if (content.event === "read-error" || content.event === "lost") {
      if (content.error === "end-of-file") return { by: far, how: "told", mark };
      if (content.error === "reset") return { by: undefined, how: "told", mark };
      return { by: content.error === "closed-locally" ? teller : undefined, how: "told", mark };
    }
    if (content.event === "idle-closed" || content.event === "closed") return { by: teller, how: "told", mark };
  }
  return undefined;
}
