import { entryOf, type LogEntry } from "./entry.ts";
import { readTime } from "./line-time.ts";
import type { LogTime } from "./log-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { millisecondsOf, requestOf, wholeNumber } from "./request-of.ts";

/**
 * Access log of an AWS network load balancer's TLS listener, versions 1.0 and 2.0 (docs.aws.amazon.com,
 * network load-balancer-access-logs). Its times are UTC without saying so.
 */
export function nlbAccessParser(): LogParser {
  return lineParser(readNlbAccess);
}

export function readNlbAccess(line: string, number: number): LogEntry | undefined {
  if (!/^tls [12]\.0 /.test(line)) return undefined;
  const fields = line.split(" ", 30);
  const stated = readTime(fields[2] ?? "");
  const client = readEndpoint(fields[5] ?? "");
  if (stated === undefined || client === undefined || fields.length < 11) return undefined;
  const alert = fields[11];
  const content = requestOf({
    client,
    upstream: readEndpoint(fields[6] ?? ""),
    upstreamName: fields[4],
    // connection_time: from first to last packet, in milliseconds.
    duration: millisecondsOf(fields[7]),
    bytesReceived: wholeNumber(fields[9]),
    bytesSent: wholeNumber(fields[10]),
    termination: alert === undefined || alert === "-" ? undefined : `TLS alert ${alert}`,
    startedAt: startOf(fields[21]),
  });
  return entryOf(number, content, { time: asUtc(stated), program: "AWS network load balancer" });
}

function asUtc(time: LogTime): LogTime {
  return time.kind === "instant" ? time : { kind: "instant", at: time.reading, resolution: time.resolution };
}

function startOf(text: string | undefined): bigint | undefined {
  const time = readTime(text ?? "");
  if (time === undefined) return undefined;
  return time.kind === "instant" ? time.at : time.reading;
}
