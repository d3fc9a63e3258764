import { printSpan, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, capital, carried, onePerConnection, shown, withSightings } from "../findings.ts";
import { SERVER_IDLE_LIMITS, timeoutNear } from "../known-timeouts.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter, serverClose } from "../server-close.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import { type Crossing, crossingOf } from "./crossing.ts";
import { raceFromLogs } from "./from-logs.ts";

export const signature: Signature = {
  id: "keep-alive-race",
  kind: "incident",
  title: "The server closed an idle kept connection while a request was on its way to it",
  symptoms: ["connection-reset", "bad-gateway"],
  certainFrom:
    "the server's side (FIN leaves before the request arrives), or the client's with a round trip that excludes any other order",
  remedy:
    "Make the end that sends requests give up idle connections first: its pool's idle timeout below the server's keep-alive timeout, with a margin of at least a second (Node closes 1 s after the figure it advertises; equal is wrong). Where only the server can be changed, raise its keep-alive timeout above that of every caller. Retry idempotent requests once on a new connection.",
  references: [
    "RFC 9112 §9.5 (either side may close an idle connection at any time), §9.3.1 (retrying requests)",
    "RFC 9293 §3.10.7.1 (a segment for a connection that is gone is answered by RST)",
    "https://nodejs.org/api/http.html#serverkeepalivetimeout",
    "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
  ],
  detect: (scene) => [...onePerConnection(scene, (trail) => judge(scene, trail)), ...raceFromLogs(scene)],
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const crossing = crossingOf(scene, trail);
  if (
    crossing === undefined ||
    scene.vantages[trail.vantage]?.oneSided !== false ||
    wholeServerClosed(scene, crossing)
  ) {
    return undefined;
  }
  const { close, request, idle } = crossing;
  const confidence = confidenceOf(scene, crossing);
  const limit = timeoutNear(SERVER_IDLE_LIMITS, idle, 0.35 * SECOND);
  const how = close.fin ? "FIN" : "RST";
  const shipped = limit === undefined ? "" : `, the idle limit of ${limit.whose}`;
  return {
    cause: signature.id,
    variant: close.fin ? "closed-by-fin" : "closed-by-reset",
    confidence,
    initiator: "server",
    at: request.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(scene, crossing),
    summary: `${capital(named(trail, "server"))} closed the kept connection of ${named(trail, "client")} with ${how} after ${printSpan(idle)} of idleness${shipped}, while a request (${carried(crossing.reading, request)}) was on its way: the two met within ${printSpan(Math.abs(close.time - request.time))}, and the request was never acknowledged.`,
    ruledOut: [
      { cause: "accepted-then-abandoned", because: "no packet of the server acknowledges a byte of the request" },
      { cause: "silent-idle-drop", because: `the server itself closed, with ${how}` },
      {
        cause: "process-gone",
        because: `the close came after ${printSpan(idle)} of idleness and no other connection went with it`,
      },
    ],
    refutedBy: "an acknowledgment that covers the request, or data on the connection within the idle time",
    ...(confidence === "certain"
      ? {}
      : {
          next: captureAt(
            `the server ${endpointOf(trail, "server").address}`,
            hostFilter(endpointOf(trail, "client").address, endpointOf(trail, "server").port),
            "shows the FIN leave before the request arrives",
          ),
        }),
    symptoms: ["connection-reset"],
  };
}

/** Everything that the server had open ended at once, or it took no more connections: then it was not idleness. */
function wholeServerClosed(scene: Scene, { reading, idle }: Crossing): boolean {
  const close = serverClose(reading);
  if (close === undefined) return false;
  const others = closedTogether(scene, close).filter((fellow) => Math.abs(fellow.idle - idle) > 0.1 * idle);
  return others.length > 0 || refusedAfter(scene, close) !== undefined;
}

function confidenceOf(scene: Scene, crossing: Crossing): Confidence {
  if (crossing.answer === undefined || crossing.lastData === undefined) return "possible";
  if (crossing.proven) return "certain";
  const elsewhere = scene.sightings(crossing.reading.trail).some(({ trail }) => crossingOf(scene, trail)?.proven);
  return elsewhere ? "certain" : "likely";
}

function evidenceOf(scene: Scene, crossing: Crossing): readonly PacketEvidence[] {
  const { reading, lastData, idle } = crossing;
  return briefly([
    ...(lastData === undefined
      ? []
      : [shown(reading, lastData, "the last response: from here on the connection is idle")]),
    ...meeting(crossing, `the server closes after ${printSpan(idle)} of idleness`),
    ...scene.sightings(reading.trail).flatMap(({ trail }) => {
      const theirs = crossingOf(scene, trail);
      return theirs === undefined ? [] : meeting(theirs, "the server's close, seen here");
    }),
  ]);
}

function meeting({ reading, request, close, answer }: Crossing, closes: string): readonly PacketEvidence[] {
  const steps: PacketEvidence[] = [
    shown(reading, close, `${closes}; its acknowledgment does not cover the request`),
    shown(
      reading,
      request,
      `a request of ${request.segment.length} bytes, which no packet of the server ever acknowledges`,
    ),
  ];
  if (answer !== undefined) steps.push(shown(reading, answer, "RST: the request found the connection gone"));
  const later = reading.steps.findLast((s) => s.side === "server" && s.rst && s.index > (answer?.index ?? 0));
  if (later !== undefined && later !== answer)
    steps.push(shown(reading, later, "RST once more, for the client's own FIN"));
  return steps;
}
