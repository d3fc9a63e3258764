import { type Problem, ProblemTally } from "../net/problem.ts";
import { readCloudWatch } from "./cloudwatch.ts";
import { entryOf, type LogEntry } from "./entry.ts";
import { lineSplitter } from "./line-splitter.ts";
import type { LogTime } from "./log-time.ts";
import { messageParser } from "./message-parser.ts";
import type { LogFormat, LogParser } from "./parser.ts";
import { PARSERS, type Recognition, recogniseLog } from "./recognise.ts";

/** Lines by what became of them: every line is counted once. */
export interface LogCounts {
  readonly lines: number;
  /** Lines that were understood, whether they said anything of interest or not. */
  readonly parsed: number;
  /** Lines that were not, each kept as an entry of kind `text`. */
  readonly text: number;
}

/** Reads one log from chunks of its (inflated) bytes. Push, push, …, end. */
export interface LogReader {
  /** Entries completed by these bytes, in the order of the lines. */
  push(bytes: Uint8Array): readonly LogEntry[];
  /** The entries that waited for more. */
  end(): readonly LogEntry[];
  readonly counts: LogCounts;
  /** The form of the log; undefined until enough lines are there to tell. */
  readonly recognition: Recognition | undefined;
  problems(): readonly Problem[];
}

/** Lines looked at before the form is decided, and their characters at most. */
const HEAD_LINES = 64;
const HEAD_CHARACTERS = 1 << 18;
/** Longest line that is parsed, except one line of JSON. */
const LONGEST_LINE = 1 << 14;
/** Longest line and longest JSON document that is kept. */
const LONGEST_DOCUMENT = 1 << 25;

/** A reader for one log, of whatever form it turns out to be. */
export function logReader(): LogReader {
  const splitter = lineSplitter(LONGEST_DOCUMENT);
  const tally = { lines: 0, parsed: 0, text: 0, cut: 0 };
  let head: string[] | undefined = [];
  let characters = 0;
  let recognition: Recognition | undefined;
  let reader: LineReader = { feed: () => [], finish: () => [] };

  const decide = (): LogEntry[] => {
    const lines = head ?? [];
    head = undefined;
    recognition = recogniseLog(lines.map(shortened));
    reader = readerFor(recognition.format, tally);
    return lines.flatMap((line) => reader.feed(line, ++tally.lines));
  };
  const take = (lines: readonly string[]): LogEntry[] => {
    const entries: LogEntry[] = [];
    for (const line of lines) {
      if (head === undefined) {
        for (const entry of reader.feed(line, ++tally.lines)) entries.push(entry);
        continue;
      }
      head.push(line);
      characters += line.length;
      if (head.length >= HEAD_LINES || characters >= HEAD_CHARACTERS) {
        for (const entry of decide()) entries.push(entry);
      }
    }
    return entries;
  };

  return {
    push: (bytes) => take(splitter.push(bytes)),
    end() {
      const entries = take(splitter.end());
      if (head !== undefined) entries.push(...decide());
      for (const entry of reader.finish()) entries.push(entry);
      return entries;
    },
    get counts() {
      return { lines: tally.lines, parsed: tally.parsed, text: tally.text };
    },
    get recognition() {
      return recognition;
    },
    problems: () => problemsOf(tally, splitter.faults),
  };
}

interface Tally {
  lines: number;
  parsed: number;
  text: number;
  cut: number;
}

interface LineReader {
  feed(line: string, number: number): readonly LogEntry[];
  finish(): readonly LogEntry[];
}

function readerFor(format: LogFormat, tally: Tally): LineReader {
  if (format === "cloudwatch") return documentReader(tally);
  return lineReader(format === "messages" ? NOTHING_SPECIAL : PARSERS[format](), tally);
}

const NOTHING_SPECIAL: LogParser = { feed: () => undefined, finish: () => [] };

/**
 * The parser of the log's form first; what it does not understand is read as a message. Rows of tables
 * without a time (counters, sockets) have that of the dated line before them, such as date(1) prints.
 */
function lineReader(special: LogParser, tally: Tally): LineReader {
  const general = messageParser();
  let dated: LogTime | undefined;
  const counted = (entries: readonly LogEntry[]): readonly LogEntry[] => {
    for (const entry of entries) {
      dated = entry.time ?? dated;
      if (entry.content.kind === "text") tally.text += entry.lines;
      else tally.parsed += entry.lines;
    }
    return entries;
  };
  const withDate = (entries: readonly LogEntry[]): readonly LogEntry[] =>
    dated === undefined
      ? entries
      : entries.map((entry) => (entry.time === undefined ? { ...entry, time: dated } : entry));
  return {
    feed(whole, number) {
      const line = shortened(whole);
      if (line.length < whole.length) tally.cut++;
      const found = special.feed(line, number);
      if (found !== undefined) {
        tally.parsed++;
        const before = counted(general.finish());
        const here = withDate(found);
        return before.length === 0 ? here : [...before, ...here];
      }
      const waiting = withDate(special.finish());
      const entries = counted(general.feed(line, number) ?? []);
      return waiting.length === 0 ? entries : [...waiting, ...entries];
    },
    finish: () => [...withDate(special.finish()), ...counted(general.finish())].sort((a, b) => a.line - b.line),
  };
}

/** JSON is parsed whole or not at all. */
function shortened(line: string): string {
  return line.length <= LONGEST_LINE || line.startsWith("{") ? line : line.slice(0, LONGEST_LINE);
}

/** A log that is one JSON document. Where it is broken or too long, its lines are kept as text. */
function documentReader(tally: Tally): LineReader {
  let lines: string[] = [];
  let characters = 0;
  let given = false;
  const asText = (): LogEntry[] => {
    const first = tally.lines - lines.length;
    const entries = lines.map((text, i) => entryOf(first + i + 1, { kind: "text", text: text.slice(0, LONGEST_LINE) }));
    tally.text += entries.length;
    lines = [];
    given = true;
    return entries;
  };
  return {
    feed(line) {
      lines.push(line);
      characters += line.length;
      return given || characters > LONGEST_DOCUMENT ? asText() : [];
    },
    finish() {
      if (lines.length === 0) return [];
      const entries = readCloudWatch(lines.join("\n"));
      if (entries === undefined) return asText();
      tally.parsed += lines.length;
      return entries;
    },
  };
}

function problemsOf(tally: Tally, faults: { replaced: number; nuls: number; cut: number }): readonly Problem[] {
  const problems = new ProblemTally();
  const { replaced, nuls } = faults;
  const cut = tally.cut + faults.cut;
  if (cut > 0) problems.add("long-line", "lines too long to be read whole; only their start was used", cut);
  if (replaced > 0) problems.add("not-utf-8", "bytes that are not UTF-8 were replaced", replaced);
  if (nuls > 0) problems.add("nul-bytes", "NUL bytes, as in a log file cut while it was written, were taken out", nuls);
  return problems.list();
}
