import { sameEndpoint } from "../net/endpoint.ts";
import { RST } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import { isFresh } from "./answering-host.ts";
import type { Scene, Sighting } from "./scene.ts";
import { endpointOf, type Reading, readTrail, type Step } from "./trail-queries.ts";

/** The connection as the host saw it that a RST claims to come from. */
export interface SenderSide {
  readonly sighting: Sighting;
  readonly reading: Reading;
  /** That host's own packets on the connection after it is said to have reset it: its socket lived on. */
  readonly after: Step | undefined;
  /** RSTs that arrived there in the name of the other end, within a second of the one asked about. */
  readonly received: Step | undefined;
}

/** Two readings of one moment agree within this (ns), and what either clock leaves open. */
const SLACK = 1e9;

/**
 * The capture at the host whose address a RST bears, if it ran at that time and does not show the RST leave: then somebody
 * else sent it. Clocks must have been compared, and the capture must show this host's packets on the connection.
 */
export function notSentBy(scene: Scene, reading: Reading, rst: Step): SenderSide | undefined {
  for (const sighting of scene.sightings(reading.trail)) {
    const theirs = readTrail(sighting.trail);
    const { vantage, uncertainty } = sighting;
    if (!Number.isFinite(uncertainty) || vantage.oneSided || sighting.trail.omitted > 0) continue;
    const own = theirs.steps.filter((s) => s.side === rst.side);
    const fresh = own.some((s) => !s.rst && isFresh(s.segment.ttl));
    if (vantage.place !== rst.side && !(vantage.place === "unknown" && fresh)) continue;
    // The same host may show the RST with other numbers only where something translates them: then nothing can be said.
    if (own.length === 0 || own.some((s) => s.rst && s.segment.seq === rst.segment.seq)) continue;
    const there = rst.time - sighting.offset;
    if (sentOnAnother(sighting, rst, there)) continue;
    if (vantage.to - uncertainty < there || vantage.from + uncertainty > there) continue;
    const received = theirs.steps.find(
      (s) => s.rst && s.side !== rst.side && Math.abs(s.time - there) <= SLACK + uncertainty,
    );
    const after = own.find((s) => !s.rst && s.time > there + uncertainty + SLACK / 100);
    return { sighting, reading: theirs, after, received };
  }
  return undefined;
}

/** The host sent this RST, but a SYN between the same two ends had come meanwhile, so that in its capture the RST belongs to the connection after. */
function sentOnAnother({ trail, vantage, uncertainty }: Sighting, rst: Step, there: Nanoseconds): boolean {
  const [from, to] = [endpointOf(trail, rst.side), endpointOf(trail, rst.side === "client" ? "server" : "client")];
  return vantage.trails.some(
    (other) =>
      other !== trail &&
      other.flow.to >= there - SLACK - uncertainty &&
      sameEndpoint(endpointOf(other, "client"), rst.side === "client" ? from : to) &&
      sameEndpoint(endpointOf(other, "server"), rst.side === "client" ? to : from) &&
      other.segments.some(
        (s) =>
          s.from === rst.side &&
          (s.flags & RST) !== 0 &&
          s.seq === rst.segment.seq &&
          Math.abs(s.time - there) <= SLACK + uncertainty,
      ),
  );
}
