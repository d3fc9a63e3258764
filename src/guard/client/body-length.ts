import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";

/** How many bytes the body of a response has by its `content-length`; undefined where that says nothing of it (RFC 9110 §8.6, §6.4.1). */
export function bodyLength(
  method: string,
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
): number | undefined {
  const length = headers["content-length"];
  const status = headers[":status"];
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined;
  return method === "HEAD" || status === 204 || status === 304 ? undefined : Number(length);
}
