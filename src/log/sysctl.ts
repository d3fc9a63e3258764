import { entryOf, type LogEntry } from "./entry.ts";
import { type LogParser, lineParser } from "./parser.ts";

/** `sysctl -a`, or files of /etc/sysctl.d: `name = value` a line. */
export function sysctlParser(): LogParser {
  return lineParser(readSysctl);
}

const LINE = /^((?:net|kernel|fs|vm|user|abi|debug|dev|sunrpc|crypto)[./][\w./@-]{1,200}) ?= ?(.{0,2000})$/;

export function readSysctl(line: string, number: number): LogEntry | undefined {
  const m = LINE.exec(line);
  if (m === null) return undefined;
  const name = (m[1] ?? "").includes(".") ? (m[1] ?? "") : (m[1] ?? "").replaceAll("/", ".");
  return entryOf(number, { kind: "sysctl", name, value: (m[2] ?? "").trim() });
}
