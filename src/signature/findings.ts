import type { Trail } from "../session/segment.ts";
import type { Scene } from "./scene.ts";
import type { Confidence, Finding, PacketEvidence } from "./signature.ts";
import type { Reading, Step } from "./trail-queries.ts";

const RANK: Readonly<Record<Confidence, number>> = { certain: 3, likely: 2, possible: 1 };

/**
 * Asks `judge` about every trail and keeps one finding a connection: where several vantage points
 * saw the same loss, the most confident account of it, otherwise the first.
 */
export function onePerConnection(scene: Scene, judge: (trail: Trail) => Finding | undefined): Finding[] {
  const found = scene.vantages
    .flatMap((vantage) => vantage.trails)
    .flatMap((trail) => {
      const finding = judge(trail);
      return finding === undefined ? [] : [{ trail, finding }];
    });
  if (found.length < 2) return found.map(({ finding }) => finding);
  const order = found.map((_, i) => i).sort((a, b) => rankOf(found[b]) - rankOf(found[a]) || a - b);
  const told = new Set<Trail>();
  const kept: number[] = [];
  for (const i of order) {
    const trail = found[i]?.trail;
    if (trail === undefined || told.has(trail)) continue;
    kept.push(i);
    told.add(trail);
    for (const sighting of scene.sightings(trail)) told.add(sighting.trail);
  }
  return kept.sort((a, b) => a - b).flatMap((i) => found[i]?.finding ?? []);
}

const rankOf = (item: { readonly finding: Finding } | undefined): number =>
  RANK[item?.finding.confidence ?? "possible"];

/** What one step of a reading shows. */
export const shown = (reading: Reading, step: Step, shows: string): PacketEvidence => ({
  vantage: reading.trail.vantage,
  packet: step.segment.packet,
  at: step.time,
  shows,
});

/** The finding's trails: the one it is about, then the same connection elsewhere. */
export const withSightings = (scene: Scene, trail: Trail): readonly Trail[] => [
  trail,
  ...scene.sightings(trail).map((sighting) => sighting.trail),
];

/** What a step carries, for a sentence: `"GET / HTTP/1.1"`, `a keepalive probe`, `120 bytes`. */
export function carried(reading: Reading, step: Step): string {
  if (step.probe) return "a keepalive probe";
  const { line, pingSized } = reading.payload(step);
  if (line !== undefined) return `"${line}"`;
  return pingSized ? "what has the size of an HTTP/2 PING" : `${step.segment.length} bytes`;
}

/** Whether one of the captures that show this connection was taken at the server's host. */
export const seenAtServer = (scene: Scene, trail: Trail): boolean =>
  withSightings(scene, trail).some((t) => scene.vantages[t.vantage]?.place === "server");

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * Evidence without repetition and at most `most` packets, of each capture in its own order, the captures in
 * the order given. Where there is too much, the beginning and the end of the story are kept.
 */
export function briefly(evidence: readonly PacketEvidence[], most = 12): readonly PacketEvidence[] {
  const captures = [...new Set(evidence.map((e) => e.vantage))];
  const unique = captures.flatMap((vantage) => {
    const packets = new Map<number, PacketEvidence>();
    for (const e of evidence) if (e.vantage === vantage && !packets.has(e.packet)) packets.set(e.packet, e);
    return [...packets.values()].sort((a, b) => a.packet - b.packet);
  });
  const half = Math.floor(most / 2);
  return unique.length <= most ? unique : [...unique.slice(0, half), ...unique.slice(unique.length - (most - half))];
}
