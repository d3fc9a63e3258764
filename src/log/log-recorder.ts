import type { Instant } from "../net/time.ts";
import type { LogEntry } from "./entry.ts";
import type { LogFormat } from "./parser.ts";

/** A log as read: what it says, within a bound. */
export interface RecordedLog {
  readonly file: string;
  readonly format: LogFormat;
  /** In the order of the lines. */
  readonly entries: readonly LogEntry[];
  /** Entries left out of the middle. */
  readonly omitted: number;
  /** When the file was last written to, where that is known: a line that gives no year is hardly of another. */
  readonly writtenAt?: Instant | undefined;
}

/** Entries kept of one log: a ninth from its beginning, the others from its end. */
const MOST_ENTRIES = 450_000;
const KEPT_FIRST: number = MOST_ENTRIES / 9;
const KEPT_LAST: number = MOST_ENTRIES - KEPT_FIRST;

/** Keeps the entries of one log, the beginning and the end of a very long one. */
export class LogRecorder {
  readonly #first: LogEntry[] = [];
  /** A ring of the latest entries. */
  readonly #last: LogEntry[] = [];
  #count = 0;

  add(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (this.#first.length < KEPT_FIRST) this.#first.push(entry);
      else this.#last[(this.#count - KEPT_FIRST) % KEPT_LAST] = entry;
      this.#count++;
    }
  }

  /** The lines kept that were not understood. */
  texts(): readonly string[] {
    return [...this.#first, ...this.#last].flatMap(({ content }) => (content.kind === "text" ? [content.text] : []));
  }

  recorded(file: string, format: LogFormat, writtenAt?: Instant): RecordedLog {
    const later = Math.max(0, this.#count - KEPT_FIRST);
    const start = later > KEPT_LAST ? later % KEPT_LAST : 0;
    const entries = [...this.#first, ...this.#last.slice(start), ...this.#last.slice(0, start)];
    return { file, format, entries, omitted: Math.max(0, later - KEPT_LAST), writtenAt };
  }
}
