import type { LogEntry } from "./entry.ts";

/** A kernel counter at two readings. */
export interface CounterChange {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Lines of the two readings, each in its own log. */
  readonly lines: readonly [before: number, after: number];
}

/**
 * Counters that grew between two readings: the first of `before` and the last of `after`, which may be
 * the entries of one file with two readings. A counter that is missing at first stood at zero (nstat
 * leaves those out); one that shrank was reset in between and is left out.
 */
export function counterChanges(before: readonly LogEntry[], after: readonly LogEntry[]): CounterChange[] {
  const first = new Map<string, { value: number; line: number }>();
  for (const { content, line } of before) {
    if (content.kind === "counter" && content.reading === 0) first.set(content.name, { value: content.value, line });
  }
  const last = new Map<string, { value: number; line: number }>();
  for (const { content, line } of after) {
    if (content.kind === "counter") last.set(content.name, { value: content.value, line });
  }
  return [...last].flatMap(([name, now]) => {
    const then = first.get(name) ?? { value: 0, line: 0 };
    return now.value > then.value
      ? [{ name, before: then.value, after: now.value, lines: [then.line, now.line] as const }]
      : [];
  });
}
