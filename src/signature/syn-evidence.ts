import { printEndpoint } from "../net/endpoint.ts";
import { printSpan } from "../net/time.ts";
import type { Segment } from "../session/segment.ts";
import type { PacketEvidence } from "./signature.ts";
import type { Attempt } from "./syn-queries.ts";

/** One packet of an attempt as evidence. */
export function shown(attempt: Attempt, packet: Pick<Segment, "packet" | "time">, shows: string): PacketEvidence {
  return { vantage: attempt.vantage.index, packet: packet.packet, at: packet.time, shows };
}

/** The SYNs of an attempt as evidence, at most `most` of them. */
export function synsShown(attempt: Attempt, most: number): PacketEvidence[] {
  return attempt.syns.slice(0, most).map((syn, i) => {
    const since = printSpan(syn.time - attempt.syns[0].time);
    const first = `SYN from ${printEndpoint(attempt.client)} to ${printEndpoint(attempt.server)}`;
    return shown(attempt, syn, i === 0 ? first : `the same SYN again ${since} later, still unanswered`);
  });
}
