import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace-scene.ts";
import { SIGNATURES } from "../signature/index.ts";
import { conclude } from "./conclude.ts";
import { explainScene } from "./explain.ts";
import { timelineOf } from "./timeline.ts";

const sceneOf = (trace: string) =>
  sceneOfTrace(readFileSync(join(import.meta.dirname, "..", "signature", trace), "utf8"));

test.each(["backend-tuple-collision/match.trace", "silent-idle-drop/match.trace", "keep-alive-race/match.trace"])(
  "%s: tracks belong to the incident's connections, in every capture that saw them",
  (trace) => {
    const { incidents } = explainScene(sceneOf(trace));
    expect(incidents).not.toEqual([]);
    for (const { connections, timeline = [] } of incidents) {
      for (const [i, { streams }] of connections.entries()) {
        const mine = timeline.filter((track) => track.connection === i);
        for (const [file, stream] of Object.entries(streams)) {
          expect(mine.some((track) => track.file === file && track.stream === stream)).toBe(true);
        }
      }
      expect(timeline.filter((track) => track.lostAt !== undefined)).not.toEqual([]);
    }
  },
);

test("marks and silences lie within their track", () => {
  const scene = sceneOf("silent-idle-drop/match.trace");
  const [conclusion] = conclude(scene, SIGNATURES).conclusions;
  const tracks = timelineOf(scene, conclusion === undefined ? [] : [conclusion.finding]);
  expect(tracks.length).toBeGreaterThan(1);
  for (const { from, to, marks, silences } of tracks) {
    expect(marks[0]).toMatchObject({ kind: "SYN", fromClient: true });
    for (const { at } of marks) expect(at >= from && at <= to).toBe(true);
    for (const silence of silences)
      expect(silence.from >= from && silence.to <= to && silence.to > silence.from).toBe(true);
  }
  const lengths = tracks.map(({ silences }) => silences.map((silence) => Number(silence.to - silence.from)));
  for (const each of lengths) expect(each).toEqual(each.toSorted((a, b) => b - a));
  expect(Math.max(...lengths.flat())).toBeGreaterThan(25e9);
});

test("what was left out of the middle of a very long flow is no silence", () => {
  const scene = sceneOf("silent-idle-drop/match.trace");
  const [conclusion] = conclude(scene, SIGNATURES).conclusions;
  const [whole] = conclusion?.finding.trails ?? [];
  if (conclusion === undefined || whole === undefined) throw new Error("no conclusion");
  const { segments, flow } = whole;
  // The first and the last two alone, as the recorder keeps the ends of a flow.
  const kept = { ...whole, segments: [...segments.slice(0, 1), ...segments.slice(-2)], omitted: segments.length - 3 };
  const alone = { ...scene, sightings: () => [] };
  const [track] = timelineOf(alone, [{ ...conclusion.finding, trails: [kept] }]);
  expect(track?.silences.every(({ from, to }) => Number(to - from) <= flow.silence.length)).toBe(true);
  const [gapless] = timelineOf(alone, [
    { ...conclusion.finding, trails: [{ ...kept, flow: { ...flow, silence: { length: 0, packet: 0 } } }] },
  ]);
  expect(gapless?.silences).toEqual([]);
});
