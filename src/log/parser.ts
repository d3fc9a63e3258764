import type { LogEntry } from "./entry.ts";

/** Forms of logs that have a parser of their own. */
export type LogFormat =
  | "messages"
  | "kubernetes-audit"
  | "nginx-error"
  | "access-log"
  | "json-access-log"
  | "haproxy"
  | "envoy-access"
  | "alb-access"
  | "nlb-access"
  | "curl"
  | "cloudwatch"
  | "nstat"
  | "proc-netstat"
  | "ss"
  | "conntrack"
  | "conntrack-statistics"
  | "sysctl"
  | "keylog";

/** Reads a log line by line. One is made for each file, since some remember the line before. */
export interface LogParser {
  /** What a line says: entries that are complete now, perhaps none yet; undefined when it is not of this form. */
  feed(line: string, number: number): readonly LogEntry[] | undefined;
  /** What was waiting for another line. */
  finish(): readonly LogEntry[];
}

/** A parser for logs in which each line stands alone. */
export function lineParser(read: (line: string, number: number) => LogEntry | undefined): LogParser {
  return {
    feed(line, number) {
      const entry = read(line, number);
      return entry === undefined ? undefined : [entry];
    },
    finish: () => [],
  };
}
