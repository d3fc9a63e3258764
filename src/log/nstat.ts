import { entryOf } from "./entry.ts";
import type { LogParser } from "./parser.ts";

/**
 * `nstat`, `nstat -a`, `nstat -az`: a name, a value and a rate a line. A name that comes again begins the
 * next reading, so that a file with two outputs holds before and after.
 */
export function nstatParser(): LogParser {
  let reading = 0;
  let seen = new Set<string>();
  return {
    feed(line, number) {
      if (line.startsWith("#kernel")) {
        if (seen.size > 0) reading++;
        seen = new Set();
        return [entryOf(number, { kind: "message", text: line })];
      }
      const m = /^([A-Z][A-Za-z0-9]{2,80}) +(-?\d{1,20}) +-?\d{1,20}(?:\.\d{1,6})?$/.exec(line.trimEnd());
      if (m === null) return undefined;
      const name = m[1] ?? "";
      if (seen.has(name)) {
        reading++;
        seen = new Set();
      }
      seen.add(name);
      return [entryOf(number, { kind: "counter", name, value: Number(m[2]), reading })];
    },
    finish: () => [],
  };
}
