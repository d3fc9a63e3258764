import type { LogContent } from "./content.ts";
import type { LogTime } from "./log-time.ts";

/** How bad the program that wrote the line found it. */
export type Severity = "debug" | "info" | "warning" | "error" | "fatal";

/** One thing that a log says, with where and when it says so. */
export interface LogEntry {
  /** Number of its first line, from 1. */
  readonly line: number;
  /** Lines it spans; a stack trace is one entry. */
  readonly lines: number;
  /** As stated by the line or by a dated line it belongs to; undefined where nothing says. */
  readonly time: LogTime | undefined;
  /** The program that wrote it, where the line or its form gives it away. */
  readonly program: string | undefined;
  readonly severity: Severity | undefined;
  readonly content: LogContent;
}

/** An entry of one line. */
export function entryOf(
  line: number,
  content: LogContent,
  said: {
    readonly time?: LogTime | undefined;
    readonly program?: string;
    readonly severity?: Severity | undefined;
  } = {},
): LogEntry {
  return { line, lines: 1, time: said.time, program: said.program, severity: said.severity, content };
}
