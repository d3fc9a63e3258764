import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packetEvidenceOf } from "../../../tests/helpers/claims.ts";
import { sceneOfTrace } from "../../../tests/helpers/trace.ts";
import type { Segment, Trail } from "../../session/segment.ts";
import type { Finding } from "../signature.ts";
import { artefactsIn } from "./artefacts.ts";
import { signature } from "./signature.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.trace`), "utf8");
const told = (finding: Finding): string =>
  `${finding.variant} ${packetEvidenceOf(finding)
    .map((e) => e.packet)
    .join(",")}`;

test.each([
  ["match", ["missing-packets 8"]],
  ["kinds", ["super-segments 6", "duplicates 5", "snapped 4,5,6"]],
  ["one-direction", ["one-direction 4"]],
  ["near-miss", []],
])("%s: %s", (name, expected) => {
  const scene = sceneOfTrace(read(name));
  expect(scene.vantages[0]?.trails.length).toBeGreaterThan(0);
  expect(signature.detect(scene).map(told)).toEqual(expected);
});

test("a clock that is set back shows as a step", () => {
  const [trail] = sceneOfTrace(read("match")).vantages[0]?.trails ?? [];
  const segments = trail?.segments ?? [];
  const set = segments.map((s, i): Segment => (i > 5 ? { ...s, time: s.time - 60e9 } : s));
  const found = artefactsIn({ ...(trail as Trail), segments: set }).find((a) => a.kind === "clock-steps-back");
  expect(found?.segments.map((s) => s.packet)).toEqual([7]);
});

test("where the middle of a long connection was left out, nothing is called missing", () => {
  const [trail] = sceneOfTrace(read("match")).vantages[0]?.trails ?? [];
  expect(artefactsIn({ ...(trail as Trail), omitted: 5 })).toEqual([]);
});
