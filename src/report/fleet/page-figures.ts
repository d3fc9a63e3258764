import type { Simulation } from "../../fleet/simulation.ts";
import { seriesEstimate } from "../../fleet/statistics/estimate.ts";
import type { SeriesName } from "../../fleet/statistics/summarise.ts";
import { printTime } from "./numbers.ts";
import type { FigureData, PanelData, Values } from "./page-data.ts";
import type { SimulationReport, SummarisedArm } from "./simulation-report.ts";
import { buckets } from "./sparkline.ts";
import { storyLine } from "./story.ts";

/** Values of one line in a page. */
const MOST_POINTS = 4000;
/** The same of rates, which chance makes rough over a short time. */
const MOST_RATES = 300;

export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly data: FigureData;
}

/** The figures over time: each server's connections and requests, then what the whole fleet did. Those that stay 0 are left out. */
export function timeFigures(report: SimulationReport, arms: readonly SummarisedArm[]): readonly Figure[] {
  const servers = Math.max(0, ...arms.map(({ summary }) => summary.connections.length));
  const lines = Array.from({ length: servers }, (_, i) => `server ${i}`);
  const figure = (id: string, most: number, rows: (run: Simulation) => readonly Float64Array[]): FigureData => ({
    id,
    height: 230,
    x: "time",
    lines,
    drawn: "line",
    least: 1,
    decimals: 1,
    panels: arms.map((arm) => panel(report, arm, { rows, most })),
  });
  const fleet = FLEET.filter(({ name, least }) =>
    arms.some(({ summary }) => peak(summary.series[name].mean) > (least ?? 0)),
  );
  return [
    {
      title: "Connections per server",
      unit: "open connections",
      data: figure("connections", MOST_POINTS, (run) => run.connections),
    },
    {
      title: "Requests per server",
      unit: `a second${over(report)}`,
      data: figure("requests", MOST_RATES, (run) => run.requestsPerSecond),
    },
    ...fleet.map((line) => fleetFigure(report, arms, line)),
  ];
}

function fleetFigure(report: SimulationReport, arms: readonly SummarisedArm[], line: FleetLine): Figure {
  const { name, title, unit, least = 1, shown } = line;
  const rows = (run: Simulation): Float64Array[] => [shown === "so far" ? soFar(run[name]) : run[name]];
  const most = shown === "rate" ? MOST_RATES : MOST_POINTS;
  const panels = arms.map((arm) => panel(report, arm, { rows, most }));
  return {
    title,
    unit: shown === "rate" ? `${unit}${over(report)}` : unit,
    data: { id: name, height: 160, x: "time", lines: [title], drawn: "line", least, decimals: 2, panels },
  };
}

/** Over what time a rate is taken, where that is not one second. */
function over({ durationMs, stepMs }: SimulationReport): string {
  const ms = everyOf(Math.ceil(durationMs / stepMs), MOST_RATES) * stepMs;
  return ms === 1000 ? "" : `, over ${printTime(ms)}`;
}

interface FleetLine {
  readonly name: SeriesName;
  readonly title: string;
  readonly unit: string;
  /** Left out if it never exceeds this. */
  readonly least?: number;
  /** As a sum so far: single events are seldom, and a line of spikes says little. Rates are rough over a short time. Else as it is. */
  readonly shown?: "so far" | "rate";
}

const FLEET: readonly FleetLine[] = [
  { name: "maxOverMean", title: "Imbalance", unit: "connections of the fullest server over the mean", least: 1.0001 },
  { name: "notReadyNodes", title: "NotReady nodes", unit: "at once" },
  { name: "connectionsLost", title: "Connections lost", unit: "so far", shown: "so far" },
  { name: "collisions", title: "Port collisions", unit: "so far", shown: "so far" },
  { name: "missedLeaseUpdates", title: "Lease updates missed", unit: "so far", shown: "so far" },
  { name: "reconnectsPerSecond", title: "Reconnects", unit: "a second", shown: "rate" },
  { name: "relistsPerSecond", title: "Relists", unit: "a second", shown: "rate" },
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
  { rows, most }: { readonly rows: (run: Simulation) => readonly Float64Array[]; readonly most: number },
): PanelData {
  const runs = arm.runs.map((run) => rows(run));
  const [first = []] = runs;
  const length = first[0]?.length ?? 0;
  const every = everyOf(length, most);
  // Each run is made coarser first: the interval is then of what is drawn.
  const lines = first.map((_, line) => runs.map((run) => coarser(run[line] ?? new Float64Array(0), every)));
  const found = lines.map((each) => seriesEstimate(each));
  const half = found.map(({ mean, high }) =>
    drawable(
      high.map((value, i) => value - (mean[i] ?? 0)),
      2,
    ),
  );
  const several = arm.runs.length > 1;
  return {
    x: Array.from({ length: Math.ceil(length / every) }, (_, i) => (i * every * report.stepMs) / 1000),
    mean: found.map(({ mean }) => drawable(mean, 4)),
    ...(several ? { half, one: lines.map(([one]) => drawable(one ?? new Float64Array(0), 4)) } : {}),
    marks: arm.story.map((happening) => {
      const { fromMs, toMs, words } = storyLine(happening, arm.summary.connections.length);
      return { from: fromMs / 1000, ...(toMs === undefined ? {} : { to: toMs / 1000 }), label: words };
    }),
  };
}

/** How many neighbours become one value. */
const everyOf = (length: number, most: number): number => Math.max(1, Math.ceil(length / most));

/** Means of `every` neighbours that are known. */
const coarser = (values: Float64Array, every: number): Float64Array =>
  every === 1 ? values : buckets(values, Math.ceil(values.length / every), every);

/** With so many figures: more cannot be seen. */
const drawable = (values: Float64Array, figures: number): Values =>
  Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(figures)) : null));

const peak = (values: Float64Array): number => values.reduce((most, value) => (value > most ? value : most), 0);
