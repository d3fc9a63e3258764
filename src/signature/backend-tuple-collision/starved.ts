import { printEndpoint } from "../../net/endpoint.ts";
import type { Segment, Trail } from "../../session/segment.ts";
import { endpointOf } from "../trail-queries.ts";
import { endOf, foreignAnswers, isFar } from "../tuple-queries.ts";
import { type ByClient, type Collision, differ, type Sight } from "./collision.ts";
import { numbersFit } from "./numbers-fit.ts";
import { oriented } from "./oriented.ts";

/**
 * Connections that were lost to a half-open one long after its collision: what the client still says on the dead connection turns the
 * backend's replies to its address, and data of whichever connection has the port by then comes there, again and again, and never to
 * its own. The client of the dead connection must have been the last to speak before it.
 */
export function starvedBy(collisions: readonly Collision[], byClient: ByClient): Collision[] {
  const found = new Map<Trail, Collision>();
  for (const collision of collisions) {
    const known = new Set([...collision.older, ...collision.newer].map((sight) => sight.trail));
    for (const dead of collision.older) {
      const segments = oriented(dead.trail.segments, dead.side);
      const strays = foreignAnswers(segments, "client").filter((s) => s.length > 0 && isAgain(s, segments));
      if (strays.length === 0) continue;
      for (const later of byClient.get(printEndpoint(endpointOf(dead.trail, dead.side))) ?? []) {
        if (known.has(later.trail) || found.has(later.trail) || later.trail.vantage !== dead.trail.vantage) continue;
        const lost = strays.find((s) => numbersFit(later.trail, later.side, s) === "exact" && neverCame(s, later));
        if (lost === undefined || !differ([later], [dead])) continue;
        found.set(later.trail, {
          attempts: [],
          newer: [later],
          older: [dead],
          challenge: undefined,
          challengedAt: dead.trail.vantage,
          strays: [],
          twoDestinations: true,
          established: true,
        });
      }
    }
  }
  return [...found.values()];
}

/** The backend repeats it: nobody acknowledged it. */
const isAgain = (stray: Segment, segments: readonly Segment[]): boolean =>
  segments.some((s) => s.packet > stray.packet && s.seq === stray.seq && s.length === stray.length);

/** The client speaks on its own connection with these numbers, and never acknowledges that data there. */
function neverCame(stray: Segment, { trail, side }: Sight): boolean {
  const spoken = oriented(trail.segments, side).filter((s) => s.from === "client" && !isFar(s.seq, stray.ack));
  return spoken.length > 0 && spoken.every((s) => s.ack !== endOf(stray) && !isBeyond(s.ack, stray));
}

const isBeyond = (ack: number, stray: Segment): boolean => !isFar(ack, stray.seq) && ((ack - stray.seq) | 0) > 0;
