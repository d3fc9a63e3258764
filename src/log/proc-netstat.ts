import { entryOf, type LogEntry } from "./entry.ts";
import type { LogParser } from "./parser.ts";

/**
 * `/proc/net/netstat` and `/proc/net/snmp`: a line of names and a line of values for each protocol.
 * Counters get nstat's names (`TcpExt` + `TCPSYNChallenge`). A protocol that comes again begins the next reading.
 */
export function procNetstatParser(): LogParser {
  let names: readonly string[] = [];
  let protocol = "";
  const readings = new Map<string, number>();
  return {
    feed(line, number) {
      const m = /^([A-Z][A-Za-z0-9]{1,20}): (.+)$/.exec(line.trimEnd());
      if (m === null) return undefined;
      const words = (m[2] ?? "").split(/ +/);
      if (m[1] !== protocol || names.length !== words.length || !words.every((word) => /^-?\d{1,20}$/.test(word))) {
        if (!words.every((word) => /^[A-Z][A-Za-z0-9]{1,60}$/.test(word))) return undefined;
        protocol = m[1] ?? "";
        names = words;
        readings.set(protocol, (readings.get(protocol) ?? -1) + 1);
        if (readings.size > 100) readings.clear();
        return [];
      }
      const reading = readings.get(protocol) ?? 0;
      const entries = words.map((word, i): LogEntry => {
        return entryOf(number, { kind: "counter", name: `${protocol}${names[i]}`, value: Number(word), reading });
      });
      names = [];
      return entries;
    },
    finish: () => [],
  };
}
