/**
 * Which header values a report shows. Headers carry credentials and personal data, so values are shown of
 * names that explain connections and of no others; of a path, what stands before the query.
 */
const SHOWN: ReadonlySet<string> = new Set([
  ":method",
  ":scheme",
  ":authority",
  ":path",
  ":status",
  ":protocol",
  "alt-svc",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "grpc-encoding",
  "grpc-message",
  "grpc-status",
  "grpc-timeout",
  "host",
  "keep-alive",
  "proxy-connection",
  "retry-after",
  "server",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
]);

const LONGEST = 256;

interface Field {
  readonly name: string;
  readonly value: string;
}

/** The fields whose values may be shown. */
export function shownFields(fields: readonly Field[]): Field[] {
  return fields
    .filter(({ name }) => SHOWN.has(name))
    .map(({ name, value }) => ({ name, value: shown(name === ":path" ? withoutQuery(value) : value) }));
}

/** A request target as far as it may be shown. */
export const withoutQuery = (target: string): string => shown(target.replace(/[?#].*$/s, "?…"));

/** User information in an authority is a credential (RFC 9110 §4.2.4). */
function shown(value: string): string {
  const plain = value.replace(/^(https?:\/\/)?[^/@\s]*@/i, "$1…@");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
