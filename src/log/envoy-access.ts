import { entryOf, type LogEntry } from "./entry.ts";
import { readTime } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { millisecondsOf, requestLine, requestOf, statusOf, wholeNumber } from "./request-of.ts";
import { type Field, splitFields } from "./split-fields.ts";

/** Envoy's default text access log, and Istio's with details before the byte counts. */
export function envoyAccessParser(): LogParser {
  return lineParser(readEnvoyAccess);
}

export function readEnvoyAccess(line: string, number: number): LogEntry | undefined {
  if (!line.startsWith("[")) return undefined;
  const fields = splitFields(line);
  const [start, request, code, flags] = fields;
  if (start?.form !== "bracketed" || request?.form !== "quoted" || code === undefined || flags === undefined) {
    return undefined;
  }
  const time = readTime(start.text);
  if (time === undefined || !/^\d{1,3}$/.test(code.text) || !/^(?:-|[A-Za-z,]{2,60})$/.test(flags.text))
    return undefined;
  const istio = !/^\d+$/.test(fields[4]?.text ?? "");
  const rest = fields.slice(istio ? 7 : 4);
  const content = requestOf({
    ...requestLine(request.text),
    status: statusOf(code.text),
    termination: flags.text === "-" ? undefined : flags.text,
    bytesReceived: wholeNumber(rest[0]?.text),
    bytesSent: wholeNumber(rest[1]?.text),
    duration: millisecondsOf(rest[2]?.text),
    upstreamDuration: millisecondsOf(rest[3]?.text),
    userAgent: dashless(rest[5]),
    upstream: readEndpoint((rest[8]?.text ?? "").replace(/^tcp:\/\//, "")),
    upstreamName: istio ? dashless(rest[9]) : undefined,
    client: istio ? readEndpoint(rest[12]?.text ?? "") : undefined,
    startedAt: time.kind === "instant" ? time.at : undefined,
  });
  return entryOf(number, content, { time, program: "envoy" });
}

const dashless = (field: Field | undefined): string | undefined => (field?.text === "-" ? undefined : field?.text);
