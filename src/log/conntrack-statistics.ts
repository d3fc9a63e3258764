import { entryOf } from "./entry.ts";
import type { LogParser } from "./parser.ts";

/** `conntrack -S`: a line of counters for each processor. Processor 0 again begins the next reading. */
export function conntrackStatisticsParser(): LogParser {
  let reading = 0;
  let last = -1;
  return {
    feed(line, number) {
      const m = /^cpu=(\d{1,5})\s+((?:[a-z_]{2,30}=\d{1,20}\s*){1,40})$/.exec(line);
      if (m === null) return undefined;
      const cpu = Number(m[1]);
      if (cpu <= last) reading++;
      last = cpu;
      const pairs = (m[2] ?? "").trim().split(/\s+/);
      const counters = Object.fromEntries(pairs.map((pair) => pair.split("=")).map(([k, v]) => [k, Number(v)]));
      return [entryOf(number, { kind: "conntrack-statistics", cpu, counters, reading })];
    },
    finish: () => [],
  };
}
