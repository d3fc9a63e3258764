import type { PacketBatch } from "./capture/batch.ts";
import { readCapture } from "./capture/read-capture.ts";
import type { Capture, ExplainOptions } from "./gather-evidence.ts";
import type { Problem } from "./net/problem.ts";
import { nodeCiphers } from "./node-ciphers.ts";
import type { Trail } from "./session/segment.ts";
import { SessionReader } from "./session/session-reader.ts";
import { type Session, SessionRecorder } from "./session/session-recorder.ts";
import type { KeyLog } from "./session/tls/key-log.ts";
import { Zoom } from "./session/zoom.ts";

/** Segments looked at closely in all captures together; a segment takes about a kilobyte when signatures have read it. */
const MOST_SEGMENTS = 1_000_000;
/** Frames, messages and alerts kept in all captures together. */
const MOST_EVENTS = 1_000_000;

/** What the second read of a capture gave. */
export interface Closer {
  readonly trails: readonly Trail[];
  readonly sessions: ReadonlyMap<number, Session>;
  readonly problems: readonly Problem[];
}

export const NOTHING: Closer = { trails: [], sessions: new Map(), problems: [] };

export interface ZoomOrder {
  readonly rows: ReadonlySet<number>;
  readonly vantage: number;
  readonly keys: KeyLog;
  /** This capture's part of what is kept of all. */
  readonly share: number;
}

/** The second read, of the flows that matter: their segments and what was said on them. None when there are no suspects. */
export async function lookCloser(
  capture: Capture,
  { rows, vantage, keys, share }: ZoomOrder,
  options: ExplainOptions,
): Promise<Closer> {
  const { source, surveyed } = capture;
  if (rows.size === 0) return NOTHING;
  const zoom = new Zoom(surveyed.table, rows, vantage, Math.floor(MOST_SEGMENTS * share));
  const recorder = new SessionRecorder(rows.size, Math.floor(MOST_EVENTS * share));
  const sessions = new SessionReader({
    table: surveyed.table,
    rows,
    ciphers: nodeCiphers,
    keys,
    onEvent: (event, stream) => recorder.event(event, stream),
    onSession: (session) => recorder.session(session),
  });
  const again = await readCapture(source, {
    onBatch: (batch: PacketBatch) => {
      zoom.observe(batch);
      sessions.observe(batch);
    },
    onProgress: (bytesRead, totalBytes) =>
      options.onProgress?.({ file: surveyed.file, phase: "zoom", bytesRead, totalBytes }),
  });
  const problems = sessions.finish();
  capture.changed = again.packets !== surveyed.packets;
  return { trails: zoom.trails(), sessions: recorder.sessions(), problems };
}

/** What the second read left out or found otherwise than the first. */
export function doubtsOf({ changed }: Capture, { trails, problems }: Closer): Problem[] {
  const omitted = trails.reduce((sum, trail) => sum + trail.omitted, 0);
  const doubts: Problem[] = [...problems];
  if (omitted > 0) {
    const message = "segments in the middle of long flows were not looked at closely";
    doubts.push({ kind: "middle-left-out", message, count: omitted });
  }
  if (changed) {
    const message = "the file was written to while it was read: what came in between is not told";
    doubts.push({ kind: "changed-while-read", message, count: 1 });
  }
  return doubts;
}
