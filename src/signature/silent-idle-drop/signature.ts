import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { farSide } from "../far-side.ts";
import { carried, onePerConnection, withSightings } from "../findings.ts";
import { PATH_IDLE_LIMITS, timeoutExceeded } from "../known-timeouts.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, RuledOut, Signature } from "../signature.ts";
import { gaveUp, judgeSilence } from "../silence.ts";
import { endpointOf, named, other } from "../trail-queries.ts";
import { type Broken, brokenSilence } from "./forgotten.ts";
import { forgottenByLogs } from "./from-logs.ts";
import { groundsOf } from "./grounds.ts";
import { evidenceOf } from "./story.ts";

export const signature: Signature = {
  id: "silent-idle-drop",
  kind: "incident",
  title: "A box on the path forgot a silent connection; its next packet was reset or vanished",
  symptoms: ["connection-reset", "request-timeout", "lost-ping"],
  certainFrom: "both sides of the box: the packet enters on one side and never comes out on the other",
  remedy:
    "Let something cross the connection more often than the box forgets: TCP keepalive or HTTP/2 PING well below its idle timeout at either end, or close idle connections earlier than that at the end that sends requests; where the box allows it, raise its timeout.",
  references: [
    "RFC 5382 §5 (REQ-5: a NAT may forget an established connection after 2 h 4 min, not sooner; most boxes do)",
    "RFC 1122 §4.2.3.6 (TCP keepalive)",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html",
    "https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset",
  ],
  detect: (scene) => [...onePerConnection(scene, (trail) => judge(scene, trail)), ...forgottenByLogs(scene)],
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const broken = brokenSilence(trail);
  const vantage = scene.vantages[trail.vantage];
  if (broken === undefined || vantage === undefined || vantage.oneSided) return undefined;
  const { reading, first, reset } = broken;
  const peer = other(first.side);
  // At the peer's own host nothing lies between the packet and its answer.
  if (vantage.place === peer) return undefined;
  const verdict = judgeSilence(scene, reading, first);
  if (verdict.kind === "cut") return undefined;
  const port = portElsewhere(scene, trail, first.time);
  if (port === "collided") return undefined;
  const sides = farSide(scene, reading, first);
  if (sides.some((side) => side.atReceiver && side.seen !== undefined)) return undefined;
  const far = sides.filter((side) => side.seen === undefined);
  const grounds = groundsOf(scene, broken, far);
  if (grounds === undefined) return undefined;
  const confidence: Confidence = port === "shared" && far.length === 0 ? "possible" : grounds.confidence;
  // Probes alone, given up with RST, are told by `keepalive-failure`, unless more is known than that.
  if (confidence === "possible" && first.probe && gaveUp(reading, first.side)) return undefined;
  const ping = reading.payload(first).pingSized;
  return {
    cause: signature.id,
    variant: reset === undefined ? "blackhole" : "reset-on-next-packet",
    confidence,
    initiator: "balancer",
    at: first.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(broken, grounds.says, far),
    summary: summaryOf(broken),
    ruledOut: ruledOut(broken, verdict.survived, grounds.alive),
    refutedBy: `the packet appearing in a capture at the ${peer}, or the connection surviving a longer silence on the same path`,
    ...(confidence === "certain" ? {} : { next: nextCapture(broken) }),
    symptoms: [reset !== undefined ? "connection-reset" : ping ? "lost-ping" : "request-timeout"],
    ...(ping && reading.payload(first).inferred
      ? { inferred: ["that the packet after the silence is an HTTP/2 PING: the record has its size"] }
      : {}),
  };
}

function summaryOf({ reading, first, repeats, reset }: Broken): string {
  const { trail } = reading;
  const limit = timeoutExceeded(PATH_IDLE_LIMITS, first.silence);
  const outcome =
    reset === undefined
      ? `nothing came back, though it was repeated ${repeats.length} times`
      : `a RST came back ${printSpan(reset.time - first.time)} later`;
  const longer = limit === undefined ? "" : ` The silence was longer than ${limit.seconds} s (${limit.whose}).`;
  return `A box between ${named(trail, first.side)} and ${named(trail, other(first.side))} had forgotten their connection: after ${printSpan(first.silence)} of silence the ${first.side} sent ${carried(reading, first)}, and ${outcome}.${longer}`;
}

function nextCapture({ reading, first }: Broken): string {
  const peer = other(first.side);
  return captureAt(
    `the ${peer} (${endpointOf(reading.trail, peer).address} or the host behind it)`,
    hostFilter(endpointOf(reading.trail, first.side).address),
    "if the packet after the silence does not arrive there, a box in between dropped it",
  );
}

function ruledOut({ reading, first }: Broken, survived: number, alive: boolean): readonly RuledOut[] {
  const peer = endpointOf(reading.trail, other(first.side));
  const longest =
    survived > 0 ? `the longest silence survived before was ${printSpan(survived)}` : "this was the first silence";
  return [
    { cause: "keep-alive-race", because: "neither end had sent FIN or RST before the silence was broken" },
    {
      cause: "peer-vanished",
      because: alive ? `${printEndpoint(peer)} was heard on other connections afterwards` : longest,
    },
    { cause: "backend-tuple-collision", because: "the client's port was not used for another connection meanwhile" },
  ];
}
