import type { ErrorWord, LogContent } from "./content.ts";
import { errorWord } from "./error-word.ts";
import { readFrameSummary } from "./http2-frame-summary.ts";
import { readEndpoint } from "./read-endpoint.ts";

/**
 * A message that Go's HTTP/2 logs with `GODEBUG=http2debug=1` or `2` (golang/net http2/frame.go,
 * transport.go, server.go), without its prefix of date and time.
 */
export function readHttp2Debug(message: string): LogContent | undefined {
  if (!message.startsWith("http2: ")) return STRAYS.test(message) ? plain(message) : undefined;
  if (message.startsWith("Framer ", 7)) return framer(message);
  if (message.startsWith("Transport ", 7)) return transport(message);
  if (message.startsWith("server", 7)) return server(message);
  const header = /^decoded hpack field header field "([^"]{1,200})" = (.*)$/.exec(message.slice(7));
  if (header !== null) return headerField("read", header[1] ?? "", header[2] ?? "");
  if (message.startsWith("received GOAWAY", 7)) {
    return { kind: "goaway", errorCode: codeIn(message), debug: undefined, text: message };
  }
  return plain(message);
}

const STRAYS =
  /^(?:RoundTrip (?:failure|retrying after failure): |transport got GOAWAY |GOAWAY close timer fired|connection is idle$)/;

/** Lines that say no frame: a failure where they carry an error, else a message. */
function plain(text: string): LogContent {
  if (text.startsWith("transport got GOAWAY")) {
    return { kind: "goaway", errorCode: /= (\w+)/.exec(text)?.[1], debug: undefined, text };
  }
  if (text.startsWith("GOAWAY close timer fired")) {
    const remote = readEndpoint(/conn from (\S{3,80})$/.exec(text)?.[1] ?? "");
    return { kind: "connection", event: "closed", id: undefined, local: undefined, remote, error: "goaway", text };
  }
  const word = errorWord(text);
  if (word === undefined) return { kind: "message", text };
  return {
    kind: "failure",
    error: word,
    operation: "request",
    ...pairIn(text),
    method: undefined,
    target: undefined,
    after: undefined,
    text,
    chain: [],
  };
}

/** `http2: Framer 0xc0001002a0: wrote SETTINGS len=18, …` */
function framer(message: string): LogContent {
  const colon = message.indexOf(": ", 14);
  if (colon > 0 && colon < 60) {
    const framer = message.slice(14, colon);
    const at = colon + 2;
    const read = message.startsWith("read ", at);
    if (read || message.startsWith("wrote ", at)) {
      const frame = readFrameSummary(message, at + (read ? 5 : 6));
      if (frame !== undefined) {
        return { kind: "http2-frame", direction: read ? "read" : "written", told: "framer", framer, ...frame };
      }
    }
  }
  return { kind: "message", text: message };
}

/** `http2: Transport …`: the client's side. */
function transport(message: string): LogContent {
  const text = message.slice(17);
  if (text.startsWith("received ")) {
    const frame = readFrameSummary(message, 26);
    if (frame === undefined) return { kind: "message", text: message };
    return { kind: "http2-frame", direction: "read", told: "transport", framer: undefined, ...frame };
  }
  if (text.startsWith("encoding header ")) {
    const m = /^encoding header "([^"]{1,200})" = (.*)$/.exec(text);
    return m === null ? plain(message) : headerField("written", m[1] ?? "", m[2] ?? "");
  }
  if (text === "sending health check") return healthCheck("sent", message, undefined);
  if (text === "health check success") return healthCheck("succeeded", message, undefined);
  if (text.startsWith("health check failure: ")) return healthCheck("failed", message, errorWord(text) ?? "other");
  const created = /^creating client conn (\S{1,40}) to (\S{1,80})$/.exec(text);
  if (created !== null) return connection("created", created[1], message, readEndpoint(created[2] ?? ""));
  const idle = /^closing idle conn (\S{1,40})/.exec(text);
  if (idle !== null) return connection("idle-closed", idle[1], message);
  const broken = /^readFrame error on conn (\S{1,40}): /.exec(text);
  if (broken !== null) return readError(broken[1], message);
  // The pool was empty and a connection is dialled next: no failure.
  if (text.endsWith("http2: no cached connection was available")) return { kind: "message", text: message };
  return plain(message);
}

/** `http2: server …`: the server's side. */
function server(message: string): LogContent {
  if (message.startsWith("server read frame ", 7)) {
    const frame = readFrameSummary(message, 25);
    if (frame !== undefined) {
      return { kind: "http2-frame", direction: "read", told: "server", framer: undefined, ...frame };
    }
  }
  const accepted = /^http2: server connection from (\S{1,80}) on (\S{1,40})$/.exec(message);
  if (accepted !== null) return connection("accepted", accepted[2], message, readEndpoint(accepted[1] ?? ""));
  if (message.startsWith("server processing setting", 7) || message.endsWith("said hello")) {
    return { kind: "message", text: message };
  }
  return plain(message);
}

const connection = (
  event: "created" | "accepted" | "idle-closed",
  id: string | undefined,
  text: string,
  remote = readEndpoint(""),
): LogContent => ({ kind: "connection", event, id, local: undefined, remote, error: undefined, text });

function readError(id: string | undefined, text: string): LogContent {
  const error = errorWord(text) ?? "other";
  const event = error === "lost-ping" ? "lost" : "read-error";
  return { kind: "connection", event, id, ...pairIn(text), error, text };
}

function healthCheck(event: "sent" | "succeeded" | "failed", text: string, error: ErrorWord | undefined): LogContent {
  return { kind: "health-check", event, error, text };
}

/** Fields whose values tell of connections and of what was asked; no other value is kept. */
const KEPT = new Set([
  ":authority",
  ":method",
  ":path",
  ":scheme",
  ":status",
  "user-agent",
  "server",
  "connection",
  "keep-alive",
  "retry-after",
  "content-type",
  "content-length",
  "date",
  "grpc-status",
  "grpc-message",
]);

function headerField(direction: "read" | "written", name: string, quoted: string): LogContent {
  const value = quoted.startsWith('"') && quoted.endsWith('"') ? quoted.slice(1, -1) : quoted;
  return { kind: "http2-header", direction, name, value: KEPT.has(name) ? value : undefined };
}

const codeIn = (text: string): string | undefined => /ErrCode=(\w{1,40})/.exec(text)?.[1];

/** The two ends in Go's `read tcp A->B: …`, where named. */
export function pairIn(text: string): {
  readonly local: ReturnType<typeof readEndpoint>;
  readonly remote: ReturnType<typeof readEndpoint>;
} {
  const arrow = text.indexOf("->");
  if (arrow > 0) {
    const local = /(?:^|[\s(])((?:\d{1,3}\.){3}\d{1,3}:\d{1,5}|\[[0-9a-fA-F:.%\w]{2,60}\]:\d{1,5}|:\d{1,5}) ?$/.exec(
      text.slice(Math.max(0, arrow - 90), arrow),
    );
    const remote = /^ ?(\[[0-9a-fA-F:.%\w]{2,60}\]:\d{1,5}|[\w.-]{1,80}:\d{1,5})/.exec(
      text.slice(arrow + 2, arrow + 100),
    );
    if (local !== null || remote !== null) {
      return { local: readEndpoint(local?.[1] ?? ""), remote: readEndpoint(remote?.[1] ?? "") };
    }
  }
  return { local: undefined, remote: undefined };
}
