import { printSpan } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { hopsOf } from "../answering-host.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { onePerConnection, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, RuledOut, Signature } from "../signature.ts";
import { endpointOf, named, other } from "../trail-queries.ts";
import { type Forged, forgedReset, type Proof } from "./forged.ts";
import { evidenceOf } from "./story.ts";

export const signature: Signature = {
  id: "middlebox-reset",
  kind: "incident",
  title: "Something between the two ends reset a connection in use, in the name of an end that did not",
  symptoms: ["connection-reset"],
  certainFrom: "the host that the RST claims to come from: its own capture does not show the RST leave",
  remedy:
    "Find the box on the path that resets (firewall or intrusion prevention rule, `reject with tcp-reset`, a balancer whose target was taken out or turned unhealthy) and look at its log at the time given; allow the connection there, or take targets out only after they have drained. Both ends are innocent: nothing helps there but to retry what may be repeated.",
  references: [
    "RFC 3360 (resets sent by firewalls considered harmful)",
    "RFC 5961 §3 (which RST an end believes)",
    "Linux net/ipv4/netfilter/nf_reject_ipv4.c, nf_send_reset",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
  ],
  detect: (scene) => onePerConnection(scene, (trail) => judge(scene, trail)),
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const forged = forgedReset(scene, trail);
  if (forged === undefined) return undefined;
  const { reading, rst, proof } = forged;
  const confidence = CONFIDENCE[proof.kind];
  const peer = endpointOf(trail, rst.side);
  return {
    cause: signature.id,
    variant: proof.kind,
    confidence,
    initiator: "balancer",
    at: rst.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(forged),
    summary: `A RST in the name of ${named(trail, rst.side)} ended its connection with ${named(trail, other(rst.side))} ${printSpan(rst.silence)} after the last packet, but ${rst.side} did not send it: ${because(forged)}. Something between the two, or in front of ${peer.address}, did.`,
    ruledOut: ruledOut(forged),
    refutedBy: `a capture on ${peer.address} itself, behind every translation and balancer, in which this RST leaves from its socket`,
    ...(confidence === "certain"
      ? {}
      : {
          next: captureAt(
            `the ${rst.side} (${peer.address}, or the host behind it if that is a balancer)`,
            hostFilter(endpointOf(reading.trail, other(rst.side)).address),
            "if the RST does not leave there, a box in between sent it",
          ),
        }),
    symptoms: ["connection-reset"],
    ...(proof.kind === "stranger" ? { inferred: ["who sent the RST, from the hops it had passed"] } : {}),
  };
}

const CONFIDENCE: Readonly<Record<Proof["kind"], Confidence>> = {
  "not-sent": "certain",
  guessed: "certain",
  "went-on": "likely",
  stranger: "likely",
};

function because({ rst, proof }: Forged): string {
  switch (proof.kind) {
    case "not-sent":
      return `the capture ${proof.at.sighting.vantage.file}, taken there, ran and does not show it leave`;
    case "guessed":
      return `${proof.others.length} RSTs of one instant bear different numbers that it had not reached`;
    case "went-on":
      return `its own data on the connection went on ${printSpan(proof.later.time - rst.time)} later, which no end does that has reset`;
    case "stranger":
      return `it had passed ${hopsOf(rst.segment.ttl)} routers, unlike every other packet of that end (${proof.says.join("; ")})`;
  }
}

function ruledOut({ rst }: Forged): readonly RuledOut[] {
  return [
    { cause: "process-gone", because: `the RST is not from the ${rst.side}'s kernel` },
    { cause: "abortive-close", because: `the RST is not from the ${rst.side}'s socket` },
    { cause: "silent-idle-drop", because: "no long silence came before it" },
  ];
}
