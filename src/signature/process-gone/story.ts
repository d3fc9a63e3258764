import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { briefly, shown } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { type ServerClose, serverClose } from "../server-close.ts";
import type { PacketEvidence } from "../signature.ts";
import { type Reading, readTrail } from "../trail-queries.ts";
import type { Death } from "./death.ts";

/** Fellows shown in the evidence of one connection. */
const SHOWN_FELLOWS = 3;

/** The story in packets. */
export function evidenceOf(scene: Scene, { close, work, fellows, refused }: Death): readonly PacketEvidence[] {
  const { reading, step, kind } = close;
  const how = kind === "fin" ? "FIN" : kind === "abort" ? "RST with ACK" : "RST";
  const pending =
    work.kind === "request" ? "a request that gets no answer" : "the server's last data on a stream that was to go on";
  const next = reading.steps.find((s) => s.side === "client" && s.index > step.index && (s.fresh || s.fin));
  const answer =
    next === undefined ? undefined : reading.steps.find((s) => s.side === "server" && s.rst && s.index > next.index);
  return briefly([
    ...(work.step === undefined ? lastWord(close) : [shown(reading, work.step, pending)]),
    shown(reading, step, says(close, how)),
    ...fellows
      .slice(0, SHOWN_FELLOWS)
      .map((f) =>
        shown(f.reading, f.step, `the same at that instant on another connection, idle for ${printSpan(f.idle)}`),
      ),
    ...(next === undefined || answer === undefined
      ? []
      : [shown(reading, next, "the client's next packet"), shown(reading, answer, "RST: no socket is left there")]),
    ...(refused === undefined ? [] : refusal(readTrail(refused))),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => elsewhere(trail, how)),
  ]);
}

function says(close: ServerClose, how: string): string {
  if (close.kind === "no-socket") return "RST answers data on a connection that neither end had closed";
  return `${how} from the server, without close_notify or GOAWAY, ${printSpan(close.idle)} after the last data`;
}

const lastWord = ({ reading, lastData }: ServerClose): readonly PacketEvidence[] =>
  lastData === undefined ? [] : [shown(reading, lastData, "the last data before")];

function refusal(reading: Reading): readonly PacketEvidence[] {
  const syn = reading.steps.find((s) => s.syn);
  const rst = reading.steps.find((s) => s.rst);
  return [
    ...(syn === undefined ? [] : [shown(reading, syn, "a new connection to the same address and port")]),
    ...(rst === undefined ? [] : [shown(reading, rst, "is refused: nobody listens")]),
  ];
}

/** The close and the RST after it at another vantage point. */
function elsewhere(trail: Trail, how: string): readonly PacketEvidence[] {
  const reading = readTrail(trail);
  const close = serverClose(reading);
  if (close === undefined) return [];
  const answer = reading.steps.find((s) => s.side === "server" && s.rst && s.index > close.step.index);
  return [
    shown(reading, close.step, `the same ${how}, seen here`),
    ...(answer === undefined ? [] : [shown(reading, answer, "and the RST that followed")]),
  ];
}
