import type { Instant } from "../net/time.ts";
import type { Scene } from "../signature/scene.ts";
import type { Finding } from "../signature/signature.ts";
import type { Conclusion } from "./conclude.ts";

/** When a finding happened, on the common clock. */
export function commonInstant(scene: Scene, finding: Finding): Instant {
  if (typeof finding.at === "bigint") return finding.at;
  const vantage = scene.vantages[finding.trails[0]?.vantage ?? 0];
  return vantage === undefined ? 0n : scene.toCommon(vantage, finding.at);
}

/** When each loss that a conclusion tells of happened, on the common clock and in order. */
export function lossesOf(scene: Scene, { finding, alike }: Conclusion): readonly Instant[] {
  const instants = [finding, ...alike].map((f) => commonInstant(scene, f));
  return instants.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** When the first of them happened. */
export function startOf(scene: Scene, conclusion: Conclusion): Instant {
  return lossesOf(scene, conclusion)[0] ?? 0n;
}

/** The last that its evidence shows, on the common clock. */
export function lastOf(scene: Scene, { finding, alike }: Conclusion): Instant {
  const findings = [finding, ...alike];
  const shown = findings.flatMap((f) =>
    f.evidence.flatMap((evidence): Instant[] => {
      if ("line" in evidence) return [];
      const vantage = scene.vantages[evidence.vantage];
      return vantage === undefined ? [] : [scene.toCommon(vantage, evidence.at)];
    }),
  );
  return [...findings.map((f) => commonInstant(scene, f)), ...shown].reduce((a, b) => (a > b ? a : b));
}
