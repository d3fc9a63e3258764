import { type SeriesEstimate, seriesEstimate } from "../../fleet/statistics/estimate.ts";
import type { SeriesName } from "../../fleet/statistics/summarise.ts";
import type { FigureData, PanelData, Values } from "./page-data.ts";
import type { SimulationReport, SummarisedArm } from "./simulation-report.ts";
import { storyLine } from "./story.ts";

/** Values of one line in a page. */
const MOST_POINTS = 4000;

export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly data: FigureData;
}

/** The figures over time: the seeds' four (connections and requests of each server), then what the fleet did. Those that stay 0 are left out. */
export function timeFigures(report: SimulationReport, arms: readonly SummarisedArm[]): readonly Figure[] {
  const servers = Math.max(0, ...arms.map(({ summary }) => summary.connections.length));
  const names = Array.from({ length: servers }, (_, i) => `server ${i}`);
  const perServer = (
    id: string,
    title: string,
    unit: string,
    of: (arm: SummarisedArm) => readonly SeriesEstimate[],
    first: (arm: SummarisedArm) => readonly Float64Array[],
  ): Figure => ({
    title,
    unit,
    data: {
      id,
      height: 230,
      x: "time",
      lines: names,
      drawn: "line",
      least: 1,
      decimals: 1,
      panels: arms.map((arm) => panel(report, arm, of(arm), first(arm))),
    },
  });
  const fleet = FLEET.filter(({ name, least }) =>
    arms.some(({ summary }) => peak(summary.series[name].mean) > (least ?? 0)),
  );
  return [
    perServer(
      "connections",
      "Connections per server",
      "open connections",
      ({ summary }) => summary.connections,
      (arm) => arm.runs[0]?.connections ?? [],
    ),
    perServer(
      "requests",
      "Requests per server",
      "requests a second",
      ({ summary }) => summary.requestsPerSecond,
      (arm) => arm.runs[0]?.requestsPerSecond ?? [],
    ),
    ...fleet.map((line) => fleetFigure(report, arms, line)),
  ];
}

function fleetFigure(report: SimulationReport, arms: readonly SummarisedArm[], line: FleetLine): Figure {
  const { name, title, unit, least = 1, counts } = line;
  const panels = arms.map((arm) => {
    const rows = arm.runs.map((run) => (counts ? soFar(run[name]) : run[name]));
    return panel(report, arm, [seriesEstimate(rows)], rows.slice(0, 1));
  });
  return {
    title,
    unit,
    data: { id: name, height: 160, x: "time", lines: [title], drawn: "line", least, decimals: 2, panels },
  };
}

interface FleetLine {
  readonly name: SeriesName;
  readonly title: string;
  readonly unit: string;
  /** Left out if it never exceeds this. */
  readonly least?: number;
  /** Shown as a sum so far: single events are seldom, and a line of spikes says little. */
  readonly counts?: true;
}

const FLEET: readonly FleetLine[] = [
  { name: "maxOverMean", title: "Imbalance", unit: "connections of the fullest server over the mean", least: 1.0001 },
  { name: "notReadyNodes", title: "NotReady nodes", unit: "at once" },
  { name: "connectionsLost", title: "Connections lost", unit: "so far", counts: true },
  { name: "collisions", title: "Port collisions", unit: "so far", counts: true },
  { name: "missedLeaseUpdates", title: "Lease updates missed", unit: "so far", counts: true },
  { name: "reconnectsPerSecond", title: "Reconnects", unit: "a second" },
  { name: "relistsPerSecond", title: "Relists", unit: "a second" },
];

function soFar(values: Float64Array): Float64Array {
  let sum = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) sum += value;
    return sum;
  });
}

function panel(
  report: SimulationReport,
  arm: SummarisedArm,
  series: readonly SeriesEstimate[],
  first: readonly Float64Array[],
): PanelData {
  const length = series[0]?.mean.length ?? 0;
  const every = Math.max(1, Math.ceil(length / MOST_POINTS));
  const points = Math.ceil(length / every);
  const servers = arm.summary.connections.length;
  const several = arm.runs.length > 1;
  return {
    x: Array.from({ length: points }, (_, i) => (i * every * report.stepMs) / 1000),
    mean: series.map(({ mean }) => thinned(mean, every)),
    ...(several
      ? {
          half: series.map(({ mean, high }) =>
            thinned(
              high.map((value, i) => value - (mean[i] ?? 0)),
              every,
              2,
            ),
          ),
        }
      : {}),
    ...(several ? { one: first.map((values) => thinned(values, every)) } : {}),
    marks: arm.story.map((happening) => {
      const { fromMs, toMs, words } = storyLine(happening, servers);
      return { from: fromMs / 1000, ...(toMs === undefined ? {} : { to: toMs / 1000 }), label: words };
    }),
  };
}

/** Means of `every` neighbours, with so many figures: more cannot be seen. */
function thinned(values: Float64Array, every: number, figures = 4): Values {
  const result: (number | null)[] = [];
  for (let from = 0; from < values.length; from += every) {
    let sum = 0;
    let count = 0;
    for (let i = from; i < Math.min(from + every, values.length); i++) {
      const value = values[i] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      count++;
    }
    result.push(count === 0 ? null : Number((sum / count).toPrecision(figures)));
  }
  return result;
}

const peak = (values: Float64Array): number => values.reduce((most, value) => (value > most ? value : most), 0);
