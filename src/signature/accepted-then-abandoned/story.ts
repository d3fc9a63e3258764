import { printSpan } from "../../net/time.ts";
import { briefly, shown } from "../findings.ts";
import { type OpenRequest, openRequest } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { type ServerClose, serverClose } from "../server-close.ts";
import type { PacketEvidence } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { type Reading, readTrail } from "../trail-queries.ts";

/** The request in a few words: its first line where readable, its size otherwise. */
export function what(reading: Reading, { first, last }: OpenRequest): string {
  const line = reading.payload(first).line;
  return line === undefined ? `${(last.end - first.segment.seq) >>> 0} bytes` : `"${line}"`;
}

/** The story in packets, here and at the other vantage points. */
export function evidenceOf(scene: Scene, close: ServerClose, request: OpenRequest): readonly PacketEvidence[] {
  const { reading, step } = close;
  const before = reading.steps.slice(0, request.first.index).findLast((s) => s.side === "server" && s.fresh);
  const closing = close.kind === "abort" ? "RST with ACK" : "FIN";
  const says = `${closing} from the server ${printSpan(step.time - request.last.time)} after the request, no response before it`;
  const signs = strangeness(scene, reading, step).map((sign) => sign.says);
  return briefly([
    ...(before === undefined ? [] : [shown(reading, before, "the server's previous data: until here it answered")]),
    shown(reading, request.first, `the client's request (${what(reading, request)})`),
    ...(request.accepted === undefined
      ? []
      : [shown(reading, request.accepted, "the server's side acknowledges all of it and sends nothing else")]),
    shown(reading, step, [says, ...signs].join("; ")),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => elsewhere(readTrail(trail), closing)),
  ]);
}

function elsewhere(reading: Reading, closing: string): readonly PacketEvidence[] {
  const close = serverClose(reading);
  const request = close === undefined ? undefined : openRequest(reading, close.step);
  if (close === undefined || request?.accepted === undefined) return [];
  return [
    shown(reading, request.accepted, "the same acknowledgment, seen here"),
    shown(reading, close.step, `the same ${closing}, seen here`),
  ];
}
