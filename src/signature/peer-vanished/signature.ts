import { printEndpoint } from "../../net/endpoint.ts";
import { type Nanoseconds, printSpan, SECOND } from "../../net/time.ts";
import type { Side, Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { type FarSide, farSide } from "../far-side.ts";
import { capital, carried, onePerConnection, withSightings } from "../findings.ts";
import { isPassedOver, saidOnlySynAck } from "../listen-queue.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, Signature } from "../signature.ts";
import { gaveUp, judgeSilence, type UnansweredTail, unansweredTail, unreachable } from "../silence.ts";
import { tooBig } from "../too-big.ts";
import { covers, endpointOf, named, other, type Reading, readTrail } from "../trail-queries.ts";
import { vanishedByLogs } from "./from-logs.ts";
import { evidenceOf } from "./story.ts";

export const signature: Signature = {
  id: "peer-vanished",
  kind: "incident",
  title: "The other end, its host or the path to it went away without a word",
  symptoms: ["lost-ping", "request-timeout", "no-route-to-host"],
  certainFrom: "one side with several connections or an ICMP error, or both sides of the break",
  remedy:
    "See what became of the host or the link at the time given. So that the next loss is noticed in seconds and not in the 15 minutes of tcp_retries2: HTTP/2 PING (readIdleTimeout and pingTimeout), TCP_USER_TIMEOUT or TCP keepalive at the client, faster than the failure detector that depends on it; and retry on a new connection.",
  references: [
    "RFC 1122 §4.2.3.5 (R1 and R2: when TCP gives up)",
    "RFC 6298 §5 (the retransmission timer doubles)",
    "Linux Documentation/networking/ip-sysctl.rst: tcp_retries2 (15, about 924 s)",
    "RFC 9113 §6.7 (PING)",
    "RFC 5482 (TCP user timeout)",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => either(scene, trail)).concat(vanishedByLogs(scene)),
};

const either = (s: Scene, t: Trail): Finding | undefined => judge(s, t, "client") ?? judge(s, t, "server");

/** Fewer unanswered repetitions within less time may be loss, or the capture's end. */
const REPEATS = 3;
const LONG_ENOUGH: Nanoseconds = 3 * SECOND;

function judge(scene: Scene, trail: Trail, speaker: Side): Finding | undefined {
  const reading = readTrail(trail);
  const tail = unansweredTail(reading, speaker);
  const vantage = scene.vantages[trail.vantage];
  if (tail === undefined || !reading.established || vantage?.oneSided !== false) return undefined;
  if (tail.lastSign === undefined || tail.repeats.length < REPEATS || tail.span < LONG_ENOUGH) return undefined;
  if (!losesSomething(reading, tail) || portElsewhere(scene, trail, tail.first.time + tail.span) === "collided")
    return undefined;
  // Where what is smaller still passes, the other end is there.
  if (isPassedOver(vantage, trail) || tooBig(reading, speaker) !== undefined) return undefined;
  const far = farSide(scene, reading, tail.first);
  const arrived = far.find((side) => side.atReceiver && side.seen !== undefined);
  const verdict = judgeSilence(scene, reading, tail.first);
  const atPeer = vantage.place === other(speaker);
  // After a long silence a forgetful box explains it as well, unless the packet is seen beyond every box.
  if (verdict.kind === "forgotten" && arrived === undefined && !atPeer) return undefined;
  const variant = variantOf(tail, arrived, atPeer);
  const together = diedTogether(scene, reading, tail);
  const icmp = unreachable(trail, tail.first);
  const confidence: Confidence =
    // A full listen queue looks the same: nothing shows that the server ever took the connection.
    verdict.kind === "forgotten" || saidOnlySynAck(reading)
      ? "possible"
      : icmp !== undefined || arrived !== undefined || together.length > 0
        ? "certain"
        : "likely";
  // Probes alone, given up with RST, are told by `keepalive-failure`, unless more is known than that.
  if (confidence !== "certain" && tail.first.probe && gaveUp(reading, speaker)) return undefined;
  const because = verdict.kind === "cut" ? verdict.because : `${printSpan(verdict.silence)} of silence came before`;
  const peer = other(speaker);
  return {
    cause: signature.id,
    variant,
    confidence,
    initiator: "unknown",
    at: tail.first.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(reading, tail, { far, icmp, together }),
    summary: `${capital(named(trail, speaker))} heard nothing more from ${named(trail, peer)}: it sent ${carried(reading, tail.first)}, and again ${tail.repeats.length} times over ${printSpan(tail.span)}, without an answer of any kind${icmp !== undefined ? " but ICMP unreachable" : ""}; ${because}. ${MEANING[variant]}`,
    ruledOut: [
      { cause: "silent-idle-drop", because },
      {
        cause: "process-gone",
        because: `a dead process leaves a kernel that answers with RST; nothing of the kind came from ${endpointOf(trail, peer).address}`,
      },
      {
        cause: "backend-tuple-collision",
        because:
          "no answer with another connection's numbers came, and the client's port was not used for another connection meanwhile",
      },
    ],
    refutedBy: `any packet from ${printEndpoint(endpointOf(trail, peer))} on this connection after the first repetition`,
    ...(confidence === "certain"
      ? {}
      : {
          next: captureAt(
            `${endpointOf(trail, peer).address} (or the target behind it)`,
            hostFilter(endpointOf(trail, speaker).address),
            "shows whether the packets arrive there and whether answers leave",
          ),
        }),
    symptoms: [reading.payload(tail.first).pingSized ? "lost-ping" : "request-timeout"],
    ...(reading.payload(tail.first).inferred && reading.payload(tail.first).pingSized
      ? { inferred: ["that the first unanswered packet is an HTTP/2 PING: the record has its size"] }
      : {}),
  };
}

type Variant = "no-answer" | "host-mute" | "return-path-cut";

const MEANING: Readonly<Record<Variant, string>> = {
  "no-answer": "The host, its link or the path to it was gone.",
  "host-mute":
    "The packets still reach that host, which no longer answers: it drops them before TCP, or its kernel stands still.",
  "return-path-cut": "The packets arrive there and are answered, but the answers do not come back.",
};

function variantOf(tail: UnansweredTail, arrived: FarSide | undefined, atPeer: boolean): Variant {
  if (atPeer) return "host-mute";
  if (arrived === undefined) return "no-answer";
  const answered = arrived.reading.steps.some(
    (s) => s.side !== tail.speaker && s.index > (arrived.seen?.index ?? 0) && covers(s, tail.first.end),
  );
  return answered ? "return-path-cut" : "host-mute";
}

/** Data or a keepalive probe; a goodbye or a FIN that nobody hears loses nothing. */
function losesSomething(reading: Reading, { first }: UnansweredTail): boolean {
  if (first.probe) return true;
  if (!first.fresh) return false;
  const { kind } = reading.payload(first);
  return kind !== "farewell" && kind !== "goaway" && !reading.steps.slice(0, first.index).some((s) => s.fin || s.rst);
}

/** Other connections between the same two addresses that went unanswered at the same time; at most two. */
function diedTogether(scene: Scene, reading: Reading, tail: UnansweredTail): readonly UnansweredTail[] {
  const peer = endpointOf(reading.trail, other(tail.speaker)).address;
  const found: UnansweredTail[] = [];
  for (const fellow of scene.vantages[reading.trail.vantage]?.trails ?? []) {
    if (found.length === 2) break;
    if (fellow === reading.trail || endpointOf(fellow, other(tail.speaker)).address !== peer) continue;
    const theirs = unansweredTail(readTrail(fellow), tail.speaker);
    if (theirs === undefined || theirs.repeats.length < 2 || theirs.lastSign === undefined) continue;
    const overlap = theirs.first.time < tail.first.time + tail.span;
    if (overlap && theirs.lastSign.time < tail.first.time + SECOND) found.push(theirs);
  }
  return found;
}
