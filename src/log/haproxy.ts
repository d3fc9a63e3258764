import { entryOf, type LogEntry } from "./entry.ts";
import { unwrap } from "./envelope.ts";
import { commonLog } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { millisecondsOf, requestLine, requestOf, statusOf, wholeNumber } from "./request-of.ts";

/** HAProxy's HTTP and TCP log formats (configuration.txt §8.2.2, §8.2.3), raw or behind syslog. */
export function haproxyParser(): LogParser {
  return lineParser(readHaproxy);
}

const START = /^([0-9a-fA-F.:[\]]{3,50}:\d{1,5}) \[([^\]]{20,40})\] (\S{1,200}) /;
const HTTP =
  /^(\S{1,200}) ([-+\d]{1,12})\/([-+\d]{1,12})\/([-+\d]{1,12})\/([-+\d]{1,12})\/([-+\d]{1,12}) (\d{1,3}|-1) \+?(\d{1,15}) \S{1,400} \S{1,400} ([A-Za-z-]{4}) \S{1,60} \S{1,30} ?(?:\{[^}]{0,2000}\} ?){0,2}"([^"]{0,8000})"?/;
const TCP =
  /^(\S{1,200}) ([-+\d]{1,12})\/([-+\d]{1,12})\/([-+\d]{1,12}) \+?(\d{1,15}) ([A-Za-z-]{2}) \S{1,60} \S{1,30}/;

export function readHaproxy(line: string, number: number): LogEntry | undefined {
  const inner = line.includes("haproxy[") ? (unwrap(line)?.inner ?? line.slice(line.indexOf("]: ") + 3)) : line;
  const start = START.exec(inner);
  if (start === null) return undefined;
  const time = commonLog(start[2] ?? "", 0)?.time;
  const client = readEndpoint(start[1] ?? "");
  if (time === undefined || client === undefined) return undefined;
  const rest = inner.slice(start[0].length);
  const http = HTTP.exec(rest);
  const tcp = http === null ? TCP.exec(rest) : null;
  const said = { time, program: "haproxy" };
  if (http !== null) {
    const content = requestOf({
      client,
      ...requestLine(http[10] ?? ""),
      status: statusOf(http[7]),
      upstreamName: http[1],
      duration: millisecondsOf(http[6]),
      // Tr: until the server's response headers, -1 where they never came.
      upstreamDuration: millisecondsOf(http[5]),
      bytesSent: wholeNumber(http[8]),
      termination: http[9],
    });
    return entryOf(number, content, said);
  }
  if (tcp !== null) {
    const duration = millisecondsOf(tcp[4]);
    const known = { client, upstreamName: tcp[1], duration, bytesSent: wholeNumber(tcp[5]), termination: tcp[6] };
    return entryOf(number, requestOf(known), said);
  }
  // `frontend/bind: Connection error during SSL handshake`
  if (!(start[3] ?? "").endsWith(":")) return undefined;
  const text = rest.slice(0, 4000);
  const content = {
    kind: "connection",
    event: "closed",
    id: undefined,
    local: undefined,
    remote: client,
    error: /handshake/i.test(text) ? "tls" : "other",
    text,
  } as const;
  return entryOf(number, content, { ...said, severity: "error" });
}
