import type { Endpoint } from "../net/endpoint.ts";
import type { Failure } from "./content.ts";
import { errorWord } from "./error-word.ts";
import { readGoDuration } from "./go-text.ts";
import { pairIn } from "./http2-debug.ts";
import { endpointOf, readEndpoint } from "./read-endpoint.ts";

/** The failure that a message tells, in any language; undefined when it tells none about connections. */
export function failureOf(text: string, chain: readonly string[] = []): Failure | undefined {
  // The innermost cause says what happened on the wire; the words around it say what was being done.
  // Node's error code comes last and says less: ECONNRESET stands for a FIN too.
  const said = chain.filter((headline) => errorWord(headline) !== undefined);
  const inner = said.findLast((headline) => !headline.startsWith("code: ")) ?? said.at(-1);
  const error = errorWord(inner ?? text) ?? errorWord(text);
  if (error === undefined) return undefined;
  const where = chain.length === 0 ? text : `${text}\n${chain.join("\n")}`;
  return { kind: "failure", error, operation: operationOf(where), ...endsOf(where), ...requestOf(text), text, chain };
}

function operationOf(text: string): Failure["operation"] {
  if (/handshak/i.test(text)) return "handshake";
  if (/\bdial\b|\bconnect(?:ing|ion refused| to)?\b|ECONNREFUSED|NewConnectionError|ConnectException/i.test(text))
    return "connect";
  if (/\b(?:read|recv\w*|readv)\b/i.test(text)) return "read";
  if (/\b(?:write|send|writev|sendto)\b|EPIPE|broken pipe/i.test(text)) return "write";
  if (/"?(?:GET|POST|PUT|DELETE|PATCH|HEAD)\b|request|response/i.test(text)) return "request";
  return undefined;
}

/** The ends a message names: Go's `A->B`, Node's `connect ECONNREFUSED A`, `connect to A port N`, `dial tcp A`. */
function endsOf(text: string): { local: Endpoint | undefined; remote: Endpoint | undefined } {
  const pair = pairIn(text);
  if (pair.local !== undefined || pair.remote !== undefined) return pair;
  const node = nodeSocket(text);
  if (node !== undefined) return node;
  const from = /TLS handshake error from (\S{3,80}): /.exec(text)?.[1];
  if (from !== undefined) return { local: undefined, remote: readEndpoint(from) };
  const dialled = /dial tcp (\S{3,80}): /.exec(text)?.[1] ?? /E[A-Z]{5,14} (\S{3,80}:\d{1,5})(?=\s|$)/.exec(text)?.[1];
  if (dialled !== undefined) return { local: undefined, remote: readEndpoint(dialled) };
  const port = /connect to (\S{2,60}) port (\d{1,5})(?: from (\S{2,60}) port (\d{1,5}))?/.exec(text);
  if (port !== null) {
    return { local: endpointOf(port[3] ?? "", port[4] ?? ""), remote: endpointOf(port[1] ?? "", port[2] ?? "") };
  }
  const java = /\/((?:\d{1,3}\.){3}\d{1,3}:\d{1,5})/.exec(text)?.[1];
  return { local: undefined, remote: java === undefined ? undefined : readEndpoint(java) };
}

/** The socket that Node prints in an undici error. */
function nodeSocket(text: string): { local: Endpoint | undefined; remote: Endpoint | undefined } | undefined {
  const field = (name: string): string => new RegExp(`\\b${name}: '?([0-9a-fA-F.:]{1,45})'?`).exec(text)?.[1] ?? "";
  if (!text.includes("remotePort: ")) {
    if (!text.includes("syscall: 'connect'")) return undefined;
    return { local: undefined, remote: endpointOf(field("address"), field("port")) };
  }
  return {
    local: endpointOf(field("localAddress"), field("localPort")),
    remote: endpointOf(field("remoteAddress"), field("remotePort")),
  };
}

/** `Post "https://host/path": …` of Go, `POST /path failed after 10.007s`, `GET https://…`. */
function requestOf(text: string): Pick<Failure, "method" | "target" | "after"> {
  const after = /failed after ([\d.]{1,12}[a-zµ]{1,3}(?:[\d.]{1,12}[a-zµ]{1,3}){0,3})/.exec(text)?.[1];
  const span = after === undefined ? undefined : readGoDuration(after);
  const go = /\b(Get|Post|Put|Delete|Patch|Head|Options) "([^"]{1,2000})"/.exec(text);
  if (go !== null) return { method: (go[1] ?? "").toUpperCase(), target: go[2], after: span };
  const http = /\b(GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) ((?:https?:\/)?\/[^\s",]{0,2000})/.exec(text);
  return { method: http?.[1], target: http?.[2], after: span };
}
