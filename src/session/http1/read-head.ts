import { type Malformed, malformed } from "../malformed.ts";
import type { Head, HeaderField } from "./message.ts";

const MOST_FIELDS = 128;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) (\S+) HTTP\/1\.([01])$/;
const RESPONSE = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/;

/** Reads a start line and header fields (RFC 9112 §3, §4, §5); `text` is Latin-1, without the empty line. */
export function readHead(text: string): Head | Malformed {
  const lines = text.split(/\r?\n/);
  const start = lines[0] ?? "";
  const fields = fieldsOf(lines.slice(1));
  const request = REQUEST.exec(start);
  if (request !== null) {
    const [, method = "", target = "", minor = "1"] = request;
    return { kind: "request", method, target, minor: Number(minor), fields };
  }
  const response = RESPONSE.exec(start);
  if (response === null) return malformed(0, "a request line or a status line");
  const [, minor = "1", status = "0", reason = ""] = response;
  return { kind: "response", status: Number(status), reason, minor: Number(minor), fields };
}

/** Whether bytes begin a request or a status line, or might do so where there are few. */
export function isStartOfHead(text: string): "yes" | "no" | "perhaps" {
  const line = text.slice(0, 4096);
  if (/^HTTP\/1\.[01] \d\d\d[ \r\n]/.test(line) || /^[A-Z][A-Z-]{1,31} [!-~\x80-\xff]+ HTTP\/1\.[01]\r?\n/.test(line))
    return "yes";
  if (/^(?:HTTP\/1\.[01] \d{0,3}|H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.[01])$/.test(line)) return "perhaps";
  if (line.includes("\n") || text.length > 4096) return "no";
  return METHODS.some((method) => (line.length < method.length ? method.startsWith(line) : line.startsWith(method)))
    ? "perhaps"
    : "no";
}

/** Methods that a long first line is waited for (RFC 9110 §9.1, RFC 5789, WebDAV). */
const METHODS: readonly string[] = [
  "GET ",
  "HEAD ",
  "POST ",
  "PUT ",
  "DELETE ",
  "CONNECT ",
  "OPTIONS ",
  "TRACE ",
  "PATCH ",
  "PROPFIND ",
];

function fieldsOf(lines: readonly string[]): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    // A line that begins with a blank continues the one before (RFC 9112 §5.2); it is passed over.
    if (!TOKEN.test(name) || fields.length >= MOST_FIELDS) continue;
    fields.push({ name, value: line.slice(colon + 1).trim() });
  }
  return fields;
}
