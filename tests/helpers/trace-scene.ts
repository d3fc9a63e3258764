import type { PacketBatch } from "../../src/capture/batch.ts";
import { CaptureReader } from "../../src/capture/capture-reader.ts";
import { Survey } from "../../src/flow/survey.ts";
import { buildScene } from "../../src/incident/build-scene.ts";
import { planZoom } from "../../src/incident/plan-zoom.ts";
import type { Surveyed } from "../../src/incident/surveyed.ts";
import { Zoom } from "../../src/session/zoom.ts";
import type { Scene } from "../../src/signature/scene.ts";
import { captureOf } from "./trace-capture.ts";
import { parseTrace } from "./trace-parser.ts";

/** The scene that signatures see of a trace: real packets through the real survey, zoom and join. */
export function sceneOfTrace(text: string): Scene {
  const files = parseTrace(text).map((section) => ({ file: `${section.name}.pcap`, bytes: captureOf(section) }));
  const captures = files.map(({ file, bytes }) => surveyed(file, bytes));
  const plan = planZoom(captures);
  const trails = files.map(({ bytes }, i) => {
    const zoom = new Zoom((captures[i] as Surveyed).table, plan.rows[i] ?? new Set(), i);
    read(bytes, (batch) => zoom.observe(batch));
    return zoom.trails();
  });
  return buildScene(captures, trails);
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
