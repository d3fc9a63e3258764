import { jsonText } from "../json-text.ts";
import { type CalibrationReport, calibrationVerdict } from "./calibration-report.ts";

/**
 * A calibration as JSON: `schema/calibration-1.schema.json`. Fields are added, never renamed. What does not happen within the simulated
 * time is "never", what is not known is null.
 */
export function renderCalibrationJson(report: CalibrationReport): string {
  const { calibration, ...head } = report;
  const { badge, line } = calibrationVerdict(report);
  const found = { FOUND: "found", NONE: "none", UNDECIDED: "undecided" }[badge];
  return `${jsonText(plain({ schema: 1, verdict: found, says: line, ...head, ...calibration }), 2)}\n`;
}

/** JSON has no infinity and no NaN. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return Number.isNaN(value) ? null : Number.isFinite(value) ? value : "never";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
