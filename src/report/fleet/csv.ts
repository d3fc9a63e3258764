import { printable } from "../../net/printable.ts";
import { FLEET_SERIES, SERVER_SERIES } from "./json.ts";
import type { SimulationReport } from "./simulation-report.ts";

/**
 * A simulation as CSV (RFC 4180) in pieces, in long form: a line for each value of each series of each run. `server` is empty for series of
 * the whole fleet; `t_s` is when the value's step begins.
 */
export function* renderSimulationCsv(report: SimulationReport): Generator<string> {
  yield "variant,seed,series,server,t_s,value\r\n";
  for (const { name, runs } of report.arms) {
    const variant = csvField(name);
    for (const run of runs) {
      const rows = (series: string, server: string, values: Float64Array): string => {
        const start = `${variant},${run.seed},${series},${server},`;
        let text = "";
        values.forEach((value, i) => {
          text += `${start}${(i * run.stepMs) / 1000},${Number.isFinite(value) ? value : ""}\r\n`;
        });
        return text;
      };
      for (const series of SERVER_SERIES) {
        for (const [server, values] of run[series].entries()) yield rows(series, String(server), values);
      }
      for (const series of FLEET_SERIES) yield rows(series, "", run[series]);
    }
  }
}

/** Quoted where needed, and never one that a spreadsheet takes for a formula. */
export function csvField(value: string): string {
  const text = printable(value);
  const safe = /^[=+\-@]/.test(text) ? `./${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
