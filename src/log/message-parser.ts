import type { LogContent } from "./content.ts";
import { entryOf, type LogEntry, type Severity } from "./entry.ts";
import { type Envelope, unwrap } from "./envelope.ts";
import { failureOf } from "./failure-of.ts";
import { readGoConnections } from "./go-connections.ts";
import { grpcSeverity, readGrpcMessage } from "./grpc-messages.ts";
import { readHttp2Debug } from "./http2-debug.ts";
import { isKeyLogLine } from "./key-log.ts";
import { readKubernetesMessage } from "./kubernetes-messages.ts";
import { type LinePrefix, readPrefix } from "./line-time.ts";
import type { LogParser } from "./parser.ts";
import { programOf } from "./program-of.ts";
import { chainOf, chainsTraceback, continuesTrace, isHeadline, opensTrace } from "./stack-trace.ts";

/** Characters of a message that are looked at; a line of JSON around it may be longer. */
const LONGEST_MESSAGE = 1 << 14;

/** Lines of one trace that are looked at; the rest are only counted. */
const TRACE_LINES = 400;

/**
 * Reads free-form logs, line by line: any prefix with or without a collector's envelope, then the
 * message of Go's HTTP/2, Kubernetes, gRPC or any client library, with stack traces folded into the
 * entry they belong to. Understands every line or keeps it as text.
 */
export function messageParser(): LogParser {
  let open: OpenEntry | undefined;
  const take = (): readonly LogEntry[] => {
    const done = open === undefined ? [] : [open.trace.length === 0 ? open.entry : withTrace(open.entry, open.trace)];
    open = undefined;
    return done;
  };
  return {
    feed(line, number) {
      if (open !== undefined && belongs(open, line)) {
        fold(open, line);
        return [];
      }
      const done = take();
      open = begin(line, number);
      return done;
    },
    finish: take,
  };
}

/** An entry that the next line may belong to. */
interface OpenEntry {
  entry: LogEntry;
  readonly trace: string[];
  /** Where a Python traceback stands: in its frames, behind its headline, or before the next of a chain. */
  python: "frames" | "told" | "chained" | undefined;
}

function begin(line: string, number: number): OpenEntry {
  if (!opensTrace(line) && !isHeadline(line)) return { entry: readLine(line, number), trace: [], python: undefined };
  const python = line.startsWith("Traceback") ? "frames" : undefined;
  return { entry: entryOf(number, contentOf(line, true)), trace: [line.slice(0, 2000)], python };
}

function belongs({ entry, trace, python }: OpenEntry, line: string): boolean {
  if (trace.length === 0 && !canExplain(entry)) return false;
  if (line.startsWith("Traceback (most recent call last)")) return trace.length === 0 || python === "chained";
  if (python !== undefined && (line === "" || chainsTraceback(line))) return true;
  if (python === "frames" && isHeadline(line)) return true;
  // Node prints the line of code, a caret and a blank line before the error itself.
  if (trace.length > 0 && trace.length < 8 && /^(?:node:|\/)/.test(trace[0] ?? "") && !trace.some(isHeadline))
    return true;
  if (line.startsWith("      ") && isDotnet(entry)) return true;
  return continuesTrace(line, python === "frames");
}

const isDotnet = ({ content }: LogEntry): boolean => content.kind === "message" && DOTNET.test(content.text);

function fold(open: OpenEntry, line: string): void {
  open.entry = { ...open.entry, lines: open.entry.lines + 1 };
  const said = isDotnet(open.entry) ? line.replace(/^ {6}/, "") : line;
  if (open.trace.length < TRACE_LINES) open.trace.push(said.slice(0, 2000));
  if (line.startsWith("Traceback")) open.python = "frames";
  else if (chainsTraceback(line)) open.python = "chained";
  else if (open.python === "frames" && isHeadline(line)) open.python = "told";
}

/** Only what reports trouble, or a plain message, is followed by a trace. */
function canExplain(entry: LogEntry): boolean {
  const kind = entry.content.kind;
  return kind === "failure" || kind === "message" || kind === "watch-ended" || kind === "lease";
}

