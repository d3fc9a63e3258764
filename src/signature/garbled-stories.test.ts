import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packetEvidenceOf } from "../../tests/helpers/claims.ts";
import { fc } from "../../tests/helpers/fast-check.ts";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { twistedScene } from "../../tests/helpers/twisted-scene.ts";
import type { Segment } from "../session/segment.ts";
import { signature as backendTupleCollision } from "./backend-tuple-collision/signature.ts";
import { signature as captureArtefact } from "./capture-artefact/signature.ts";
import { signature as inconclusive } from "./inconclusive/signature.ts";
import { signature as resetAfterClose } from "./reset-after-close/signature.ts";
import type { Scene } from "./scene.ts";

const SIGNATURES = [backendTupleCollision, resetAfterClose, captureArtefact, inconclusive];

/** The scenes of every trace in the room. */
const scenes = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".trace"))
  .sort()
  .map((file) => sceneOfTrace(readFileSync(join(import.meta.dirname, file), "utf8")));

/** Numbers of the story itself, moved a little or exchanged between packets, and numbers from anywhere. */
const change = fc.record({
  at: fc.nat(),
  other: fc.nat(),
  how: fc.constantFrom("leave-out", "twice", "swap", "numbers", "flags", "side", "length", "time"),
  by: fc.constantFrom(-1, 1, 100, 1 << 20, 1 << 23, -(1 << 30)),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function garble(segments: readonly Segment[], { at, other, how, by }: Change): readonly Segment[] {
  if (segments.length === 0) return segments;
  const [i, j] = [at % segments.length, other % segments.length];
  const [one, two] = [segments[i] as Segment, segments[j] as Segment];
  const put = (made: Partial<Segment>) => segments.map((s, k) => (k === i ? { ...s, ...made } : s));
  switch (how) {
    case "leave-out":
      return segments.filter((_, k) => k !== i);
    case "twice":
      return segments.flatMap((s, k) => (k === i ? [s, s] : [s]));
    case "swap":
      return segments.map((s, k) => (k === i ? two : k === j ? one : s));
    case "numbers":
      return put({ seq: (two.seq + by) >>> 0, ack: (two.ack + by) >>> 0 });
    case "flags":
      return put({ flags: (one.flags ^ (1 << (other % 6))) & 0x3f });
    case "side":
      return put({ from: one.from === "client" ? "server" : "client" });
    case "length":
      return put({ length: Math.abs(by) % 70_000, head: two.head });
    case "time":
      return put({ time: one.time + by * 1e6 });
  }
}

test.each(SIGNATURES.map((signature) => [signature.id, signature] as const))(
  "%s makes sense of garbled stories, or nothing, and names only packets that are there",
  (id, signature) => {
    let found = 0;
    fc.assert(
      fc.property(fc.nat(scenes.length - 1), fc.array(change, { maxLength: 5 }), (which, changes) => {
        const scene = twistedScene(scenes[which] as Scene, (segments) => changes.reduce(garble, segments));
        const packets = scene.vantages.map((v) => new Set(v.trails.flatMap((t) => t.segments.map((s) => s.packet))));
        const trails = new Set(scene.vantages.flatMap((v) => v.trails));
        for (const finding of signature.detect(scene)) {
          found++;
          expect(finding.cause).toBe(id);
          // What only logs tell has no trail, and an instant.
          expect(finding.trails.length > 0 || typeof finding.at === "bigint").toBe(true);
          for (const trail of finding.trails) expect(trails).toContain(trail);
          expect(finding.evidence.length).toBeGreaterThan(0);
          expect(finding.evidence.length).toBeLessThanOrEqual(12);
          for (const { vantage, packet, shows } of packetEvidenceOf(finding)) {
            expect(packets[vantage]).toContain(packet);
            expect(shows).not.toMatch(/undefined|NaN|Infinity/);
          }
          expect(finding.summary).not.toMatch(/undefined|NaN|Infinity/);
          for (const symptom of finding.symptoms) expect(signature.symptoms).toContain(symptom);
          expect(typeof finding.at === "bigint" || Number.isFinite(finding.at)).toBe(true);
          if (signature.kind === "incident") expect(finding.next === undefined).toBe(finding.confidence === "certain");
        }
      }),
      { numRuns: 1500 },
    );
    expect(found).toBeGreaterThan(20);
  },
);
