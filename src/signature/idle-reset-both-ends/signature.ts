import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { printSpan, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { briefly, onePerConnection, shown, withSightings } from "../findings.ts";
import { PATH_IDLE_LIMITS, timeoutNear } from "../known-timeouts.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import { type IdleReset, idleReset, sameGap } from "./idle-reset.ts";

export const signature: Signature = {
  id: "idle-reset-both-ends",
  kind: "incident",
  title: "A box on the path timed an idle connection out and sent RST to both of its ends",
  symptoms: ["connection-reset"],
  certainFrom:
    "both ends: each is reset at the same instant in the other's name, and neither sent a RST; or the wire between",
  remedy:
    "Let something cross the connection more often than the box's idle timeout (TCP keepalive or HTTP/2 PING below it), close idle connections earlier at the end that sends requests, or raise the timeout at the box. Keep the box's RSTs on: without them the same timeout loses requests in silence.",
  references: [
    "https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset (read 2026-11)",
    "RFC 5382 §5 REQ-5 (idle timeout of established connections)",
    "RFC 1122 §4.2.3.6 (TCP keepalive)",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const found = idleReset(scene, trail);
  if (found === undefined) return undefined;
  const { reading, rst, origin, opposite } = found;
  const gap = rst.silence;
  const limit = timeoutNear(PATH_IDLE_LIMITS, gap, 2 * SECOND);
  const alike = alikeTo(scene, found);
  const proven = origin !== undefined || opposite !== undefined;
  const confidence: Confidence = proven ? "certain" : limit !== undefined || alike.length > 0 ? "likely" : "possible";
  const peer = endpointOf(trail, rst.side);
  return {
    cause: signature.id,
    variant: proven ? "both-seen" : "one-seen",
    confidence,
    initiator: "balancer",
    at: rst.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(found, alike),
    summary: `A box between ${named(trail, "client")} and ${named(trail, "server")} reset their connection after ${printSpan(gap)} without a packet and with nothing in flight: ${proven ? "each end got a RST in the other's name at that instant" : `a RST in the name of the ${rst.side} that is unlike its own packets`}.${limit === undefined ? "" : ` ${limit.seconds} s is the idle timeout of ${limit.whose}.`}${alike.length === 0 ? "" : ` ${alike.length} other connections to ${printEndpoint(endpointOf(trail, "server"))} ended after the same silence.`}`,
    ruledOut: [
      { cause: "keep-alive-race", because: "no request was on its way when the RST came" },
      { cause: "silent-idle-drop", because: "the RST came by itself: no packet had met it" },
      {
        cause: "process-gone",
        because: proven
          ? `the ${rst.side}'s kernel sent no RST`
          : "the RST does not come from as far away as the peer's packets",
      },
    ],
    refutedBy: `a capture on ${peer.address} itself in which the RST leaves from its socket, or the same connection surviving a longer silence`,
    ...(confidence === "certain"
      ? {}
      : {
          next: captureAt(
            `the ${rst.side} (${peer.address}, or the host behind it)`,
            hostFilter(endpointOf(reading.trail, rst.side === "server" ? "client" : "server").address),
            "shows whether it sent the RST, or got one too",
          ),
        }),
    symptoms: ["connection-reset"],
    ...(proven ? {} : { inferred: ["that the other end was reset as well"] }),
  };
}

/** Other connections of that server that a box reset after the same silence. */
function alikeTo(scene: Scene, found: IdleReset): readonly IdleReset[] {
  const { trail } = found.reading;
  const server = endpointOf(trail, "server");
  return (scene.vantages[trail.vantage]?.trails ?? []).flatMap((fellow) => {
    if (fellow === trail || fellow.flow.rst.length === 0 || !sameEndpoint(endpointOf(fellow, "server"), server))
      return [];
    const theirs = idleReset(scene, fellow);
    return theirs !== undefined && sameGap(theirs, found) ? [theirs] : [];
  });
}

function evidenceOf(found: IdleReset, alike: readonly IdleReset[]): readonly PacketEvidence[] {
  const { reading, rst, last, origin, opposite, says } = found;
  const silent = origin?.reading.steps.findLast((s) => s.index < (origin.received?.index ?? 0));
  return briefly([
    shown(reading, last, "the last packet before the silence"),
    shown(
      reading,
      rst,
      [`RST in the name of the ${rst.side} after ${printSpan(rst.silence)} of silence`, ...says].join("; "),
    ),
    ...(opposite === undefined
      ? []
      : [shown(reading, opposite, `RST the other way at the same instant, in the name of the ${opposite.side}`)]),
    ...(origin === undefined || silent === undefined
      ? []
      : [shown(origin.reading, silent, `the ${rst.side}'s own capture: silence, and no RST leaves here`)]),
    ...(origin?.received === undefined
      ? []
      : [
          shown(
            origin.reading,
            origin.received,
            `the ${rst.side} is reset as well, in the name of the ${origin.received.side}`,
          ),
        ]),
    ...alike
      .slice(0, 2)
      .map((other) =>
        shown(other.reading, other.rst, `another connection, reset after ${printSpan(other.rst.silence)} of silence`),
      ),
  ]);
}
