import type { Segment, Trail } from "../../session/segment.ts";
import type { Scene, Vantage } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { type ArtefactKind, artefactsIn } from "./artefacts.ts";

/** What the capture itself did to the packets: to be known before anything is blamed on the network. */
export const signature: Signature = {
  id: "capture-artefact",
  kind: "note",
  title: "The capture shows something that was not on the wire so, or leaves out what was",
  symptoms: [],
  certainFrom: "the very capture that shows it",
  remedy:
    "Capture again where it matters: `tcpdump -ni INTERFACE -s 128 -B 65536` on one interface (not `any`) of the host itself, with segmentation offload off for exact sizes (`ethtool -K INTERFACE tso off gso off gro off`), both directions in one file, and look at tcpdump's count of packets dropped by the kernel.",
  references: [
    "Wireshark User's Guide §7.5 (TCP ACKed unseen segment, TCP Previous segment not captured)",
    "Wireshark wiki, CaptureSetup/Offloading",
    "tcpdump(1): -B, -s, `packets dropped by kernel`",
  ],
  detect,
};

const MOST_TRAILS = 64;
const MOST_SHOWN = 4;

interface Seen {
  readonly trails: Trail[];
  readonly segments: Segment[];
  count: number;
}

/** One note for each kind and capture. */
function detect(scene: Scene): Finding[] {
  return scene.vantages.flatMap((vantage) => {
    const kinds = new Map<ArtefactKind, Seen>();
    for (const trail of vantage.trails) {
      for (const { kind, segments } of artefactsIn(trail)) {
        const seen = kinds.get(kind) ?? { trails: [], segments: [], count: 0 };
        kinds.set(kind, seen);
        seen.count += segments.length;
        if (seen.trails.length < MOST_TRAILS) seen.trails.push(trail);
        if (seen.segments.length < MOST_SHOWN)
          seen.segments.push(...segments.slice(0, MOST_SHOWN - seen.segments.length));
      }
    }
    return [...kinds].flatMap(([kind, seen]) => noteOf(vantage, kind, seen) ?? []);
  });
}

function noteOf(vantage: Vantage, kind: ArtefactKind, { trails, segments, count }: Seen): Finding | undefined {
  const [first] = segments;
  if (first === undefined) return undefined;
  const connections = trails.length === 1 ? "one connection" : `${trails.length} connections`;
  return {
    cause: signature.id,
    variant: kind,
    confidence: "certain",
    initiator: "unknown",
    at: first.time,
    trails,
    evidence: segments.map((s) => ({ vantage: vantage.index, packet: s.packet, at: s.time, shows: shows(kind, s) })),
    summary: `${TELL[kind](count)} (${connections} of those looked at closely). ${MEANS[kind]}`,
    ruledOut: [],
    refutedBy: "a capture of the same traffic at another point that shows the same",
    symptoms: [],
  };
}

const packets = (count: number): string => (count === 1 ? "One packet" : `${count} packets`);

const TELL: Readonly<Record<ArtefactKind, (count: number) => string>> = {
  "missing-packets": (count) =>
    `${packets(count)} acknowledge${count === 1 ? "s" : ""} data that is not in this capture`,
  "one-direction": () => "Only one direction was captured",
  "super-segments": (count) =>
    `${packets(count)} ${count === 1 ? "carries" : "carry"} more than an Ethernet frame holds`,
  duplicates: (count) => `${packets(count)} ${count === 1 ? "is" : "are"} in this capture twice`,
  "clock-steps-back": (count) =>
    `${packets(count)} ${count === 1 ? "has an earlier time" : "have earlier times"} than the packet before`,
  snapped: (count) => `${packets(count)} ${count === 1 ? "was" : "were"} cut when captured`,
};

const MEANS: Readonly<Record<ArtefactKind, string>> = {
  "missing-packets":
    "They arrived, so they were not lost on the way: the capture dropped them, and what looks unanswered may have been answered.",
  "one-direction": "Nothing can be said of what the other side answered.",
  "super-segments":
    "Segmentation offload put them together after receiving or before sending (or the network has jumbo frames): sizes and counts are not the wire's.",
  duplicates: "A mirror port or a capture on several interfaces saw them again: they are no retransmissions.",
  "clock-steps-back":
    "The clock was set, or several sources were merged: times across such a step are not to be compared.",
  snapped: "Sizes and numbers are whole, contents are not.",
};

function shows(kind: ArtefactKind, segment: Segment): string {
  switch (kind) {
    case "missing-packets":
      return "acknowledges bytes that no packet of this capture carries";
    case "one-direction":
      return "acknowledges more than before, and what it acknowledges is not here";
    case "super-segments":
      return `carries ${segment.length} bytes of payload`;
    case "duplicates":
      return "the same packet again, numbers and IP id alike";
    case "clock-steps-back":
      return "earlier than the packet before it";
    case "snapped":
      return `${segment.length} bytes of payload, of which ${segment.head.length} were captured`;
  }
}
