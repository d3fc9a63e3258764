import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { briefly, onePerConnection, shown, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import { candidatesOf, excludedBy } from "./candidates.ts";
import { undecidedByLogs } from "./from-logs.ts";
import { type Loss, type LossKind, lossOf } from "./loss.ts";
import { nextCapture } from "./next-capture.ts";

/**
 * Something was lost and nothing decides why. It names every visible loss; whoever joins the
 * findings drops it where another signature explains the same connection.
 */
export const signature: Signature = {
  id: "inconclusive",
  kind: "incident",
  title: "Something was lost, and the evidence does not decide why",
  symptoms: [
    "connection-reset",
    "unexpected-eof",
    "request-timeout",
    "lost-ping",
    "connect-timeout",
    "connection-refused",
    "no-route-to-host",
    "bad-gateway",
    "gateway-timeout",
    "node-not-ready",
    "request-failed",
  ],
  certainFrom: "never certain: it says what to capture to become so",
  remedy: "Take the capture that is named under `next`, while it happens again, and explain both files together.",
  references: [
    "RFC 9293 §3.5.2: what sends a RST, and that it does not say who sent it",
    "RFC 9293 §3.8.3: a connection whose data is never acknowledged",
  ],
  detect,
};

/** Findings for one server and one kind of loss; more of the same are counted. */
const MOST_ALIKE = 64;

function detect(scene: Scene): Finding[] {
  const told = new Map<string, number>();
  const beyond = new Map<string, Set<Trail>>();
  const captured = onePerConnection(scene, (trail) => {
    const loss = lossOf(scene, trail);
    if (loss === undefined) return undefined;
    const key = keyOf(loss.kind, trail);
    const alike = (told.get(key) ?? 0) + 1;
    told.set(key, alike);
    if (alike <= MOST_ALIKE) return tell(scene, trail, loss);
    const others = beyond.get(key) ?? new Set();
    beyond.set(key, others);
    if (!scene.sightings(trail).some((sighting) => others.has(sighting.trail))) others.add(trail);
    return undefined;
  });
  const counted = captured.map((finding) => {
    const key = keyOf(finding.variant ?? "", finding.trails[0] as Trail);
    const others = beyond.get(key)?.size ?? 0;
    beyond.delete(key);
    return others === 0 ? finding : { ...finding, beyond: others };
  });
  return [...counted, ...undecidedByLogs(scene)];
}

const keyOf = (kind: string, trail: Trail): string => `${kind} ${printEndpoint(endpointOf(trail, "server"))}`;

function tell(scene: Scene, trail: Trail, loss: Loss): Finding {
  const candidates = candidatesOf(loss);
  const open = candidates.map((c) => `${c.cause} (${c.undecided})`).join("; ");
  return {
    cause: signature.id,
    variant: loss.kind,
    confidence: "possible",
    initiator: "unknown",
    at: (loss.end ?? loss.asked).time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(loss),
    summary: `${storyOf(trail, loss)} Why is not decided. Still possible: ${open}.`,
    ruledOut: excludedBy(loss),
    refutedBy: "an application that reports no error for this connection at that time",
    next: nextCapture(scene, trail),
    symptoms: [SYMPTOM[loss.kind]],
  };
}

const SYMPTOM: Readonly<Record<LossKind, string>> = {
  reset: "connection-reset",
  "closed-unanswered": "unexpected-eof",
  unanswered: "request-timeout",
  "keepalive-unanswered": "request-timeout",
  "lost-ping": "lost-ping",
  connect: "connect-timeout",
};

function storyOf(trail: Trail, { kind, asked, repeats, end }: Loss): string {
  const [speaker, peer] = asked.side === "client" ? (["client", "server"] as const) : (["server", "client"] as const);
  const who = `${named(trail, speaker)}`;
  const whom = named(trail, peer);
  const span = printSpan((repeats.at(-1) ?? asked).time - asked.time);
  const packet = asked.segment.packet;
  switch (kind) {
    case "reset":
      return `What ${who} sent to ${whom} (packet ${packet}) was answered by RST ${printSpan((end ?? asked).time - asked.time)} later.`;
    case "closed-unanswered":
      return `A request of ${who} to ${whom} (packet ${packet}) got FIN instead of an answer ${printSpan((end ?? asked).time - asked.time)} later.`;
    case "unanswered":
      return `What ${who} sent to ${whom} (packet ${packet}) was repeated ${repeats.length} times over ${span} and never acknowledged.`;
    case "keepalive-unanswered":
      return `${repeats.length + 1} keepalive probes of ${who} to ${whom} over ${span} got no answer.`;
    case "lost-ping":
      return `An HTTP/2 PING of ${who} to ${whom} (packet ${packet}) was acknowledged as bytes and never answered; the client closed ${printSpan((end ?? asked).time - asked.time)} later.`;
    case "connect":
      return `${repeats.length + 1} SYNs of ${who} to ${whom} over ${span} opened no connection.`;
  }
}

function evidenceOf({ kind, reading, asked, repeats, end }: Loss): readonly PacketEvidence[] {
  const before = reading.steps.findLast((s) => s.index < asked.index && s.side !== asked.side);
  const last = repeats.at(-1);
  const what = kind === "connect" ? "SYN" : kind === "keepalive-unanswered" ? "keepalive probe" : "asks for an answer";
  return briefly([
    ...(before === undefined ? [] : [shown(reading, before, `the ${before.side}'s last packet before`)]),
    shown(
      reading,
      asked,
      `${what}${asked.silence > 0 && kind !== "connect" ? `, after ${printSpan(asked.silence)} of silence` : ""}`,
    ),
    ...(repeats[0] === undefined ? [] : [shown(reading, repeats[0], "the same again")]),
    ...(last === undefined || last === repeats[0]
      ? []
      : [shown(reading, last, `the same for the last time, ${printSpan(last.time - asked.time)} after the first`)]),
    ...(end === undefined
      ? []
      : [shown(reading, end, end.rst ? `RST from the ${end.side}` : `FIN from the ${end.side}`)]),
  ]);
}
