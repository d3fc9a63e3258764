import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packetEvidenceOf } from "../../tests/helpers/claims.ts";
import { fc } from "../../tests/helpers/fast-check.ts";
import { sceneOfTrace } from "../../tests/helpers/trace.ts";
import { twistedScene } from "../../tests/helpers/twisted-scene.ts";
import type { Segment, Trail } from "../session/segment.ts";
import { signature as acceptedThenAbandoned } from "./accepted-then-abandoned/signature.ts";
import { signature as keepAliveRace } from "./keep-alive-race/signature.ts";
import { signature as peerVanished } from "./peer-vanished/signature.ts";
import { signature as processGone } from "./process-gone/signature.ts";
import type { Scene } from "./scene.ts";
import { signature as silentIdleDrop } from "./silent-idle-drop/signature.ts";

const SIGNATURES = [keepAliveRace, acceptedThenAbandoned, silentIdleDrop, processGone, peerVanished];

/** The scenes of every trace of these signatures: stories that mean something, to be garbled. */
const scenes = SIGNATURES.flatMap(({ id }) => {
  const folder = join(import.meta.dirname, id);
  const traces = readdirSync(folder).filter((file) => file.endsWith(".trace"));
  return traces.map((file) => sceneOfTrace(readFileSync(join(folder, file), "utf8")));
});

/** One change to one segment: left out, sent twice, or a field of it replaced. */
const change = fc.record({
  at: fc.nat(60),
  how: fc.oneof(
    fc.constantFrom<"leave-out" | "twice">("leave-out", "twice"),
    fc.record({ flags: fc.constantFrom(0x00, 0x02, 0x04, 0x10, 0x11, 0x12, 0x14, 0x18, 0xff) }),
    fc.record({ seq: fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff) }),
    fc.record({ ack: fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff) }),
    fc.record({ length: fc.constantFrom(0, 1, 24, 39, 1400, 70_000) }),
    fc.record({ ttl: fc.constantFrom(0, 1, 64, 255) }),
    fc.record({ time: fc.constantFrom(-1e9, 0, 1e9, 4e11) }),
    fc.record({ from: fc.constantFrom<Segment["from"]>("client", "server") }),
    fc.record({ head: fc.uint8Array({ maxLength: 64 }) }),
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function garble(story: readonly Segment[], changes: readonly Change[]): readonly Segment[] {
  let segments = story;
  for (const { at, how } of changes) {
    const index = at % Math.max(1, segments.length);
    segments = segments.flatMap((segment, i) => {
      if (i !== index) return [segment];
      if (how === "leave-out") return [];
      return how === "twice" ? [segment, segment] : [{ ...segment, ...how }];
    });
  }
  return segments;
}

test.each(SIGNATURES.map((signature) => [signature.id, signature] as const))(
  "%s makes sense of garbled stories, or nothing, and names only packets that are there",
  (id, signature) => {
    let found = 0;
    fc.assert(
      fc.property(fc.nat(scenes.length - 1), fc.array(change, { maxLength: 6 }), (which, changes) => {
        const scene = twistedScene(scenes[which] as Scene, (segments) => garble(segments, changes));
        const packets = scene.vantages.map((v) => new Set(v.trails.flatMap(packetsOf)));
        for (const finding of signature.detect(scene)) {
          found++;
          expect(finding.cause).toBe(id);
          expect(finding.evidence.length).toBeGreaterThan(0);
          for (const { vantage, packet } of packetEvidenceOf(finding)) expect(packets[vantage]).toContain(packet);
          expect(finding.summary).not.toMatch(/undefined|NaN|Infinity/);
          for (const symptom of finding.symptoms) expect(signature.symptoms).toContain(symptom);
          if (finding.confidence !== "certain") expect(finding.next).toBeDefined();
        }
      }),
      { numRuns: 1000 },
    );
    expect(found).toBeGreaterThan(20);
  },
);

const packetsOf = (trail: Trail): number[] => [...trail.segments, ...trail.icmp].map(({ packet }) => packet);
