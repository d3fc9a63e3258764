import type { Failure, LogContent, ProcessEvent } from "./content.ts";
import { entryOf, type LogEntry, type Severity } from "./entry.ts";
import { errorWord } from "./error-word.ts";
import { readPrefix } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { endpointOf, endpointOfUrl, readEndpoint } from "./read-endpoint.ts";
import { requestLine } from "./request-of.ts";

/** nginx's error log: `date [level] pid#tid: *connection message while action, client: …, upstream: "…"`. */
export function nginxErrorParser(): LogParser {
  return lineParser(readNginxError);
}

const HEAD = /^\[(debug|info|notice|warn|error|crit|alert|emerg)\] \d{1,10}#\d{1,10}: (?:\*(\d{1,19}) )?/;

export function readNginxError(line: string, number: number): LogEntry | undefined {
  const prefix = readPrefix(line);
  if (prefix === undefined || line[prefix.rest] !== "[") return undefined;
  const rest = line.slice(prefix.rest);
  const head = HEAD.exec(rest);
  if (head === null) return undefined;
  const severity = SEVERITIES[head[1] ?? ""];
  const content = contentOf(rest.slice(head[0].length), head[2], severity);
  return entryOf(number, content, { time: prefix.time, program: "nginx", severity });
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  debug: "debug",
  info: "info",
  notice: "info",
  warn: "warning",
  error: "error",
  crit: "error",
  alert: "fatal",
  emerg: "fatal",
};

function contentOf(text: string, connection: string | undefined, severity: Severity | undefined): LogContent {
  const process = PROCESS.find(([pattern]) => pattern.test(text));
  if (process !== undefined) return { kind: "process", event: process[1], text };
  const client = readClient(text);
  if (/^client \S+ closed keepalive connection/.test(text)) {
    return event("idle-closed", connection, client, text);
  }
  if (
    text.includes("client prematurely closed connection") ||
    text.includes("client closed connection while waiting")
  ) {
    return event("closed", connection, client, text);
  }
  const error = errorWord(text.slice(0, tailOf(text)));
  if (error !== undefined) return failure(text, error);
  // A warning about the configuration is no lost connection.
  return severity === "error" && text.includes(", upstream: ") ? failure(text, "other") : { kind: "message", text };
}

const PROCESS: readonly (readonly [RegExp, ProcessEvent["event"]])[] = [
  [/^signal \d+ \(SIGHUP\)|^reconfiguring$/, "reloading"],
  [/^start worker process \d+|^start worker processes$/, "started"],
  [/^gracefully shutting down|^signal \d+ \(SIGQUIT\)/, "draining"],
  [/^worker process \d+ exited on signal/, "crashed"],
  [/^exit(?:ing)?$|^worker process \d+ exited with code|^signal \d+ \((?:SIGTERM|SIGINT)\)/, "stopped"],
];

function event(
  event: "idle-closed" | "closed",
  id: string | undefined,
  remote: ReturnType<typeof readClient>,
  text: string,
): LogContent {
  const name = id === undefined ? undefined : `*${id}`;
  return { kind: "connection", event, id: name, local: undefined, remote, error: undefined, text };
}

/** Where `, client: …, server: …` begins: the error is told before it. */
function tailOf(text: string): number {
  const at = text.indexOf(", client: ");
  return at < 0 ? text.length : at;
}

/** nginx gives the client's address without its port. */
function readClient(text: string): ReturnType<typeof endpointOf> {
  const address = /(?:, client: |^client )([0-9a-fA-F.:]{2,45})(?=[, ]|$)/.exec(text)?.[1];
  return address === undefined ? undefined : endpointOf(address, "0");
}

function failure(text: string, error: Failure["error"]): Failure {
  const request = /, request: "([^"]{0,4000})"/.exec(text)?.[1] ?? "";
  const upstream = /, upstream: "([^"]{1,4000})"/.exec(text)?.[1] ?? "";
  const { method, target } = requestLine(request);
  const remote = endpointOfUrl(upstream) ?? readEndpoint(upstream);
  const action = / while ([a-z/ ]{3,60})/.exec(text)?.[1] ?? "";
  return {
    kind: "failure",
    error,
    operation: operationOf(action, text),
    local: undefined,
    remote,
    method,
    target,
    after: undefined,
    text,
    chain: [],
  };
}

function operationOf(action: string, text: string): Failure["operation"] {
  if (action.startsWith("SSL handshaking") || text.includes("SSL_do_handshake")) return "handshake";
  if (action.startsWith("connecting")) return "connect";
  if (action.startsWith("reading")) return "read";
  if (action.startsWith("sending")) return "write";
  return undefined;
}
