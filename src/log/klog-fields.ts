import { readGoString } from "./go-text.ts";

/**
 * The `key="value"` and `key=value` pairs of a structured klog line (klog internal/serialize/keyvalues.go),
 * after its quoted message. At most 64 are read.
 */
export function readKlogFields(message: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let at = message.startsWith('"') ? (readGoString(message, 0)?.end ?? 0) : 0;
  const NAME = / ([A-Za-z_][\w./-]{0,60})=/g;
  for (let n = 0; n < 64; n++) {
    NAME.lastIndex = at;
    const m = NAME.exec(message);
    if (m === null) break;
    at = NAME.lastIndex;
    const quoted = readGoString(message, at);
    if (quoted !== undefined) {
      fields.set(m[1] ?? "", quoted.text);
      at = quoted.end;
      continue;
    }
    const space = message.indexOf(" ", at);
    const end = space < 0 ? message.length : space;
    fields.set(m[1] ?? "", message.slice(at, end));
    at = end;
  }
  return fields;
}
