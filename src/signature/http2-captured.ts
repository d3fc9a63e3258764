import { clientOf, serverOf } from "../flow/flow.ts";
import { seqAtOrAfter } from "../net/sequence.ts";
import { ACK, SYN } from "../net/tcp-flags.ts";
import type { Instant } from "../net/time.ts";
import type { SessionEvent } from "../session/conversation.ts";
import type { Frame } from "../session/http2/frame.ts";
import { errorCodeName, frameTypeName, settingName } from "../session/http2/names.ts";
import type { Side, Trail } from "../session/segment.ts";
import type { Closing, Exchange, Http2Story, Mark, Told } from "./http2-story.ts";
import type { Scene } from "./scene.ts";
import { readTrail } from "./trail-queries.ts";

/** Debug data that is looked at. */
const MOST_DEBUG = 256;

/** A captured connection whose HTTP/2 frames could be read; undefined for any other. */
export function capturedStory(scene: Scene, trail: Trail): Http2Story | undefined {
  const session = scene.session(trail);
  const http2 = session?.summary.http2;
  const vantage = scene.vantages[trail.vantage];
  if (session === undefined || http2 === undefined || vantage === undefined || http2.frames === 0) return undefined;
  const clientIs = http2.client ?? (trail.flow.client === "a" ? 0 : 1);
  const sideOf = (direction: number): Side => (direction === clientIs ? "client" : "server");
  const times = timesOf(trail, session.events);
  const mark = (packet: number, time: number | undefined = times.get(packet)): Mark => {
    const at = time ?? trail.flow.to;
    return {
      at: scene.toCommon(vantage, at),
      shown: (shows) => ({ vantage: trail.vantage, packet, at, shows }),
    };
  };
  const frames = session.events.filter((e): e is Frame => e.kind === "http2-frame");
  const server = clientIs === 0 ? 1 : 0;
  const stoodFrom = trail.segments.find((s) => (s.flags & (SYN | ACK)) === (SYN | ACK))?.packet ?? 0;
  const requests = http2.streams.flatMap((life): Exchange[] => {
    if (life.id % 2 === 0) return [];
    const { reset } = life;
    return [
      {
        id: life.id,
        opened: mark(life.opened, life.openedTime),
        last: mark(life.last, life.lastTime),
        method: life.method,
        path: life.path,
        answered: life.answered !== undefined || life.opener === server,
        answeredWhole: life.ended[server],
        reset: reset && {
          by: sideOf(reset.direction),
          code: errorCodeName(reset.errorCode),
          mark: mark(reset.packet, reset.time),
        },
      },
    ];
  });
  const settings = (direction: 0 | 1): ReadonlyMap<string, number> =>
    new Map([...http2.settings[direction]].map(([id, value]) => [settingName(id), value]));
  return {
    trail,
    log: undefined,
    teller: undefined,
    client: clientOf(trail.flow),
    server: serverOf(trail.flow),
    opened: trail.flow.synAck.length > 0 ? mark(trail.flow.firstPacket, trail.flow.from) : undefined,
    frames: frames.map((frame) => toldBy(frame, sideOf(frame.direction), mark(frame.packet, frame.time))),
    gaps: session.omitted > 0 || http2.streamsOmitted > 0 || session.summary.missing.some((bytes) => bytes > 0),
    // Between equal ports the last packets of one connection may come while the next one's SYN is being repeated.
    goAways: http2.goAways
      .filter((g) => g.packet > stoodFrom)
      .map((g) => ({
        by: sideOf(g.direction),
        lastStream: g.lastStreamId,
        code: errorCodeName(g.errorCode),
        debug: String.fromCharCode(...g.debugData.subarray(0, MOST_DEBUG)),
        mark: mark(g.packet, g.time),
      })),
    requests,
    pings: http2.pings.map((p) => ({ by: sideOf(p.direction), mark: mark(p.packet, p.time) })),
    settings: { client: settings(clientIs), server: settings(server) },
    closing: farewellFirst(trail, session.events, sideOf, mark) ?? closingOf(scene, trail),
    until: scene.toCommon(vantage, vantage.to),
    also: [],
  };
}

/**
 * A close_notify or fatal alert of the client is its leaving, even where the server's FIN comes first (RFC 8446 §6.1); but not where it acknowledges that FIN:
 * then it answers the server's close.
 */
function farewellFirst(
  trail: Trail,
  events: readonly SessionEvent[],
  sideOf: (direction: number) => Side,
  mark: (packet: number, time?: number) => Mark,
): Closing | undefined {
  const alert = events.find((e) => e.kind === "tls-alert");
  if (alert === undefined || sideOf(alert.direction) !== "client") return undefined;
  const { steps } = readTrail(trail);
  const fin = steps.find((s) => s.fin && s.side === "server");
  const said = steps.find((s) => s.segment.packet === alert.packet);
  if (fin !== undefined && said !== undefined && fin.index < said.index && seqAtOrAfter(said.segment.ack, fin.end))
    return undefined;
  return { by: "client", how: "fin", mark: mark(alert.packet, alert.time) };
}

/** Who closed a captured connection first. A RST before the SYN-ACK answers something else and closes nothing (RFC 9293 §3.10.7.3). */
export function closingOf(scene: Scene, trail: Trail): Closing | undefined {
  const { steps } = readTrail(trail);
  const opened = steps.findIndex((s) => s.syn && s.side === "server");
  const step = steps.find((s, i) => (s.fin || s.rst) && i > opened);
  const vantage = scene.vantages[trail.vantage];
  if (step === undefined || vantage === undefined) return undefined;
  const at: Instant = scene.toCommon(vantage, step.time);
  const { packet } = step.segment;
  return {
    by: step.side,
    how: step.rst ? "rst" : "fin",
    ...(step.rst && (step.segment.flags & ACK) === 0 ? { unknown: true } : {}),
    mark: { at, shown: (shows) => ({ vantage: trail.vantage, packet, at: step.time, shows }) },
  };
}

function timesOf(
  trail: Trail,
  events: readonly { readonly packet: number; readonly time: number }[],
): ReadonlyMap<number, number> {
  const times = new Map(trail.segments.map(({ packet, time }) => [packet, time]));
  for (const { packet, time } of events) times.set(packet, time);
  return times;
}

function toldBy({ type, streamId, length, body, windows }: Frame, by: Side, mark: Mark): Told {
  return {
    by,
    type: frameTypeName(type),
    stream: streamId,
    endStream: (body.kind === "data" || body.kind === "headers") && body.endStream,
    ack: (body.kind === "settings" || body.kind === "ping") && body.ack,
    length,
    increment: body.kind === "window-update" ? body.increment : undefined,
    windows,
    mark,
  };
}
