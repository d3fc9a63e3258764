import { seqAfter, seqAtOrAfter } from "../net/sequence.ts";
import { type Nanoseconds, SECOND } from "../net/time.ts";
import { isFresh } from "./answering-host.ts";
import type { Scene, Sighting } from "./scene.ts";
import { other, type Reading, readTrail, type Step } from "./trail-queries.ts";

/** The connection as a capture nearer to the other end saw it. */
export interface FarSide {
  readonly sighting: Sighting;
  readonly reading: Reading;
  /** The step asked about, when it arrived there. */
  readonly seen: Step | undefined;
  /** That capture was taken at the receiver's own host: nothing lies beyond it. */
  readonly atReceiver: boolean;
  /** Whether that capture was demonstrably still running when the step should have arrived. */
  readonly covers: boolean;
}

/**
 * What the vantage points nearer to the receiver of `step` saw of it. Nearer: the receiver's own
 * packets have travelled fewer hops there than here, or that capture is known to be at its host.
 */
export function farSide(scene: Scene, reading: Reading, step: Step): readonly FarSide[] {
  return scene.sightings(reading.trail).flatMap((sighting) => {
    const theirs = readTrail(sighting.trail);
    const receiver = other(step.side);
    if (!nearer(sighting, theirs, reading, receiver)) return [];
    const fresh = theirs.steps.some((s) => s.side === receiver && !s.rst && isFresh(s.segment.ttl));
    const atReceiver = sighting.vantage.place === receiver || (sighting.vantage.place === "unknown" && fresh);
    const seen = arrival(sighting, theirs, step);
    const clock = Number.isFinite(sighting.uncertainty);
    const covers = clock && sighting.vantage.to + sighting.offset - sighting.uncertainty >= step.time;
    return [{ sighting, reading: theirs, seen, atReceiver, covers }];
  });
}

function nearer(sighting: Sighting, theirs: Reading, mine: Reading, receiver: Step["side"]): boolean {
  if (sighting.vantage.place === receiver) return true;
  if (sighting.vantage.place !== "middle" && sighting.vantage.place !== "unknown") return false;
  const ttl = (reading: Reading): number | undefined =>
    reading.steps.find((s) => s.side === receiver && !s.rst)?.segment.ttl;
  const [there, here] = [ttl(theirs), ttl(mine)];
  return there !== undefined && here !== undefined && there > here;
}

/** The same bytes at another vantage point, not before they were sent (offload may have cut them into other segments). */
function arrival(sighting: Sighting, theirs: Reading, step: Step): Step | undefined {
  const slack = Number.isFinite(sighting.uncertainty) ? sighting.uncertainty + SECOND : Number.POSITIVE_INFINITY;
  const earliest = step.time - sighting.offset - slack;
  return theirs.steps.find(
    (s) =>
      s.side === step.side &&
      s.time >= earliest &&
      s.rst === step.rst &&
      seqAtOrAfter(step.segment.seq, s.segment.seq) &&
      reaches(s, step),
  );
}

/** Data arrives with data: a bare ACK that stands before it has the same number. */
const reaches = (there: Step, step: Step): boolean =>
  seqAfter(step.end, step.segment.seq)
    ? seqAfter(there.end, step.segment.seq)
    : there.segment.seq === step.segment.seq && there.segment.length === step.segment.length;

/** A time of the other capture, on the clock of the one that asks. */
export const hereTime = (far: FarSide, time: Nanoseconds): Nanoseconds => time + far.sighting.offset;
