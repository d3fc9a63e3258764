import { expect, test } from "vitest";
import type { Explanation } from "../../incident/explanation.ts";
import type { ComparedRun, Comparison } from "./comparison.ts";
import { renderComparisonHtml } from "./comparison-html.ts";
import { renderComparisonText } from "./comparison-text.ts";

const NOTHING: Explanation = {
  schema: 1,
  inputs: [],
  incidents: [],
  notes: [],
  totals: { packets: 0, tcpPackets: 0, flows: 0, closely: 0, leftAside: 0, findings: 0 },
};

const row = (name: string, more: Partial<ComparedRun> = {}): ComparedRun => ({
  name,
  title: `what ${name} is`,
  kind: "mitigation",
  seed: 1,
  timeScale: 10,
  seconds: 45,
  adapted: ["2 of 3 zones"],
  opened: 10,
  toldToGo: 4,
  challenged: 3,
  lostInLogs: 2,
  notReady: 1,
  expected: "nothing lost",
  found: "nothing",
  agrees: true,
  servers: [],
  explanation: NOTHING,
  ...more,
});

const comparison = (rows: readonly ComparedRun[]): Comparison => ({
  scenario: "s",
  title: "T",
  about: "A",
  kernel: "Linux 0",
  rows,
});

test("a run is a line of the table, and what the lab did differently is said once", () => {
  const text = renderComparisonText(
    comparison([row("base"), row("cross-zone-off", { kubectl: { lost: 1, begun: 2 } })]),
  );
  const lines = text.split("\n");
  expect(lines.find((line) => line.startsWith("base"))?.split(/\s{2,}/)).toEqual([
    "base",
    "10",
    "4",
    "3",
    "2",
    "1",
    "-",
    "as expected",
    "nothing",
  ]);
  expect(lines.find((line) => line.startsWith("cross-zone-off"))).toContain("1 of 2");
  expect(lines.filter((line) => line.includes("2 of 3 zones"))).toHaveLength(1);
});

test("what was not expected stands out in both", () => {
  const rows = [row("base", { agrees: false, expected: "x", found: "y" })];
  expect(renderComparisonText(comparison(rows))).toContain("NOT AS EXPECTED");
  const page = renderComparisonHtml(comparison(rows));
  expect(page).toContain("NOT AS EXPECTED");
  expect(page).toContain("expected: x");
});

test("a page with hostile names is whole and runs nothing", () => {
  const page = renderComparisonHtml(
    comparison([row("<script>alert(1)</script>", { title: '"><img src=x>', adapted: ["\u202e"] })]),
  );
  expect(page).not.toMatch(/<script|<img/);
  expect(page).not.toContain("\u202e");
  expect(page.endsWith("</html>\n")).toBe(true);
});

test("what servers counted becomes lines: requests as a rate", () => {
  const points = [
    { at: 0, connections: 1, requests: 0 },
    { at: 1, connections: 3, requests: 10 },
    { at: 3, connections: 2, requests: 50 },
  ];
  const page = renderComparisonHtml(comparison([row("base", { servers: [{ name: "server-1", points }] })]));
  expect(page.match(/<polyline/g)).toHaveLength(2);
  // At most 3 connections, and (50 - 10) / 2 s.
  expect(page).toMatch(/text-anchor="end">3<\/text>/);
  expect(page).toMatch(/text-anchor="end">20<\/text>/);
});
