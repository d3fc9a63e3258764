import { MEASURES, measured } from "./measures.ts";
import type { Values } from "./page-data.ts";
import type { Figure } from "./page-figures.ts";
import type { SummarisedArm } from "./simulation-report.ts";

/** What a sweep is shown by. */
const SHOWN = [
  "maxOverMeanAtEnd",
  "collisionsPerConnection",
  "connectionsLost",
  "requestsFailed",
  "notReadyMinutes",
  "reconnects",
];

/** Measures against the swept value, a line for each variant; none where not exactly one path was swept, over numbers. */
export function sweepFigures(arms: readonly SummarisedArm[]): readonly Figure[] {
  const [path, more] = [...new Set(arms.flatMap(({ swept }) => Object.keys(swept)))];
  if (path === undefined || more !== undefined) return [];
  const sweptTo = ({ swept }: SummarisedArm): number => Number(swept[path]);
  const xs = [...new Set(arms.map(sweptTo))].sort((a, b) => a - b);
  if (xs.length < 2 || xs.some((x) => !Number.isFinite(x))) return [];
  const lines = [...new Set(arms.map(variantOf))];
  const measures = MEASURES.filter(({ id }) => SHOWN.includes(id));
  return measures.flatMap((measure): Figure[] => {
    const column = (line: string, end: "mean" | "low" | "high"): Values =>
      xs.map((x) => {
        const arm = arms.find((each) => sweptTo(each) === x && variantOf(each) === line);
        const value = arm === undefined ? Number.NaN : Math.max(0, measured(measure, arm)[end]);
        return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
      });
    const mean = lines.map((line) => column(line, "mean"));
    if (mean.every((row) => row.every((value) => value === null || value === 0))) return [];
    const several = arms.some(({ runs }) => runs.length > 1);
    return [
      {
        title: measure.words.charAt(0).toUpperCase() + measure.words.slice(1),
        unit: `by ${path}${lines.length > 1 ? `: ${lines.join(", ")}` : ""}`,
        data: {
          id: `sweep-${measure.id}`,
          height: 200,
          x: "linear",
          xLabel: path.split(".").at(-1) ?? path,
          lines,
          drawn: "points",
          least: 1e-6,
          decimals: 3,
          panels: [
            {
              x: xs,
              mean,
              ...(several
                ? { low: lines.map((line) => column(line, "low")), high: lines.map((line) => column(line, "high")) }
                : {}),
              marks: [],
            },
          ],
        },
      },
    ];
  });
}

/** An arm's name without what the sweep set. */
function variantOf({ name, swept }: SummarisedArm): string {
  const comma = name.indexOf(", ");
  if (Object.keys(swept).length === 0) return name;
  return comma > 0 ? name.slice(0, comma) : "base";
}
