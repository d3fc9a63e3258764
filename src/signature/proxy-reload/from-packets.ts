import { printSpan, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { acceptedAfter } from "../accepted-after.ts";
import { captureAt } from "../capture-advice.ts";
import { capital, carried, seenAtServer, shown, withSightings } from "../findings.ts";
import { type Moment, momentLine, momentNear } from "../log-moments.ts";
import { quote } from "../log-queries.ts";
import { asksSomething } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter, type ServerClose, serverClose } from "../server-close.ts";
import type { Finding, PacketEvidence } from "../signature.ts";
import { endpointOf, named, type Reading, readTrail, type Step, touched } from "../trail-queries.ts";

/** Others that closed at that moment without a request, at the least: one timer never ends connections of different idle times. */
const FEWEST_FELLOWS = 2;

/**
 * A request that met the close of an idle connection when the server closed all of its idle ones at that moment, each
 * after another idle time, and went on accepting: old workers of a proxy end, new ones have begun.
 */
export function reloadOf(scene: Scene, trail: Trail): Finding | undefined {
  const reading = readTrail(trail);
  const close = serverClose(reading);
  const vantage = scene.vantages[trail.vantage];
  if (close === undefined || vantage?.oneSided !== false || close.kind !== "fin" || close.announced) return undefined;
  const request = lostRequest(reading, close);
  if (request === undefined) return undefined;
  const fellows = closedTogether(scene, close).filter((fellow) => fellow.kind === "fin" && wasIdle(fellow));
  if (fellows.length < FEWEST_FELLOWS || sameIdle([close, ...fellows])) return undefined;
  const accepted = acceptedAfter(scene, close);
  const reload = reloadNear(scene, trail, close);
  // A process that was killed while its connections were idle and started again at once looks the same.
  if (refusedAfter(scene, close) !== undefined || (accepted === undefined && reload === undefined)) return undefined;
  const certain = reload !== undefined && seenAtServer(scene, trail);
  return {
    cause: "proxy-reload",
    variant: "all-idle-closed",
    confidence: certain ? "certain" : reload !== undefined ? "likely" : "possible",
    initiator: "server",
    at: close.step.time,
    trails: withSightings(scene, trail),
    evidence: [
      shown(reading, close.step, `FIN after ${printSpan(close.idle)} of idleness`),
      ...fellows
        .slice(0, 3)
        .map((f) =>
          shown(f.reading, f.step, `in the same moment FIN on a connection that was idle for ${printSpan(f.idle)}`),
        ),
      shown(reading, request, "a request that the server never acknowledges"),
      ...(accepted === undefined ? [] : firstOf(readTrail(accepted))),
      ...(reload === undefined ? [] : [momentLine(reload, `the proxy reloads: ${quote(reload.text)}`)]),
    ],
    summary: `${capital(named(trail, "server"))} closed ${fellows.length + 1} idle connections at one moment, after idle times between ${printSpan(Math.min(close.idle, ...fellows.map((f) => f.idle)))} and ${printSpan(Math.max(close.idle, ...fellows.map((f) => f.idle)))}${accepted === undefined ? "" : ", and went on accepting new ones"}: a reload. A request of ${named(trail, "client")} (${carried(reading, request)}) met the close and was lost.`,
    ruledOut: [
      { cause: "keep-alive-race", because: "connections with other idle times were closed at the same moment" },
      { cause: "process-gone", because: "only idle connections were closed, and the server refused no new one" },
    ],
    refutedBy: "connections of the same proxy that stayed open and idle across that moment",
    ...(certain
      ? {}
      : {
          next: captureAt(
            `the proxy ${endpointOf(trail, "server").address}`,
            "tcp[tcpflags] & (tcp-fin|tcp-rst|tcp-syn) != 0",
            "shows all idle connections close at that moment; compare with its log",
          ),
        }),
    symptoms: ["connection-reset"],
  };
}

const firstOf = (reading: Reading): readonly PacketEvidence[] =>
  reading.steps.slice(0, 1).map((step) => shown(reading, step, "the server goes on accepting connections"));

/** Data of the client that asks something and of which no byte was ever acknowledged, sent about when the close came. */
function lostRequest(reading: Reading, { step, lastData, idle }: ServerClose): Step | undefined {
  if (idle < SECOND || lastData?.side !== "server") return undefined;
  const request = reading.steps.find((s) => s.side === "client" && s.fresh && !touched(reading, s));
  if (request === undefined || !asksSomething(reading, request)) return undefined;
  return Math.abs(request.time - step.time) <= SECOND ? request : undefined;
}

/** Nothing was asked of it: the last word was the server's, and that was a while ago. */
const wasIdle = ({ lastData, idle }: ServerClose): boolean => lastData?.side === "server" && idle > SECOND / 4;

/** One idle limit for connections that went quiet together. */
function sameIdle(closes: readonly ServerClose[]): boolean {
  const idle = closes.map((close) => close.idle);
  return Math.max(...idle) - Math.min(...idle) <= 0.1 * Math.max(...idle);
}

function reloadNear(scene: Scene, trail: Trail, { step }: ServerClose): Moment | undefined {
  const vantage = scene.vantages[trail.vantage];
  return vantage === undefined
    ? undefined
    : momentNear(scene, "reloading", scene.toCommon(vantage, step.time), RELOADED);
}

/** nginx starts new workers before it tells the old ones to finish; its log has whole seconds. */
const RELOADED = 3 * SECOND;
