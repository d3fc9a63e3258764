import { printable } from "../../net/printable.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { wrap } from "../lines.ts";
import { printTime } from "./numbers.ts";

/** Scenarios with their variants, for `halfopen simulate --list`. */
export function renderScenarioList(scenarios: readonly Scenario[], width: number): string {
  return scenarios.map((scenario) => `${entry(scenario, Math.max(72, Math.min(width, 140))).join("\n")}\n`).join("\n");
}

function entry({ name, title, durationMs, variants }: Scenario, width: number): string[] {
  const indent = "    ";
  const lines = [
    `${name}  (${printTime(durationMs)})`,
    ...wrap(printable(title), width - 2).map((line) => `  ${line}`),
  ];
  for (const [variant, { title: says, kind }] of Object.entries(variants)) {
    const what = `${variant}${kind === "mitigation" ? "" : " (variation)"}: ${printable(says)}`;
    lines.push(...wrap(what, width - 8).map((line, i) => (i === 0 ? `${indent}${line}` : `${indent}  ${line}`)));
  }
  return lines;
}
