import { isBody } from "./request-body.ts";
import { RequestError } from "./request-error.ts";
import type { RequestOptions } from "./request-options.ts";

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What RFC 9113 §8.2.1 forbids in a field's value, and what does not fit into a byte. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** RFC 3986: a path and a query are ASCII without space, and a fragment is never sent (RFC 9110 §7.1). */
const PATH = /^(?:\/[\x21\x22\x24-\x7e]*|\*)$/;
/** Of the pseudo-header fields (RFC 9113 §8.3.1), those that a caller may give; method and path have their own names. */
const PSEUDO = new Set([":authority", ":scheme"]);

/** Throws a `RequestError` for what can not be sent, before a connection is asked for. */
export function checkRequest({ method = "GET", path = "/", headers, body, timeoutMs, signal }: RequestOptions): void {
  if (typeof method !== "string" || !TOKEN.test(method))
    throw badRequest("the method is no HTTP token: give a name such as GET");
  if (method === "CONNECT")
    throw badRequest("CONNECT is not spoken here: a tunnel is no request that could be sent again");
  if (typeof path !== "string" || !PATH.test(path)) {
    throw badRequest(
      "the path must begin with / and hold ASCII without spaces and # only: percent-encode it, with encodeURI",
    );
  }
  checkHeaders(headers);
  if (!isBody(body)) throw badRequest(`the body is a ${typeof body}: give a string, bytes, a stream, or a function`);
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
    throw badRequest(
      `timeoutMs is ${typeof timeoutMs === "number" ? timeoutMs : `a ${typeof timeoutMs}`}: give milliseconds`,
    );
  }
  if (signal !== undefined && !(typeof signal === "object" && signal !== null && "aborted" in signal))
    throw badRequest("the signal is no AbortSignal");
}

function checkHeaders(headers: RequestOptions["headers"]): void {
  // JavaScript callers say null for none.
  if (headers === undefined || headers === null) return;
  // Anything else (Headers, a Map, a list of pairs) has other things than its headers as properties, and they would be lost.
  if (!isPlain(headers))
    throw badRequest("the headers are no plain object: give one, with Object.fromEntries(headers)");
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") && !PSEUDO.has(name)) {
      throw badRequest(`the header ${JSON.stringify(name)} is not for a caller to give: use method and path`);
    }
    if (!TOKEN.test(name.replace(/^:/, ""))) {
      throw badRequest(
        `${JSON.stringify(name)} is no header name: RFC 9110 §5.1 allows letters, digits and !#$%&'*+-.^_\`|~`,
      );
    }
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) checkValue(name, each);
  }
}

function checkValue(name: string, value: unknown): void {
  if (!["string", "number", "boolean", "bigint"].includes(typeof value)) {
    const what = value === null ? "null" : `a value of type ${typeof value}`;
    throw badRequest(`the header ${name} holds ${what}: give a string, or leave it out`);
  }
  const text = String(value);
  if (NO_VALUE.test(text)) {
    throw badRequest(`the header ${name} holds a character that no header may (a line break, say): encode its value`);
  }
  if (/^[\t ]|[\t ]$/.test(text))
    throw badRequest(`the header ${name} begins or ends with a space (RFC 9113 §8.2.1): trim it`);
}

/** Of this realm or another. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null);
}

/** The caller's mistake. Nothing was sent. */
export function badRequest(what: string, cause?: unknown): RequestError {
  return new RequestError(what, { code: "bad-request", endedBy: "client", processed: "no", attempts: 0, cause });
}
