import { entryOf } from "./entry.ts";
import { type LogParser, lineParser } from "./parser.ts";

/**
 * True for a line of a TLS key log (RFC 9850; NSS's older `RSA` and `CLIENT_RANDOM` labels). Such lines
 * are secrets: nothing of them is kept.
 */
export function isKeyLogLine(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first < 0x41 || first > 0x5a) return false;
  return LINE.test(line);
}

/** A label is enough: a line that was cut short still holds half a secret. `RSA` alone is a common word. */
const LINE =
  /^(?:RSA [0-9a-fA-F]{16}|(?:CLIENT_RANDOM|EARLY_EXPORTER_SECRET|EXPORTER_SECRET|ECH_SECRET|ECH_CONFIG|(?:CLIENT|SERVER)_(?:EARLY_TRAFFIC|HANDSHAKE_TRAFFIC|TRAFFIC)_SECRET(?:_\d{1,4})?)(?:\s|$))/;

/** Reads a key log as lines of which nothing but their number is told. */
export function keyLogParser(): LogParser {
  return lineParser((line, number) => {
    if (isKeyLogLine(line)) return entryOf(number, { kind: "keylog" });
    return line.startsWith("#") ? entryOf(number, { kind: "message", text: "" }) : undefined;
  });
}
