import type { LogContent } from "./content.ts";
import { errorWord } from "./error-word.ts";
import { failureOf } from "./failure-of.ts";
import { readGoDuration } from "./go-text.ts";
import { readEndpoint } from "./read-endpoint.ts";

/** Lines that Go clients and servers write about connections: dials, accepts, closes, results of requests. */
export function readGoConnections(message: string): LogContent | undefined {
  switch (message.charCodeAt(0)) {
    case 0x64: // d
      return dial(message);
    case 0x63: // c
      return served(message);
    case 0x68: // h
      return message.startsWith("http: TLS handshake error ") ? failureOf(message) : undefined;
    case 0x49: // I
      return outcome(message);
    default:
      return undefined;
  }
}

const DIALED = /^dial(?:ed|led|ing)?(?: tcp)? (\S{3,90}) ?-> ?(\S{3,90})$/;
const DIAL_FAILED = /^dial(?:ing)? (\S{3,90}): (.{1,2000})$/;

function dial(text: string): LogContent | undefined {
  if (!text.startsWith("dial")) return undefined;
  const done = DIALED.exec(text);
  if (done !== null) {
    const local = readEndpoint(done[1] ?? "");
    const remote = readEndpoint(done[2] ?? "");
    const outcome = text.startsWith("dialing") ? "started" : "connected";
    return { kind: "dial", outcome, local, remote, name: undefined, error: undefined, text };
  }
  const failed = DIAL_FAILED.exec(text);
  const tcp = failed ?? /^dial tcp (\S{3,90}): (.{1,2000})$/.exec(text);
  if (tcp === null) return undefined;
  const target = tcp[1] ?? "";
  const arrow = /dial tcp (\S{2,90})->(\S{3,90}): /.exec(text);
  const remote = readEndpoint(target) ?? readEndpoint(arrow?.[2] ?? "");
  const error = errorWord(tcp[2] ?? "") ?? "other";
  const local = readEndpoint(arrow?.[1] ?? "");
  return {
    kind: "dial",
    outcome: "failed",
    local,
    remote,
    name: remote === undefined ? target : undefined,
    error,
    text,
  };
}

/** `conn #1 from 192.0.2.1:42852` and `conn closed 192.0.2.1:42852`, as net/http's ConnState hook is often logged. */
function served(text: string): LogContent | undefined {
  const m = /^conn(?:ection)? (?:(#\d{1,12}) from|(closed)(?: from)?|(?:accepted|new) from) (\S{3,90})$/.exec(text);
  if (m === null) return undefined;
  const event = m[2] === undefined ? "accepted" : "closed";
  const remote = readEndpoint(m[3] ?? "");
  if (remote === undefined) return undefined;
  return { kind: "connection", event, id: m[1], local: undefined, remote, error: undefined, text };
}

/** `I component-0 GET /a -> 200 OK 201 bytes in 4ms`: a client's own note that a request succeeded. */
function outcome(text: string): LogContent | undefined {
  const m = /^I \S{1,60} ([A-Z]{3,8}) (\S{1,2000}) -> (\d{3})\b.{0,60}? (\d{1,15}) bytes in (\S{1,20})/.exec(text);
  if (m === null) return undefined;
  return {
    kind: "request",
    client: undefined,
    method: m[1],
    target: m[2],
    protocol: undefined,
    status: Number(m[3]),
    upstream: undefined,
    upstreamName: undefined,
    upstreamStatus: undefined,
    duration: readGoDuration(m[5] ?? ""),
    upstreamDuration: undefined,
    bytesSent: Number(m[4]),
    bytesReceived: undefined,
    termination: undefined,
    userAgent: undefined,
    startedAt: undefined,
  };
}
