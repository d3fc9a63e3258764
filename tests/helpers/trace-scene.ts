import type { PacketBatch } from "../../src/capture/batch.ts";
import { CaptureReader } from "../../src/capture/capture-reader.ts";
import type { FlowTable } from "../../src/flow/flow-table.ts";
import { Survey } from "../../src/flow/survey.ts";
import { buildScene } from "../../src/incident/build-scene.ts";
import { planZoom } from "../../src/incident/plan-zoom.ts";
import type { Surveyed } from "../../src/incident/surveyed.ts";
import { LogRecorder, type RecordedLog } from "../../src/log/log-recorder.ts";
import { logReader } from "../../src/log/read-log.ts";
import { nodeCiphers } from "../../src/node-ciphers.ts";
import type { Trail } from "../../src/session/segment.ts";
import { SessionReader } from "../../src/session/session-reader.ts";
import { type Session, SessionRecorder } from "../../src/session/session-recorder.ts";
import { KeyLog } from "../../src/session/tls/key-log.ts";
import { Zoom } from "../../src/session/zoom.ts";
import type { Scene } from "../../src/signature/scene.ts";
import { captureOf } from "./trace-capture.ts";
import { splitLogs } from "./trace-logs.ts";
import { parseTrace } from "./trace-parser.ts";

/** The scene that signatures see of a trace: real packets and lines through the real survey, zoom, log reader and join. */
export function sceneOfTrace(text: string): Scene {
  const { packets, logs } = splitLogs(text);
  const files = parseTrace(packets).map((section) => ({ file: `${section.name}.pcap`, bytes: captureOf(section) }));
  const captures = files.map(({ file, bytes }) => surveyed(file, bytes));
  const plan = planZoom(captures);
  const closer = files.map(({ bytes }, i) =>
    zoomed(bytes, (captures[i] as Surveyed).table, plan.rows[i] ?? new Set(), i),
  );
  return buildScene({
    captures,
    trails: closer.map(({ trails }) => trails),
    sessions: closer.map(({ sessions }) => sessions),
    logs: logs.map(({ file, text: lines }) => recorded(file, lines)),
  });
}

function zoomed(
  bytes: Uint8Array,
  table: FlowTable,
  rows: ReadonlySet<number>,
  vantage: number,
): { readonly trails: readonly Trail[]; readonly sessions: ReadonlyMap<number, Session> } {
  const zoom = new Zoom(table, rows, vantage);
  const recorder = new SessionRecorder(rows.size, 100_000);
  const sessions = new SessionReader({
    table,
    rows,
    ciphers: nodeCiphers,
    keys: new KeyLog(),
    onEvent: (event, stream) => recorder.event(event, stream),
    onSession: (session) => recorder.session(session),
  });
  read(bytes, (batch) => {
    zoom.observe(batch);
    sessions.observe(batch);
  });
  sessions.finish();
  return { trails: zoom.trails(), sessions: recorder.sessions() };
}

function recorded(file: string, lines: string): RecordedLog {
  const reader = logReader();
  const recorder = new LogRecorder();
  recorder.add(reader.push(new TextEncoder().encode(lines)));
  recorder.add(reader.end());
  return recorder.recorded(file, reader.recognition?.format ?? "messages");
}

function surveyed(file: string, bytes: Uint8Array): Surveyed {
  const survey = new Survey();
  const { epoch, from, to, packets } = read(bytes, (batch) => survey.observe(batch));
  return { file, table: survey.table, epoch, from, to, packets, tcpPackets: survey.totals().tcpPackets };
}

function read(bytes: Uint8Array, onBatch: (batch: PacketBatch) => void): ReturnType<CaptureReader["finish"]> {
  const reader = new CaptureReader("pcap", onBatch, 65_536);
  reader.give(bytes);
  return reader.finish({ compression: "none", fileBytes: bytes.length });
}