function withTrace(entry: LogEntry, lines: readonly string[]): LogEntry {
  const chain = chainOf(lines);
  const text = "text" in entry.content ? entry.content.text : "";
  const failure = failureOf(text, chain) ?? failureOf(lines.join("\n"), chain);
  if (failure === undefined || entry.content.kind === "watch-ended" || entry.content.kind === "lease") {
    return entry.content.kind === "text" ? { ...entry, content: { kind: "message", text } } : entry;
  }
  const whole = failureOf(`${text}\n${lines.join("\n")}`.slice(0, 16_384), chain);
  const ends = whole === undefined ? {} : { local: whole.local, remote: whole.remote, operation: whole.operation };
  const told = opensTrace(text) ? (chain.findLast((each) => !each.startsWith("code: ")) ?? text) : text;
  return { ...entry, severity: entry.severity ?? "error", content: { ...failure, ...ends, text: told, chain } };
}

function readLine(line: string, number: number): LogEntry {
  const wrapped = unwrap(line);
  const inner = (wrapped?.inner ?? line).slice(0, LONGEST_MESSAGE);
  const grpc = grpcSeverity(inner);
  const start = grpc === undefined ? withoutMark(inner) : inner.slice(grpc.rest);
  const prefix = readPrefix(start);
  const message = prefix === undefined ? start : start.slice(prefix.rest);
  if (isKeyLogLine(message)) return entryOf(number, { kind: "keylog" });
  const known = wrapped !== undefined || prefix !== undefined || grpc !== undefined || DOTNET.test(message);
  const content = contentOf(message, known);
  const time = bestTime(wrapped, prefix);
  const severity = prefix?.severity ?? grpc?.severity ?? wrapped?.severity ?? severityOf(message);
  const program = wrapped?.program ?? programOf(inner, content, grpc !== undefined, prefix);
  return { line: number, lines: 1, time, program, severity, content };
}

/** A comment that begins with a date: `# 2026-11-20T15:32:42Z …`. */
function withoutMark(line: string): string {
  return line.startsWith("# ") && readPrefix(line.slice(2)) !== undefined ? line.slice(2) : line;
}

/** The first line of .NET's console logger; the message stands indented below it. */
const DOTNET = /^(?:trce|dbug|info|warn|fail|crit): \S{1,200}\[\d{1,10}\]$/;

/** The envelope's time has a date and a zone; the line's own is used where it says as much. */
function bestTime(wrapped: Envelope | undefined, prefix: LinePrefix | undefined): LogEntry["time"] {
  if (wrapped?.time?.kind === "instant" && prefix?.time.kind !== "instant") return wrapped.time;
  return prefix?.time ?? wrapped?.time;
}

/** What a message says; `known` when the line's form was understood even if its words are not. */
function contentOf(message: string, known: boolean): LogContent {
  return (
    readHttp2Debug(message) ??
    readKubernetesMessage(message) ??
    readGrpcMessage(message) ??
    readGoConnections(message) ??
    failureOf(message) ?? { kind: known ? "message" : "text", text: message }
  );
}

function severityOf(message: string): Severity | undefined {
  const m =
    /^(?:\[|\S{0,40} ?- ?)?(TRACE|TRCE|DEBUG|DBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FAIL|FATAL|CRITICAL|CRIT|[IWEF])\b/i.exec(
      message.slice(0, 80),
    );
  return m === null ? undefined : WORDS[(m[1] ?? "").toUpperCase()];
}

const WORDS: Readonly<Record<string, Severity>> = {
  TRACE: "debug",
  TRCE: "debug",
  DBUG: "debug",
  FAIL: "error",
  CRIT: "fatal",
  DEBUG: "debug",
  INFO: "info",
  NOTICE: "info",
  I: "info",
  WARN: "warning",
  WARNING: "warning",
  W: "warning",
  ERROR: "error",
  ERR: "error",
  E: "error",
  FATAL: "fatal",
  CRITICAL: "fatal",
  F: "fatal",
};
