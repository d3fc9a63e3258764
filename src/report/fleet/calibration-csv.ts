import type { CalibrationReport } from "./calibration-report.ts";
import { TARGET_WORDS } from "./calibration-report.ts";
import { csvField } from "./csv.ts";

/** The trade-off curve as CSV (RFC 4180), in long form: a line for each measure at each chance. Empty: not known; `Infinity`: not within the simulated time. */
export function renderCalibrationCsv({ calibration }: CalibrationReport): string {
  const lines = ["chance,seeds,measure,statistic,value,low,high,unseen,theory,target,verdict"];
  for (const { chance, seeds, measures } of calibration.curve) {
    for (const { name } of TARGET_WORDS) {
      const { simulated, theory, verdict } = measures[name];
      const { statistic, value, low, high, unseen } = simulated;
      const numbers = [value, low, high, unseen, theory, calibration.targets[name]].map(numberField);
      lines.push([chance, seeds, csvField(name), statistic, ...numbers, verdict ?? ""].join(","));
    }
  }
  return lines.map((line) => `${line}\r\n`).join("");
}

const numberField = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? "" : String(value);
