import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { type FarSide, farSide } from "../far-side.ts";
import { briefly, capital, onePerConnection, shown, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, PacketEvidence, Signature } from "../signature.ts";
import { type TooBig, tooBig } from "../too-big.ts";
import { endpointOf, named, other, readTrail } from "../trail-queries.ts";

export const signature: Signature = {
  id: "pmtu-black-hole",
  kind: "incident",
  title: "Full-size packets vanish on the path and nobody tells the sender; smaller ones pass",
  symptoms: ["request-timeout", "tls-handshake-timeout"],
  certainFrom:
    "both sides: the large segment leaves one and never reaches the other while smaller ones do; or a sender that probes and gets through with less",
  remedy:
    'Let ICMP "fragmentation needed" (type 3 code 4) and ICMPv6 "packet too big" through every filter on the path. Until then clamp the MSS where the narrow link begins (tunnel, VPN, overlay: `tcp option maxseg size set rt mtu`), lower the interface MTU, or let senders find out for themselves (net.ipv4.tcp_mtu_probing=1).',
  references: [
    "RFC 1191, RFC 8201 (path MTU discovery), RFC 2923 §2.1 (black holes)",
    "RFC 4821 (packetization layer path MTU discovery; Linux tcp_mtu_probing)",
    "RFC 2018 (selective acknowledgment)",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  if (scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  const reading = readTrail(trail);
  const found = tooBig(reading, "client") ?? tooBig(reading, "server");
  if (found === undefined) return undefined;
  const { head, repeats, small, smaller, icmp } = found;
  const far = farSide(scene, reading, head);
  if (smaller === undefined && far.some((side) => side.atReceiver && side.seen !== undefined)) return undefined;
  const missing = far.find(
    (side) =>
      side.seen === undefined && side.covers && farSide(scene, reading, small).some((f) => f.seen !== undefined),
  );
  const confidence: Confidence = smaller !== undefined || missing !== undefined ? "certain" : "likely";
  const last = repeats.at(-1) ?? head;
  const { side } = head;
  const outcome =
    smaller === undefined
      ? "it never arrived"
      : `the same bytes cut to ${smaller.step.segment.length} arrived at once, ${printSpan(smaller.step.time - head.time)} after the first attempt`;
  return {
    cause: signature.id,
    variant: icmp !== undefined ? "too-big-ignored" : smaller !== undefined ? "found-by-probing" : "silent",
    confidence,
    initiator: "unknown",
    at: head.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(found, missing),
    summary: `${capital(named(trail, side))} sent ${head.segment.length} bytes in one packet to ${named(trail, other(side))} and repeated them ${repeats.length} times over ${printSpan(last.time - head.time)}: ${outcome}, while a packet of ${small.segment.length} bytes sent after it was acknowledged. A link on the way is too narrow for the large one, and ${icmp === undefined ? "nobody said so" : `${icmp.sender} says so, which the sender does not heed`}.`,
    ruledOut: [
      { cause: "peer-vanished", because: "the other end goes on acknowledging what is small" },
      { cause: "silent-idle-drop", because: "the connection is known on the whole path: smaller packets pass" },
      { cause: "flow-control-stall", because: "the receiver's window was open" },
    ],
    refutedBy: `the packet of ${head.segment.length} bytes arriving at ${endpointOf(trail, other(side)).address}, or as large a packet passing that way on this connection`,
    ...(confidence === "certain"
      ? {}
      : {
          next: `${captureAt(`the ${other(side)} (${endpointOf(trail, other(side)).address})`, hostFilter(endpointOf(trail, side).address), "shows whether large packets arrive")}; and find the narrow link with ping -M do -s 1472 or tracepath from ${endpointOf(trail, side).address}`,
        }),
    symptoms: [reading.payload(head).kind === "handshake" ? "tls-handshake-timeout" : "request-timeout"],
  };
}

function evidenceOf(
  { reading, head, repeats, small, arrived, smaller, icmp }: TooBig,
  missing: FarSide | undefined,
): readonly PacketEvidence[] {
  const last = missing?.reading.steps.findLast((s) => s.side === head.side);
  return briefly([
    shown(reading, head, `${head.segment.length} bytes in one packet, never acknowledged`),
    shown(reading, small, `a packet of ${small.segment.length} bytes behind it`),
    shown(reading, arrived, "the other end acknowledges the small one alone (SACK), and still waits for the large one"),
    ...repeats.map((s) => shown(reading, s, `the large one again, ${printSpan(s.time - head.time)} after the first`)),
    ...(smaller === undefined
      ? []
      : [
          shown(reading, smaller.step, `the same bytes in a packet of ${smaller.step.segment.length}`),
          shown(reading, smaller.ack, "which is acknowledged at once"),
        ]),
    ...(icmp === undefined
      ? []
      : [
          {
            vantage: reading.trail.vantage,
            packet: icmp.packet,
            at: icmp.time,
            shows: `${icmp.sender} reports that the packet is too big`,
          },
        ]),
    ...(missing === undefined || last === undefined
      ? []
      : [
          shown(
            missing.reading,
            last,
            "the last packet of that side to arrive at the far side's capture: no large one among them",
          ),
        ]),
  ]);
}
