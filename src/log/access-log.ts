import { entryOf, type LogEntry } from "./entry.ts";
import { commonLog, readTime, readUnixTime } from "./line-time.ts";
import type { LogTime } from "./log-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { endpointOf, readAddress, readEndpoint } from "./read-endpoint.ts";
import { requestLine, requestOf, secondsOf, statusOf, wholeNumber } from "./request-of.ts";
import { type Field, splitFields } from "./split-fields.ts";

/**
 * Access logs of nginx, Apache and their kin: the combined format, what is often added to it
 * (`rt=0.097 up=10.0.0.1:3000 up_status=502`), and ingress-nginx's own order of fields.
 */
export function accessLogParser(): LogParser {
  return lineParser(readAccessLog);
}

export function readAccessLog(line: string, number: number): LogEntry | undefined {
  const bracket = line.indexOf("[");
  const quote = line.indexOf('"');
  if (bracket <= 0 || bracket > 200 || quote < bracket) return undefined;
  const fields = splitFields(line);
  const at = fields.findIndex((f) => f.form === "bracketed");
  const request = fields.findIndex((f) => f.form === "quoted");
  if (at < 1 || at > 4 || request <= at || request > at + 3) return undefined;
  const status = statusOf(fields[request + 1]?.text);
  const time = timeOf(fields, at, request);
  if (status === undefined || time === undefined) return undefined;
  const client = fields[0]?.text ?? "";
  const rest = joinLists(fields.slice(request + 2));
  return entryOf(
    number,
    requestOf({
      client: readEndpoint(client) ?? (readAddress(client) === undefined ? undefined : endpointOf(client, "0")),
      ...requestLine(fields[request]?.text ?? ""),
      status,
      ...combined(rest),
      ...ingress(rest),
      ...named(rest),
    }),
    { time },
  );
}

/** The bracketed time, or the seconds since 1970 with a fraction behind it, which are finer. */
function timeOf(fields: readonly Field[], at: number, request: number): LogTime | undefined {
  const text = fields[at]?.text ?? "";
  const stated = commonLog(text, 0)?.time ?? readTime(text);
  const epoch = request === at + 2 ? readUnixTime(fields[at + 1]?.text ?? "") : undefined;
  return epoch ?? stated;
}

/** `bytes "referer" "user agent"`. */
function combined(rest: readonly Field[]): { bytesSent?: number | undefined; userAgent?: string | undefined } {
  const [bytes, referer, agent] = rest;
  const userAgent =
    referer?.form === "quoted" && agent?.form === "quoted" && agent.text !== "-" ? agent.text : undefined;
  return bytes?.form === "bare" && !bytes.text.includes("=")
    ? { bytesSent: bytes.text === "-" ? 0 : wholeNumber(bytes.text), userAgent }
    : {};
}

/** ingress-nginx: `… length time [upstream name] [alternative] upstream length time status id` behind the user agent. */
function ingress(rest: readonly Field[]): object {
  const name = rest[5];
  if (name?.form !== "bracketed" || rest[6]?.form !== "bracketed") return {};
  return {
    bytesReceived: wholeNumber(rest[3]?.text),
    duration: secondsOf(rest[4]?.text),
    upstreamName: name.text,
    upstream: readEndpoint(lastOf(rest[7]?.text)),
    upstreamDuration: secondsOf(lastOf(rest[9]?.text)),
    upstreamStatus: statusOf(lastOf(rest[10]?.text)),
  };
}

/** nginx lists the upstreams it tried as `a, b` and, after an internal redirect, `a : b`: one field each. */
function joinLists(fields: readonly Field[]): Field[] {
  const joined: Field[] = [];
  for (const field of fields) {
    const last = joined.at(-1);
    const continues = field.form === "bare" && (field.text === ":" || /(?:,| :)$/.test(last?.text ?? ""));
    if (last?.form === "bare" && continues) joined[joined.length - 1] = { ...last, text: `${last.text} ${field.text}` };
    else joined.push(field);
  }
  return joined;
}

/** Of several upstreams the last one gave the answer. */
const lastOf = (text = ""): string => text.split(/, | : /).at(-1) ?? "";

type Named = "upstream" | "upstreamStatus" | "upstreamDuration" | "duration";

const NAMES: Readonly<Record<string, Named>> = {
  up: "upstream",
  upstream: "upstream",
  upstream_addr: "upstream",
  ua: "upstream",
  up_status: "upstreamStatus",
  upstream_status: "upstreamStatus",
  us: "upstreamStatus",
  up_time: "upstreamDuration",
  upstream_response_time: "upstreamDuration",
  urt: "upstreamDuration",
  rt: "duration",
  request_time: "duration",
};

/** `name=value` pairs under the names that are customary. */
function named(rest: readonly Field[]): object {
  const found: Partial<Record<Named, unknown>> = {};
  for (const { text, form } of rest) {
    const equals = form === "bare" ? text.indexOf("=") : -1;
    if (equals <= 0) continue;
    const name = text.slice(0, equals).toLowerCase();
    const what = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    const value = text.slice(equals + 1).replace(/^"|[",;]+$/g, "");
    if (what === "upstream") found.upstream = readEndpoint(value);
    else if (what === "upstreamStatus") found.upstreamStatus = statusOf(value);
    else if (what !== undefined) found[what] = secondsOf(value);
  }
  return found;
}
