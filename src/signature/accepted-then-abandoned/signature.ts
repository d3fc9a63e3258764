import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { capital, onePerConnection, withSightings } from "../findings.ts";
import { openRequest } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { serverClose } from "../server-close.ts";
import type { Finding, Signature } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { endpointOf, named, type Reading, readTrail } from "../trail-queries.ts";
import { abandonedByLogs } from "./from-logs.ts";
import { gatewayTimeout } from "./gateway-timeout.ts";
import { confidenceOf, roundness, SHORTEST_WAIT } from "./grounds.ts";
import { evidenceOf, what } from "./story.ts";

export const signature: Signature = {
  id: "accepted-then-abandoned",
  kind: "incident",
  title: "The server's side acknowledged a request, was silent for its time to wait, and closed without a response",
  symptoms: ["connection-reset", "empty-reply", "gateway-timeout"],
  certainFrom: "the server's own host: the request arrives, is acknowledged, and the close leaves from there",
  remedy:
    "Find what did not answer: the process behind the acknowledging socket (hung, overloaded, restarted by a watchdog) or the upstream of the proxy that gave up. Then let the waits grow outwards: the server answers or fails before the proxy's response timeout, the proxy before the client's. Retry only requests that may be repeated: this one may have been carried out.",
  references: [
    "RFC 9293 §3.10.7.4 (data is acknowledged by TCP, whether or not the application reads it)",
    "RFC 9112 §9.3.1 (retrying requests)",
    "RFC 9110 §9.2.2 (idempotent methods)",
    "Linux net/ipv4/tcp.c, __tcp_close: unread data at close makes a RST (RFC 2525 §2.17)",
  ],
  detect: (scene) => [
    ...onePerConnection(
      scene,
      (trail) => gatewayTimeout(scene, readTrail(trail)) ?? abandoned(scene, readTrail(trail)),
    ),
    ...abandonedByLogs(scene),
  ],
};

function abandoned(scene: Scene, whole: Reading): Finding | undefined {
  const { trail } = whole;
  const close = serverClose(whole);
  if (scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  if (close === undefined || close.kind === "no-socket" || close.announced) return undefined;
  const { reading, step } = close;
  const request = openRequest(reading, step);
  const accepted = request?.accepted;
  if (request === undefined || accepted === undefined) return undefined;
  const wait = step.time - request.last.time;
  if (wait < SHORTEST_WAIT) return undefined;
  const round = roundness(wait);
  const confidence = confidenceOf(scene, close, request, round !== undefined);
  if (confidence === undefined) return undefined;
  const reset = close.kind === "abort";
  const unread = reset ? "; a RST with ACK comes from a socket that was closed with data unread" : "";
  const stranger = strangeness(scene, reading, step).some((sign) => sign.strong);
  return {
    cause: signature.id,
    variant: reset ? "reset" : "closed",
    confidence,
    initiator: stranger ? "balancer" : "server",
    at: step.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(scene, close, request),
    summary: `${capital(named(trail, "server"))} acknowledged a request of ${named(trail, "client")} (${what(reading, request)}) and closed with ${reset ? "RST" : "FIN"} ${printSpan(wait)} later without a byte of response${unread}.${round === undefined ? "" : ` ${capital(round)}.`}`,
    ruledOut: [
      {
        cause: "keep-alive-race",
        because: `the request was acknowledged ${printSpan(accepted.time - request.last.time)} after it was sent: a socket was there to take it`,
      },
      {
        cause: "silent-idle-drop",
        because: "the other end acknowledged the request: nothing had forgotten the connection",
      },
    ],
    refutedBy: "response data on this connection after the request, or a close that the client began",
    ...(confidence === "certain" ? {} : { next: nextCapture(trail) }),
    symptoms: [reset ? "connection-reset" : "empty-reply"],
    ...(request.request === "certain" ? {} : { inferred: [NOT_READABLE] }),
  };
}

const NOT_READABLE =
  "that the client's last data was a request: it is not readable, but its earlier data had each been answered";

const nextCapture = (trail: Trail): string =>
  captureAt(
    `${endpointOf(trail, "server").address}, and on the hosts behind it`,
    hostFilter(endpointOf(trail, "client").address),
    "shows who acknowledged, who closed, and whether the request went further",
  );
