import { seqDiff } from "../../net/sequence.ts";
import { ACK, FIN, RST, SYN } from "../../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds } from "../../net/time.ts";
import type { Segment, Side, Trail } from "../../session/segment.ts";
import { withoutCopies } from "../copies.ts";
import { other } from "../trail-queries.ts";
import { endOf, FAR, hasFlags } from "../tuple-queries.ts";

/** Ways in which a capture differs from what was on the wire. */
export type ArtefactKind =
  | "missing-packets"
  | "one-direction"
  | "super-segments"
  | "duplicates"
  | "clock-steps-back"
  | "snapped";

/** Packets of one trail that show an artefact. */
export interface Artefact {
  readonly kind: ArtefactKind;
  readonly segments: readonly Segment[];
}

/** Every artefact that a trail shows. */
export function artefactsIn(trail: Trail): Artefact[] {
  const { segments } = trail;
  const all: Artefact[] = [
    { kind: "missing-packets", segments: trail.omitted > 0 ? [] : ackedButMissing(segments) },
    { kind: "one-direction", segments: otherDirectionMissing(segments) },
    { kind: "super-segments", segments: segments.filter((s) => s.length > LARGEST_FRAME) },
    { kind: "duplicates", segments: duplicates(segments) },
    {
      kind: "clock-steps-back",
      segments: segments.filter((s, i) => i > 0 && (segments[i - 1]?.time ?? 0) - s.time > STEP),
    },
    { kind: "snapped", segments: segments.filter((s) => s.head.length < Math.min(s.length, HEAD)) },
  ];
  return all.filter((artefact) => artefact.segments.length > 0);
}

/** Payload that an Ethernet frame of the usual size can hold; more was put together by offload (or the network has jumbo frames). */
const LARGEST_FRAME = 1500;
/** Smaller steps are packets of several queues written in another order than they came. */
const STEP: Nanoseconds = MILLISECOND;
/** Payload bytes that a trail keeps of a segment. */
const HEAD = 64;

/** Acknowledgments of bytes that were sent, arrived, and are not in the capture. */
function ackedButMissing(segments: readonly Segment[]): Segment[] {
  const next: Record<Side, number | undefined> = { client: undefined, server: undefined };
  let holes: { readonly side: Side; readonly from: number; readonly to: number; readonly seen: Segment }[] = [];
  for (const segment of withoutCopies(segments)) {
    const { from: side } = segment;
    if (hasFlags(segment, RST)) continue;
    const end = endOf(segment);
    const used = end !== segment.seq;
    // A hole that is filled later was a matter of order.
    if (used)
      holes = holes.filter((h) => h.side !== side || seqDiff(segment.seq, h.to) >= 0 || seqDiff(end, h.from) <= 0);
    const known = next[side];
    if (hasFlags(segment, SYN) || known === undefined || (seqDiff(end, known) > 0 && seqDiff(end, known) < FAR))
      next[side] = end;
    if (!hasFlags(segment, ACK)) continue;
    const peer = other(side);
    const theirs = next[peer];
    const ahead = theirs === undefined ? 0 : seqDiff(segment.ack, theirs);
    if (theirs === undefined || ahead <= 0 || ahead >= FAR || hasFlags(segment, SYN)) continue;
    holes.push({ side: peer, from: theirs, to: segment.ack, seen: segment });
    next[peer] = segment.ack;
  }
  return holes.map((hole) => hole.seen);
}

/** One side only, and it acknowledges more and more: the other side spoke, and was not captured. */
function otherDirectionMissing(segments: readonly Segment[]): Segment[] {
  const [first] = segments;
  if (first === undefined || segments.some((s) => s.from !== first.from)) return [];
  const acks = segments.filter((s) => hasFlags(s, ACK) && !hasFlags(s, RST));
  return acks.filter((s, i) => i > 0 && seqDiff(s.ack, acks[i - 1]?.ack ?? 0) > 0).slice(0, 1);
}

/** Second sightings of one packet. Bare ACKs without an IP id may truly have been sent twice. */
function duplicates(segments: readonly Segment[]): Segment[] {
  const kept = withoutCopies(segments);
  if (kept === segments) return [];
  const first = new Set(kept);
  return segments.filter((s) => !first.has(s) && (s.ipId > 0 || s.length > 0 || (s.flags & (SYN | FIN)) !== 0));
}
