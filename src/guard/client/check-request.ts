import { isBody } from "./request-body.ts";
import { RequestError } from "./request-error.ts";
import type { RequestOptions } from "./request-options.ts";

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What RFC 9113 §8.2.1 forbids in a field's value, and what does not fit into a byte. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** RFC 3986: a path and a query are ASCII without space. */
const PATH = /^(?:\/[\x21-\x7e]*|\*)$/;

/** Throws a `RequestError` for what can not be sent, before a connection is asked for. */
export function checkRequest({ method = "GET", path = "/", headers, body, timeoutMs, signal }: RequestOptions): void {
  if (!TOKEN.test(method)) throw badRequest("the method is no HTTP token: give a name such as GET");
  if (method === "CONNECT")
    throw badRequest("CONNECT is not spoken here: a tunnel is no request that could be sent again");
  if (!PATH.test(path)) {
    throw badRequest(
      "the path must begin with / and hold ASCII without spaces only: percent-encode it, with encodeURI",
    );
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!TOKEN.test(name.replace(/^:/, ""))) {
      throw badRequest(
        `${JSON.stringify(name)} is no header name: RFC 9110 §5.1 allows letters, digits and !#$%&'*+-.^_\`|~`,
      );
    }
    for (const each of Array.isArray(value) ? value : [value]) {
      if (!NO_VALUE.test(String(each ?? ""))) continue;
      throw badRequest(`the header ${name} holds a character that no header may (a line break, say): encode its value`);
    }
  }
  if (!isBody(body)) throw badRequest(`the body is a ${typeof body}: give a string, bytes, a stream, or a function`);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
    throw badRequest(
      `timeoutMs is ${typeof timeoutMs === "number" ? timeoutMs : `a ${typeof timeoutMs}`}: give milliseconds`,
    );
  }
  if (signal !== undefined && !(typeof signal === "object" && signal !== null && "aborted" in signal))
    throw badRequest("the signal is no AbortSignal");
}

/** The caller's mistake. Nothing was sent. */
export function badRequest(what: string, cause?: unknown): RequestError {
  return new RequestError(what, { code: "bad-request", endedBy: "client", processed: "no", attempts: 0, cause });
}
