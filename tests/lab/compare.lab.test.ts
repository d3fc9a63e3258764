import { describe, expect, test } from "vitest";
import { compareRuns } from "../../src/lab/compare-runs.ts";
import { examine } from "../../src/lab/doctor.ts";
import { renderComparisonHtml } from "../../src/report/comparison/comparison-html.ts";
import { renderComparisonText } from "../../src/report/comparison/comparison-text.ts";
import { readScenarioFile } from "../../src/scenario-files.ts";

const { canRun, tools } = examine();

describe.skipIf(!canRun)("the published experiment", () => {
  test("without a balancer nothing is lost; with one connections are, and the kernel's challenges say so", {
    retry: 1,
  }, async () => {
    const comparison = await compareRuns(readScenarioFile("goaway-behind-network-balancer"), { variants: [] });
    const [vanilla, base] = comparison.rows;
    expect(renderComparisonText(comparison)).toContain("vanilla");
    expect(vanilla).toMatchObject({ kind: "vanilla", challenged: 0, found: "nothing" });
    expect(vanilla?.toldToGo).toBeGreaterThan(10);
    expect(base?.challenged).toBeGreaterThan(0);
    expect(base?.lostInLogs).toBeGreaterThan(0);
    expect(base?.found).toContain("backend-tuple-collision (old-connection-lost), certain");
    if (tools.kubectl) expect(base?.kubectl?.begun).toBeGreaterThan(0);
    expect(renderComparisonHtml(comparison)).toContain("challenge ACK");
  });
});
