import { readFile, stat } from "node:fs/promises";
import { openSource } from "../capture/evidence-source.ts";
import { readCapture } from "../capture/read-capture.ts";
import { readFlow } from "../flow/read-flow.ts";
import { Survey } from "../flow/survey.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import type { Problem } from "../net/problem.ts";
import { readSessions } from "../read-sessions.ts";
import type { FrameListing } from "../report/frame-listing.ts";
import type { SessionEvent, SessionSummary } from "../session/conversation.ts";
import { type ColourOptions, wantsColour, wholeNumber, writeOut } from "./output.ts";
import { progressBar } from "./progress.ts";

/** What `halfopen frames` was told. */
export interface FramesCommandOptions extends ColourOptions {
  readonly format: "text" | "json";
  readonly stream?: string;
  readonly keylog?: readonly string[];
  /** Also list TLS records. */
  readonly records?: boolean;
}

/** Events listed of one capture; the rest is counted. */
const MOST_EVENTS = 500_000;
/** Sessions described of one capture. */
const MOST_SESSIONS = 50_000;
const LARGEST_KEY_LOG: number = 256 * 1024 * 1024;

/** Lists the HTTP/2 frames, HTTP/1 messages and TLS messages of captures; gives 0. */
export async function framesCommand(paths: readonly string[], options: FramesCommandOptions): Promise<number> {
  const stream = options.stream === undefined ? undefined : wholeNumber("--stream", options.stream);
  const keyLogs = await Promise.all((options.keylog ?? []).map(readKeyLog));
  const listings: FrameListing[] = [];
  const bar = await progressBar(paths);
  try {
    for (const path of paths) {
      listings.push(
        await listed(path, { stream, keyLogs, records: options.records === true, onProgress: bar.onProgress }),
      );
    }
  } finally {
    bar.stop();
  }
  await writeOut(await renderer(options, listings));
  return 0;
}

interface Wanted {
  readonly stream: number | undefined;
  readonly keyLogs: readonly Uint8Array[];
  readonly records: boolean;
  readonly onProgress: Awaited<ReturnType<typeof progressBar>>["onProgress"];
}

async function listed(path: string, { stream, keyLogs, records, onProgress }: Wanted): Promise<FrameListing> {
  const source = await openSource(path);
  try {
    const survey = new Survey();
    const summary = await readCapture(source, {
      onBatch: (batch) => survey.observe(batch),
      onProgress: (bytesRead, totalBytes) => onProgress?.({ file: path, phase: "survey", bytesRead, totalBytes }),
    });
    const { table } = survey;
    const collected = new Collected(records);
    const problems = await readSessions({
      source,
      summary,
      table,
      rows: wantedRows(table.rows, stream),
      keyLogs,
      onEvent: (event, of) => collected.event(event, of),
      onSession: (session) => collected.session(session),
      onProgress: (bytesRead, totalBytes) => onProgress?.({ file: path, phase: "zoom", bytesRead, totalBytes }),
    });
    const sessions = collected.sessions.sort((a, b) => a.stream - b.stream);
    return {
      file: path,
      epoch: summary.epoch,
      packets: summary.packets,
      events: collected.events,
      sessions: sessions.map((session) => ({ flow: readFlow(table, session.stream), session })),
      problems: [...summary.problems, ...survey.totals().problems, ...problems, ...collected.omitted()],
    };
  } finally {
    source.close();
  }
}

function wantedRows(rows: number, stream: number | undefined): Set<number> {
  if (stream === undefined) return new Set(Array.from({ length: rows }, (_, row) => row));
  if (stream < rows) return new Set([stream]);
  throw new Fault(
    "no-such-stream",
    `There is no tcp.stream ${stream}; the capture has ${rows}.`,
    "List them with: halfopen flows",
  );
}

/** What is to be listed, within bounds. */
class Collected {
  readonly events: { readonly stream: number; readonly event: SessionEvent }[] = [];
  readonly sessions: SessionSummary[] = [];
  readonly #records: boolean;
  #events = 0;
  #sessions = 0;

  constructor(records: boolean) {
    this.#records = records;
  }

  event(event: SessionEvent, stream: number): void {
    if (event.kind === "tls-record" && !this.#records) return;
    this.#events++;
    if (this.events.length < MOST_EVENTS) this.events.push({ stream, event });
  }

  session(session: SessionSummary): void {
    if (session.protocols.length === 0) return;
    this.#sessions++;
    if (this.sessions.length < MOST_SESSIONS) this.sessions.push(session);
  }

  omitted(): Problem[] {
    const left = (kind: string, message: string, count: number): Problem[] =>
      count > 0 ? [{ kind, message, count }] : [];
    return [
      ...left(
        "too-many-frames",
        `frames after the first ${MOST_EVENTS}: try --stream`,
        this.#events - this.events.length,
      ),
      ...left("too-many-sessions", "connections that are not described", this.#sessions - this.sessions.length),
    ];
  }
}

/** The text of a key log. What is in it is never told, not even when it cannot be read. */
async function readKeyLog(path: string): Promise<Uint8Array> {
  const bad = (found: string): Fault =>
    new Fault("bad-key-log", `The key log '${printable(path)}' ${found}.`, "Give the file that SSLKEYLOGFILE named.");
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) throw bad("is not there");
  if (file.isDirectory()) throw bad("is a folder");
  if (file.size > LARGEST_KEY_LOG) throw bad("is larger than 256 MiB");
  try {
    return await readFile(path);
  } catch {
    throw bad("cannot be read");
  }
}

async function renderer(options: FramesCommandOptions, listings: readonly FrameListing[]): Promise<Iterable<string>> {
  switch (options.format) {
    case "json":
      return (await import("../report/frames-json.ts")).renderFramesJson(listings);
    case "text":
      return (await import("../report/frames-text.ts")).renderFramesText(listings, { colour: wantsColour(options) });
  }
}
