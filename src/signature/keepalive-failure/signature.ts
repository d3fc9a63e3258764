import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { counted } from "../aborts-counted.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { farSide } from "../far-side.ts";
import { briefly, capital, carried, onePerConnection, shown, withSightings } from "../findings.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { endpointOf, named, other, readTrail } from "../trail-queries.ts";
import { type GaveUp, goneOnReturn, probesInVain } from "./gave-up.ts";

export const signature: Signature = {
  id: "keepalive-failure",
  kind: "incident",
  title:
    "An end gave the connection up itself: its TCP keepalive probes, or its data within TCP_USER_TIMEOUT, got no answer",
  symptoms: ["request-timeout"],
  certainFrom: "the host that gave up: its probes leave, nothing comes, its RST leaves",
  remedy:
    "The timer did what it is for; look for what kept the answers away at the time of the last packet from the other end: a host or link that was down, or a box that forgot the connection because the probes came too late (tcp_keepalive_time, TCP_KEEPIDLE longer than its idle timeout). Probe sooner if that was it; allow more probes or a longer TCP_USER_TIMEOUT if short outages should be survived.",
  references: [
    "RFC 1122 §4.2.3.6, RFC 9293 §3.8.4 (keepalive), RFC 5482 (user timeout)",
    "Linux net/ipv4/tcp_timer.c, tcp_keepalive_timer and tcp_write_timeout; Documentation/networking/ip-sysctl.rst (7200 s, 75 s, 9 probes; tcp_retries2)",
    "tcp(7): TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined || vantage.oneSided) return undefined;
  const reading = readTrail(trail);
  const gave = probesInVain(reading) ?? goneOnReturn(reading, "client") ?? goneOnReturn(reading, "server");
  const first = gave?.asked[0];
  if (gave === undefined || first === undefined) return undefined;
  const { side, asked, lastSign, kind, rst, span } = gave;
  if (portElsewhere(scene, trail, first.time + span) === "collided") return undefined;
  const far = farSide(scene, reading, first);
  // Elsewhere somebody may have answered; at its own host every answer would have been captured.
  const own = vantage.place === side;
  const confidence: Confidence = kind === "probes" && own ? "certain" : "likely";
  const peer = endpointOf(trail, other(side));
  const what =
    kind === "probes"
      ? `${asked.length} keepalive probes over ${printSpan(span)}`
      : `${carried(reading, first)} and ${asked.length - 1} repetitions over ${printSpan(span)}`;
  const counts = counted(scene, ["TcpExtTCPAbortOnTimeout"]);
  return {
    cause: signature.id,
    variant: kind === "probes" ? "keepalive" : "user-timeout",
    confidence,
    initiator: side,
    at: rst.time,
    trails: withSightings(scene, trail),
    evidence: [...evidenceOf(gave, far), ...counts.slice(0, 1)],
    summary: `${capital(named(trail, side))} gave up its connection with ${named(trail, other(side))}: ${what} got no answer, the last packet from there had come ${printSpan(first.time - lastSign.time)} before, and ${kind === "probes" ? "its kernel ended the connection with RST" : "it repeated no more, long before TCP gives up by itself; when the other end came back, the connection was gone"}. ${far.length > 0 && far.every((f) => f.seen === undefined) ? "They did not reach the other side's capture: something on the way drops them." : "Whether the other end was gone or something on the way drops the packets is not decided by that."}`,
    ruledOut: [
      { cause: "process-gone", because: "a host whose process is gone answers with RST" },
      {
        cause: "abortive-close",
        because:
          kind === "probes"
            ? "the RST follows unanswered probes at the distance of the next probe: a timer sent it"
            : "no RST was sent",
      },
      {
        cause: "middlebox-reset",
        because: `nothing came from ${peer.address}'s side: it is the ${side} that ended the connection`,
      },
    ],
    refutedBy: `any packet from ${peer.address} on this connection between the first and the last of them`,
    ...(confidence === "certain" && far.length > 0
      ? {}
      : {
          next: captureAt(
            `${peer.address} (or the target behind it)`,
            hostFilter(endpointOf(trail, side).address),
            "shows whether they arrive there and whether answers leave",
          ),
        }),
    symptoms: ["request-timeout"],
    ...(kind === "data" ? { inferred: ["that a user timeout ended it: nothing on the wire says so"] } : {}),
  };
}

function evidenceOf(
  { reading, asked, lastSign, rst, kind }: GaveUp,
  far: ReturnType<typeof farSide>,
): readonly PacketEvidence[] {
  const first = asked[0];
  return briefly([
    shown(reading, lastSign, `the last packet ever heard from the ${lastSign.side}`),
    ...asked.map((s, i) =>
      shown(
        reading,
        s,
        kind === "probes"
          ? `keepalive probe ${i + 1}, unanswered`
          : i === 0
            ? "data, never acknowledged"
            : `again, ${printSpan(s.time - (first?.time ?? s.time))} after the first`,
      ),
    ),
    ...(rst === undefined
      ? []
      : [
          shown(
            reading,
            rst,
            kind === "probes"
              ? `RST with ACK: the ${rst.side} gives up`
              : "RST: when the other end comes back, the connection is gone",
          ),
        ]),
    ...far.flatMap((f) =>
      f.seen === undefined ? [] : [shown(f.reading, f.seen, "the first of them arrives at the far side's capture")],
    ),
  ]);
}
