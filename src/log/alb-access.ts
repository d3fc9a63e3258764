import { entryOf, type LogEntry } from "./entry.ts";
import { readTime } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { requestLine, requestOf, secondsOf, statusOf, wholeNumber } from "./request-of.ts";
import { splitFields } from "./split-fields.ts";

/** Access log of an AWS application load balancer (docs.aws.amazon.com, load-balancer-access-logs). */
export function albAccessParser(): LogParser {
  return lineParser(readAlbAccess);
}

const TYPES = new Set(["http", "https", "h2", "grpcs", "ws", "wss"]);

export function readAlbAccess(line: string, number: number): LogEntry | undefined {
  const space = line.indexOf(" ");
  if (space < 2 || space > 5 || !TYPES.has(line.slice(0, space))) return undefined;
  const fields = splitFields(line).map((field) => field.text);
  const time = readTime(fields[1] ?? "");
  const client = readEndpoint(fields[3] ?? "");
  if (time === undefined || client === undefined || fields.length < 15) return undefined;
  const [request, response, target] = [secondsOf(fields[5]), secondsOf(fields[7]), secondsOf(fields[6])];
  // The request is `METHOD https://host:443/path HTTP/1.1`.
  const created = readTime(fields[21] ?? "");
  const content = requestOf({
    client,
    ...requestLine(fields[12] ?? ""),
    status: statusOf(fields[8]),
    upstream: readEndpoint(fields[4] ?? ""),
    upstreamName: fields[16],
    upstreamStatus: statusOf(fields[9]),
    duration: target === undefined ? undefined : (request ?? 0) + target + (response ?? 0),
    // -1 where the target closed the connection before a response.
    upstreamDuration: target,
    bytesReceived: wholeNumber(fields[10]),
    bytesSent: wholeNumber(fields[11]),
    termination: dashless(fields[24]),
    userAgent: dashless(fields[13]),
    startedAt: created?.kind === "instant" ? created.at : undefined,
  });
  return entryOf(number, content, { time, program: "AWS application load balancer" });
}

const dashless = (text: string | undefined): string | undefined => (text === "-" || text === "" ? undefined : text);
