import { entryOf, type LogEntry } from "./entry.ts";
import { type JsonObject, parseJsonObject, textField } from "./json-value.ts";
import { readTime, readUnixTime } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { endpointOf, readAddress, readEndpoint } from "./read-endpoint.ts";
import { millisecondsOf, requestLine, requestOf, secondsOf, statusOf, wholeNumber } from "./request-of.ts";

/** Access logs with one JSON object a line: Envoy's and Istio's, and nginx's as commonly written. */
export function jsonAccessLogParser(): LogParser {
  return lineParser(readJsonAccessLog);
}

export function readJsonAccessLog(line: string, number: number): LogEntry | undefined {
  if (!line.startsWith("{") || !STATUS.test(line)) return undefined;
  const value = parseJsonObject(line);
  if (value === undefined) return undefined;
  return "response_code" in value ? envoy(value, number) : nginx(value, number);
}

const STATUS = /"(?:response_code|status)"\s*:/;

/** Istio's default JSON (istio.io, Envoy access logs): the format operators' names in lower case; milliseconds. */
function envoy(value: JsonObject, number: number): LogEntry | undefined {
  const text = (name: string): string | undefined => dashless(textField(value, name));
  const time = readTime(text("start_time") ?? "");
  if (time === undefined) return undefined;
  const duration = millisecondsOf(text("duration"));
  const content = requestOf({
    client: readEndpoint(text("downstream_remote_address") ?? ""),
    method: text("method"),
    target: text("path"),
    protocol: text("protocol"),
    status: statusOf(text("response_code")),
    upstream: readEndpoint(text("upstream_host") ?? ""),
    upstreamName: text("upstream_cluster"),
    duration,
    upstreamDuration: millisecondsOf(text("upstream_service_time")),
    bytesSent: wholeNumber(text("bytes_sent")),
    bytesReceived: wholeNumber(text("bytes_received")),
    termination: text("response_flags"),
    userAgent: text("user_agent"),
    startedAt: time.kind === "instant" ? time.at : undefined,
  });
  return entryOf(number, content, { time, program: "envoy" });
}

function nginx(value: JsonObject, number: number): LogEntry | undefined {
  const text = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const found = dashless(textField(value, name));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const status = statusOf(text("status"));
  const stated = text("time_iso8601", "@timestamp", "timestamp", "time", "ts", "time_local", "msec") ?? "";
  const time = readTime(stated) ?? readUnixTime(stated);
  const line = requestLine(text("request") ?? "");
  if (status === undefined || time === undefined) return undefined;
  const client = text("remote_addr", "client", "client_ip") ?? "";
  const content = requestOf({
    client:
      readEndpoint(client) ??
      (readAddress(client) === undefined ? undefined : endpointOf(client, text("remote_port") ?? "0")),
    method: line.method ?? text("request_method", "method"),
    target: line.target ?? text("request_uri", "uri", "path"),
    protocol: line.protocol ?? text("server_protocol"),
    status,
    upstream: readEndpoint(text("upstream_addr") ?? ""),
    upstreamStatus: statusOf(text("upstream_status")),
    duration: secondsOf(text("request_time")),
    upstreamDuration: secondsOf(text("upstream_response_time")),
    bytesSent: wholeNumber(text("body_bytes_sent", "bytes_sent")),
    userAgent: text("http_user_agent", "user_agent"),
  });
  return entryOf(number, content, { time });
}

const dashless = (text: string | undefined): string | undefined => (text === "-" || text === "" ? undefined : text);
