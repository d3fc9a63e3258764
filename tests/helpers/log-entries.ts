import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogContent } from "../../src/log/content.ts";
import type { LogEntry } from "../../src/log/entry.ts";
import { type LogReader, logReader } from "../../src/log/read-log.ts";

const FIXTURES = join(import.meta.dirname, "..", "fixtures", "logs");

/** Bytes of a log in tests/fixtures/logs. */
export function fixture(name: string): Uint8Array {
  return readFileSync(join(FIXTURES, name));
}

/** A log read whole, with the reader that did it. */
export function readWhole(bytes: Uint8Array | string): { entries: LogEntry[]; reader: LogReader } {
  const reader = logReader();
  const entries = [...reader.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes)];
  entries.push(...reader.end());
  return { entries, reader };
}

/** What the entries of one kind say. */
export function contents<K extends LogContent["kind"]>(
  entries: readonly LogEntry[],
  kind: K,
): Extract<LogContent, { kind: K }>[] {
  return entries.flatMap(({ content }) => (content.kind === kind ? [content as Extract<LogContent, { kind: K }>] : []));
}
