import { MILLISECOND } from "../net/time.ts";
import type { Segment } from "../session/segment.ts";

/** A copy of a packet follows it within this time and these many packets. */
const COPY_WITHIN = MILLISECOND;
const COPY_REACH = 6;

/** Leaves out the second sighting of one packet (a mirror port, or `-i any` on a machine that forwards). */
export function withoutCopies(segments: readonly Segment[]): readonly Segment[] {
  const kept = segments.filter((segment, i) => {
    for (let back = Math.max(0, i - COPY_REACH); back < i; back++) {
      if (isCopy(segments[back] as Segment, segment)) return false;
    }
    return true;
  });
  return kept.length === segments.length ? segments : kept;
}

function isCopy(a: Segment, b: Segment): boolean {
  return (
    a.seq === b.seq &&
    a.ack === b.ack &&
    a.flags === b.flags &&
    a.length === b.length &&
    a.from === b.from &&
    a.window === b.window &&
    a.ipId === b.ipId &&
    b.time - a.time <= COPY_WITHIN
  );
}
