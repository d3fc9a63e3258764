import type { Segment, Trail } from "../../src/session/segment.ts";
import type { Scene } from "../../src/signature/scene.ts";

/** The scene with every trail's segments changed; sightings lead to the changed trails. */
export function twistedScene(scene: Scene, change: (segments: readonly Segment[]) => readonly Segment[]): Scene {
  const made = new Map<Trail, Trail>();
  for (const trail of scene.vantages.flatMap((v) => v.trails)) {
    made.set(trail, { ...trail, segments: change(trail.segments) });
  }
  const back = new Map([...made].map(([old, twin]) => [twin, old] as const));
  const vantages = scene.vantages.map((v) => ({ ...v, trails: v.trails.map((t) => made.get(t) ?? t) }));
  return {
    ...scene,
    vantages,
    session: (trail) => scene.session(back.get(trail) ?? trail),
    mentions: (trail) => scene.mentions(back.get(trail) ?? trail),
    sightings: (trail) =>
      scene.sightings(back.get(trail) ?? trail).map((s) => ({
        ...s,
        vantage: vantages[s.vantage.index] ?? s.vantage,
        trail: made.get(s.trail) ?? s.trail,
      })),
  };
}
