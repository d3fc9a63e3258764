import type { LogEntry } from "../log/entry.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { type Instant, MILLISECOND, type Nanoseconds } from "../net/time.ts";
import { type FoundLine, localOf, remoteOf, textOf } from "./log-lines.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { NamedConnection } from "./signature.ts";

/**
 * What a line that shows no frame says of a GOAWAY or a refused stream: `received` or `sent` one; `closed` the
 * connection was closed after it under a request; `draining` or `no-new-streams` a request met a connection that was
 * going away; `cannot-retry` the request was to be sent again and could not be; `given-up` it could have been, and was not; `refused` REFUSED_STREAM.
 */
export interface GoawayLine {
  readonly kind:
    | "received"
    | "sent"
    | "closed"
    | "draining"
    | "no-new-streams"
    | "cannot-retry"
    | "given-up"
    | "refused";
  /** By name (RFC 9113 §7), where said. */
  readonly code: string | undefined;
  readonly debug: string | undefined;
  readonly lastStream: number | undefined;
}

/** The lines of all logs that tell of a GOAWAY or a refused stream in words, in their order. */
export const goawayLines: (scene: Scene) => readonly FoundLine<GoawayLine>[] = remember((scene: Scene) =>
  scene.logs.flatMap((log) => log.entries.flatMap((entry, index) => found(log, entry, index))),
);

function found(log: Log, entry: LogEntry, index: number): FoundLine<GoawayLine>[] {
  const said = saidBy(entry);
  if (said === undefined) return [];
  const at: Instant | undefined = log.instantOf(entry);
  const own = { client: localOf(entry), server: remoteOf(entry) };
  const bare = own.client === undefined && own.server === undefined;
  const named = said.kind === "closed" && bare ? namedJustBefore(log, index, at) : undefined;
  return [{ log, entry, at, said, named: named ?? own }];
}

/** Go reports the broken read first, with both ends (golang/net http2 transport.go, readLoop), and then fails the requests. */
const JUST_BEFORE: Nanoseconds = 2 * MILLISECOND;
const LINES_BEFORE = 12;

/** The one connection whose read broke just before a line, by the same log; undefined when there are several. */
function namedJustBefore(log: Log, index: number, at: Instant | undefined): NamedConnection | undefined {
  if (at === undefined) return undefined;
  const found = new Map<string, NamedConnection>();
  for (const entry of log.entries.slice(Math.max(0, index - LINES_BEFORE), index)) {
    const [client, server, then] = [localOf(entry), remoteOf(entry), log.instantOf(entry)];
    if (client === undefined || server === undefined || then === undefined || !("error" in entry.content)) continue;
    if (Number(at - then) <= JUST_BEFORE)
      found.set(`${printEndpoint(client)} ${printEndpoint(server)}`, { client, server });
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}

function saidBy(entry: LogEntry): GoawayLine | undefined {
  const { content } = entry;
  if (content.kind === "goaway") {
    const code = content.errorCode === undefined ? undefined : codeIn(content.errorCode);
    return { kind: "received", code, debug: content.debug, lastStream: undefined };
  }
  const text = content.kind === "watch-ended" ? content.text : textOf(entry);
  if (text === "" || !ANY.test(text) || text.startsWith("FLAG: ")) return undefined;
  for (const [kind, pattern] of WORDS) {
    if (!pattern.test(text)) continue;
    const last = /LastStreamID=(\d{1,10})/.exec(text)?.[1];
    return {
      kind,
      code: codeIn(text) ?? (/too_many_pings|too many pings/i.test(text) ? "ENHANCE_YOUR_CALM" : undefined),
      debug: /debug(?: data)?[=:] ?\\?"([^"\\]{0,200})/i.exec(text)?.[1],
      lastStream: last === undefined ? undefined : Number(last),
    };
  }
  return undefined;
}

const ANY =
  /goaway|refused_?stream|too many pings|too_many_pings|draining|enhance_your_calm|ERR_HTTP2_SESSION_ERROR|Session closed with error code|given up after/i;

/** Texts of golang/net http2/transport.go, grpc-go and grpc-js, Node, the JDK, nginx and curl; the order matters. */
const WORDS: readonly (readonly [GoawayLine["kind"], RegExp])[] = [
  ["cannot-retry", /cannot retry err \[.{0,300}(?:GOAWAY|REFUSED_STREAM)/i],
  // halfopen/guard: an end that was announced kept its request from being processed, and its attempts were used up. It says the same of connects that failed.
  [
    "given-up",
    /(?:the server refused the stream|the connection began to close before the request was sent|the server said GOAWAY \(NO_ERROR[^;]{0,200}); the server has not processed the request; given up after \d{1,4} attempts/,
  ],
  ["closed", /server sent GOAWAY and closed the connection|closing transport due to: .{0,500}received prior goaway/i],
  ["no-new-streams", /ERR_HTTP2_GOAWAY_SESSION|New streams cannot be created after receiving a GOAWAY/i],
  ["draining", /the connection is draining|server is draining the connection/i],
  ["sent", /got too many pings from the client/i],
  [
    "received",
    /received GOAWAY from server ErrCode|upstream sent goaway with error|: GOAWAY received|ERR_HTTP2_SESSION_ERROR|Session closed with error code|not closed cleanly: ENHANCE_YOUR_CALM|(?:goaway|ENHANCE_YOUR_CALM|code).{0,200}too_many_pings|too_many_pings.{0,200}(?:goaway|ENHANCE_YOUR_CALM)/i,
  ],
  ["refused", /REFUSED_?STREAM/i],
];

const CODES =
  /\b(?:NGHTTP2_)?(NO_ERROR|PROTOCOL_ERROR|INTERNAL_ERROR|FLOW_CONTROL_ERROR|SETTINGS_TIMEOUT|STREAM_CLOSED|FRAME_SIZE_ERROR|REFUSED_STREAM|CANCEL|COMPRESSION_ERROR|CONNECT_ERROR|ENHANCE_YOUR_CALM|INADEQUATE_SECURITY|HTTP_1_1_REQUIRED)\b/;
const NUMBERED = /(?:error code|goaway with error|sent goaway with error|err) (\d{1,2})\b/i;
/** RFC 9113 §7, by number. */
const BY_NUMBER: readonly string[] = [
  ...["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED"],
  ...["FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"],
  ...["INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
];

function codeIn(text: string): string | undefined {
  const named = CODES.exec(text.replace(/\bERR_?CODE_?/gi, " "))?.[1];
  if (named !== undefined) return named;
  const number = NUMBERED.exec(text)?.[1];
  return number === undefined ? undefined : BY_NUMBER[Number(number)];
}
