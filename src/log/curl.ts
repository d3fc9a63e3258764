import type { ConnectionEvent, Dial, Failure, LogContent } from "./content.ts";
import { entryOf, type LogEntry } from "./entry.ts";
import { errorWord } from "./error-word.ts";
import { failureOf } from "./failure-of.ts";
import { readPrefix } from "./line-time.ts";
import type { LogTime } from "./log-time.ts";
import type { LogParser } from "./parser.ts";
import { endpointOf, readEndpoint } from "./read-endpoint.ts";
import { requestLine, requestOf, statusOf } from "./request-of.ts";

/**
 * `curl -v`, with or without `--trace-time`. Lines have no date of their own: a dated line before them
 * (a comment `# 2026-11-20T15:32:42.620Z …`, `date`) dates them until the next one. Header values are not kept.
 */
export function curlParser(): LogParser {
  let time: LogTime | undefined;
  let remote: ReturnType<typeof readEndpoint>;
  const entry = (number: number, content: LogContent): readonly LogEntry[] => {
    if (content.kind === "dial" || content.kind === "connection") remote = content.remote ?? remote;
    return [entryOf(number, content, { time, program: "curl" })];
  };
  return {
    feed(raw, number) {
      const line = withoutProgress(raw);
      const comment = line.startsWith("# ") ? 2 : 0;
      const bare = comment === 0 ? line : line.slice(2);
      const prefix = readPrefix(bare);
      if (prefix !== undefined) time = prefix.time;
      const rest = prefix === undefined ? bare : bare.slice(prefix.rest);
      if (comment > 0 || rest === "") {
        return prefix === undefined ? undefined : entry(number, { kind: "message", text: rest });
      }
      const content = contentOf(rest, remote);
      return content === undefined ? undefined : entry(number, content);
    },
    finish: () => [],
  };
}

/** The progress meter overwrites itself with carriage returns; a line of the log may stand right behind it. */
function withoutProgress(line: string): string {
  if (!line.startsWith("\r") && !line.startsWith("  0 ")) return line;
  return /(?:\d\d:\d\d:\d\d\.\d{6} )?[*<>{}] [^\r]*$/.exec(line.slice(-4000))?.[0] ?? "\r";
}

function contentOf(line: string, remote: Dial["remote"]): LogContent | undefined {
  const mark = line.slice(0, 2);
  if (mark === "* ") return info(line.slice(2).trimStart(), remote);
  if (mark === "> " || mark === ">") return sent(line.slice(2));
  if (mark === "< " || mark === "<") return received(line.slice(2));
  if (/^[{}] \[\d+ bytes data\]$/.test(line)) return { kind: "message", text: line };
  if (line.startsWith("curl: (")) return failureOf(line) ?? { kind: "message", text: line };
  return /^rc=\d+$|^\r$|^ {2}% Total|^ {20,}Dload/.test(line) ? { kind: "message", text: line } : undefined;
}

function info(text: string, current: Dial["remote"]): LogContent {
  const trying = /^Trying (\S{3,90}?)(?:\.\.\.)?$/.exec(text);
  if (trying !== null) return dial("started", readEndpoint(trying[1] ?? ""), undefined, text);
  const connected =
    /^(?:Connected|Established connection) to \S{1,253} \(([0-9a-fA-F.:]{2,45})(?: port (\d{1,5}))?\)(?: port (\d{1,5}))?(?: from (\S{2,45}) port (\d{1,5}))?/.exec(
      text,
    );
  if (connected !== null) {
    const local = endpointOf(connected[4] ?? "", connected[5] ?? "");
    return dial("connected", endpointOf(connected[1] ?? "", connected[2] ?? connected[3] ?? ""), local, text);
  }
  const failed = /^connect to (\S{2,90}) port (\d{1,5})(?: from (\S{2,45}) port (\d{1,5}))? failed: /.exec(text);
  if (failed !== null) {
    const local = endpointOf(failed[3] ?? "", failed[4] ?? "");
    return dial("failed", endpointOf(failed[1] ?? "", failed[2] ?? "") ?? current, local, text);
  }
  // The attempt's own line has said it already, or says it better; still the end of the attempt.
  if (text.startsWith("Failed to connect to ") || /^ipv[46] connect timeout/.test(text)) {
    return dial("failed", current, undefined, text);
  }
  const event = EVENTS.find(([pattern]) => pattern.test(text));
  if (event !== undefined) return connection(event[1], current, text);
  return failureIn(text, current) ?? { kind: "message", text };
}

/** Words of a handshake that goes well must not look like trouble. */
const WELL =
  /^(?:TLSv1\.\d \((?:IN|OUT)\), TLS (?:handshake|change cipher|header)|SSL connection using|SSL certificate verify ok|ALPN|CA(?:file|path)|Server certificate|subject|issuer|start date|expire date|h2h?3? |\[HTTP\/2\]|using HTTP|Using Stream|Added |Hostname )/;

function failureIn(text: string, remote: Dial["remote"]): LogContent | undefined {
  if (WELL.test(text)) return undefined;
  const failure = ALERT.test(text) ? tlsAlert(text) : failureOf(text);
  return failure === undefined ? undefined : { ...failure, remote: failure.remote ?? remote };
}

/** An alert, sent or received, other than the one that says goodbye (RFC 8446 §6.1). */
const ALERT = /^TLSv1\.\d \((?:IN|OUT)\), TLS alert, (?!close notify|user canceled)/;

const tlsAlert = (text: string): Failure => ({
  kind: "failure",
  error: "tls",
  operation: "handshake",
  local: undefined,
  remote: undefined,
  method: undefined,
  target: undefined,
  after: undefined,
  text,
  chain: [],
});

const EVENTS: readonly (readonly [RegExp, ConnectionEvent["event"]])[] = [
  [/^(?:Closing|shutting down) connection|^Connection #\d+ to host .{1,253} closed/, "closed"],
  [/^Re-using existing/, "reused"],
  [/^Connection died, retrying|^Connection \d+ seems to be dead/, "lost"],
];

function dial(outcome: Dial["outcome"], remote: Dial["remote"], local: Dial["local"], text: string): Dial {
  const error = outcome === "failed" ? (errorWord(text) ?? "other") : undefined;
  return { kind: "dial", outcome, local, remote, name: undefined, error, text };
}

function connection(event: ConnectionEvent["event"], remote: Dial["remote"], text: string): ConnectionEvent {
  const id = /#(\d{1,9})|connection (\d{1,9})/.exec(text);
  const error = event === "lost" ? "other" : undefined;
  return { kind: "connection", event, id: id?.[1] ?? id?.[2], local: undefined, remote, error, text };
}

/** The request line; header lines may hold credentials, so only their names are kept. */
function sent(text: string): LogContent {
  const line = requestLine(text);
  return line.method === undefined || line.protocol === undefined ? header(text) : requestOf(line);
}

function received(text: string): LogContent {
  const m = /^HTTP\/[\d.]{1,3} (\d{3})/.exec(text);
  return m === null ? header(text) : requestOf({ status: statusOf(m[1]) });
}

const header = (text: string): LogContent => ({
  kind: "message",
  text: text.slice(0, Math.max(0, text.indexOf(":") + 1)),
});
