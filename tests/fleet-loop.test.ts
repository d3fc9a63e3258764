import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainEvidence } from "../src/explain-evidence.ts";
import { simulate } from "../src/fleet/simulate.ts";
import { FOLLOWS } from "../src/lab/judge-run.ts";
import { readScenario } from "../src/scenario/read-scenario.ts";
import type { Scenario } from "../src/scenario/scenario.ts";

/**
 * The simulator writes what captures and logs of a story would show, and `explain` names the cause from them: the expected one where there is
 * one, nothing where there is none. `HALFOPEN_SEEDS=10` tries ten seeds of each; unless told, one, and of the largest stories
 * only the base and one mitigation.
 */
const SEEDS = Number(process.env.HALFOPEN_SEEDS ?? 1);
const FOLDER = join(import.meta.dirname, "../scenarios");
/** For speed and memory, not for their story. */
const LARGE = new Set(["cluster-5000-nodes"]);
/** Hundreds of megabytes of captures for each variant. */
const LONG: Readonly<Record<string, readonly string[]>> = {
  "goaway-behind-network-balancer": ["base", "preservation-off"],
};
/** 2026-01-05T08:00:00Z: when a simulation begins. */
const EPOCH = 1_767_600_000_000_000_000n;

type Story = Omit<Scenario, "variants">;

const stories = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".yaml") && !LARGE.has(file.slice(0, -5)))
  .flatMap((file): { name: string; variant: string; story: Story }[] => {
    const path = join(FOLDER, file);
    const { variants, ...base } = readScenario(path, readFileSync(path, "utf8"));
    const others = Object.entries(variants).map(([variant, { scenario }]) => ({
      name: base.name,
      variant,
      story: scenario,
    }));
    return [{ name: base.name, variant: "base", story: base }, ...others];
  })
  .filter(({ name, variant }) => process.env.HALFOPEN_SEEDS !== undefined || LONG[name]?.includes(variant) !== false);

describe.each(stories)("$name, $variant", ({ story }) => {
  it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))("seed %i", { timeout: 600_000 }, async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), "fleet-"));
    try {
      simulate(story, { seed, taps: { write: (file, bytes) => appendFileSync(join(folder, file), bytes) } });
      const { incidents } = await explainEvidence([folder]);
      const from = EPOCH + BigInt((story.expect.fromMs ?? 0) * 1e6);
      const claims = incidents.filter(
        ({ cause, confidence, at, until = at }) =>
          cause !== "inconclusive" && confidence !== "possible" && until >= from,
      );
      const { cause, variant } = story.expect;
      if (cause === undefined) {
        expect(claims.map((claim) => claim.cause)).toEqual([]);
        return;
      }
      expect(claims.map((claim) => claim.cause)).toContain(cause);
      const strange = claims.filter((claim) => claim.cause !== cause && FOLLOWS[cause]?.includes(claim.cause) !== true);
      expect(strange.map((claim) => `${claim.cause}: ${claim.summary}`)).toEqual([]);
      if (variant !== undefined) {
        expect(claims.filter((claim) => claim.cause === cause).map((claim) => claim.variant)).toContain(variant);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
