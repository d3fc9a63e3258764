import { expect, test } from "vitest";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { TrailRecorder } from "./trail-recorder.ts";

test("gives each packet to the flow of its four-tuple that it fell into", () => {
  const lives = [0, 10, 20, 30].map((at) =>
    [
      `${at}.000 client > server SYN ${at > 0 ? "new" : ""}`,
      `${at}.010 server > client SYN,ACK`,
      `${at}.011 client > server ACK`,
      `${at}.100 client > server PSH,ACK len=100`,
      `${at}.110 server > client RST`,
    ].join("\n"),
  );
  const scene = sceneOfTrace(`client = 10.1.2.3:42852\nserver = 10.9.9.9:443\n\n${lives.join("\n")}`);
  const trails = scene.vantages.flatMap((v) => v.trails);
  expect(trails.map((t) => t.segments.map((s) => s.packet))).toEqual([
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
    [11, 12, 13, 14, 15],
    [16, 17, 18, 19, 20],
  ]);
});

test("keeps the beginning and the latest of a long flow, in order, and counts the rest", () => {
  const scene = sceneOfTrace("a = 10.1.2.3:42852\nb = 10.9.9.9:443\n\n0 a > b SYN\n1 a > b SYN");
  const trail = scene.vantages[0]?.trails[0];
  const segment = trail?.segments[0];
  if (trail === undefined || segment === undefined) throw new Error("no trail");
  const recorder = new TrailRecorder(0, trail.flow, 90);
  for (let packet = 1; packet <= 1000; packet++) recorder.add({ ...segment, packet }, undefined);
  const kept = recorder.trail();
  expect(kept.segments.map((s) => s.packet)).toEqual([
    ...Array.from({ length: 10 }, (_, i) => i + 1),
    ...Array.from({ length: 80 }, (_, i) => i + 921),
  ]);
  expect(kept.omitted).toBe(910);
});
