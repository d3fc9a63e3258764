import type { SeriesName } from "../../fleet/statistics/summarise.ts";
import { printable } from "../../net/printable.ts";
import { padEnd, padStart } from "../lines.ts";
import { heading, type Sheet } from "../page.ts";
import { printNumber, printTime } from "./numbers.ts";
import type { SimulationReport, SummarisedArm } from "./simulation-report.ts";
import { largest, sparkline } from "./sparkline.ts";

/** Servers that get a line of their own. */
const MOST_SERVERS = 12;
const LABEL = 14;
const GAP = 3;

/**
 * Figures as lines of blocks: for each arm the connections and requests of every server, with the first seed, and what the whole fleet
 * did, as the mean of all seeds. One scale for all arms, so that they can be compared.
 */
export function charts(sheet: Sheet, report: SimulationReport, arms: readonly SummarisedArm[]): string[] {
  const room = Math.floor((sheet.width - 2 - LABEL - GAP) / 2);
  const numbers = numberWidth(arms);
  const width = Math.max(12, Math.min(48, room - numbers - 1));
  const runs = arms.flatMap((arm) => arm.runs.slice(0, 1));
  const frame: Frame = {
    sheet,
    width,
    numbers,
    tops: {
      connections: largest(
        runs.flatMap((run) => run.connections),
        width,
      ),
      requests: largest(
        runs.flatMap((run) => run.requestsPerSecond),
        width,
      ),
    },
    durationMs: report.durationMs,
  };
  const fleetTop = (name: SeriesName): number =>
    largest(
      arms.map(({ summary }) => summary.series[name].mean),
      width,
    );
  const fleet = FLEET.filter(({ name }) => fleetTop(name) > 0).map((line) => ({ ...line, top: fleetTop(line.name) }));
  return arms.flatMap((arm) => [
    "",
    heading(sheet, printable(arm.name)),
    ...serverLines(frame, arm),
    ...fleetLines(frame, arm, fleet),
  ]);
}

interface Frame {
  readonly sheet: Sheet;
  /** Columns of one chart, and of the numbers beside it. */
  readonly width: number;
  readonly numbers: number;
  readonly tops: { readonly connections: number; readonly requests: number };
  readonly durationMs: number;
}

interface FleetLine {
  readonly name: SeriesName;
  readonly words: string;
  /** Whether its values can be added up. */
  readonly counts?: true;
}

const FLEET: readonly FleetLine[] = [
  { name: "maxOverMean", words: "fullest/mean" },
  { name: "reconnectsPerSecond", words: "reconnects/s" },
  { name: "collisions", words: "collisions", counts: true },
  { name: "connectionsLost", words: "lost", counts: true },
  { name: "missedLeaseUpdates", words: "missed leases", counts: true },
  { name: "notReadyNodes", words: "NotReady" },
  { name: "relistsPerSecond", words: "relists/s" },
];

function serverLines(frame: Frame, { runs }: SummarisedArm): string[] {
  const { sheet, width, numbers } = frame;
  const run = runs[0];
  if (run === undefined) return [];
  const blank = " ".repeat(2 + LABEL);
  const column = width + 1 + numbers;
  const seed = `seed ${run.seed}`;
  const titles = `  ${padEnd(seed, LABEL)}${padEnd("connections", column)}${" ".repeat(GAP)}requests a second`;
  const end = printTime(frame.durationMs);
  const clock = `0${padStart(end, width - 1)}`;
  const lines = [
    sheet.palette.dim(titles),
    sheet.palette.dim(`${blank}${padEnd(clock, column)}${" ".repeat(GAP)}${clock}`),
  ];
  run.connections.slice(0, MOST_SERVERS).forEach((series, server) => {
    const left = chart(frame, series, frame.tops.connections);
    const right = chart(frame, run.requestsPerSecond[server] ?? new Float64Array(0), frame.tops.requests);
    lines.push(`  ${padEnd(`server ${server}`, LABEL)}${left}${" ".repeat(GAP)}${right}`.trimEnd());
  });
  const left = run.connections.length - MOST_SERVERS;
  if (left > 0) lines.push(sheet.palette.dim(`${blank}and ${left} more servers: --format html shows all`));
  return lines;
}

/** Blocks and, beside them, what it began and ended with. */
function chart({ sheet, width, numbers }: Frame, series: Float64Array, top: number): string {
  return `${sheet.palette.mark(sparkline(series, width, top))} ${padEnd(fromTo(series), numbers)}`;
}

/** `40 → 12`: means of the first and last twentieth. */
function fromTo(series: Float64Array): string {
  const part = Math.max(1, Math.floor(series.length / 20));
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${short(mean(series.subarray(0, part)))} → ${short(mean(series.subarray(-part)))}`;
}

function numberWidth(arms: readonly SummarisedArm[]): number {
  const run = arms.flatMap(({ runs }) => runs.slice(0, 1));
  const all = run.flatMap(({ connections, requestsPerSecond }) => [...connections, ...requestsPerSecond]);
  return Math.max(5, ...all.slice(0, 1000).map((series) => fromTo(series).length));
}

function fleetLines(
  { sheet, width }: Frame,
  { summary, runs }: SummarisedArm,
  fleet: readonly (FleetLine & { readonly top: number })[],
): string[] {
  if (fleet.length === 0) return [];
  const seeds = runs.length === 1 ? "" : `, mean of ${runs.length} seeds`;
  return fleet.map(({ name, words, top, counts }, i) => {
    const series = summary.series[name].mean;
    const sum = series.reduce((all, value) => all + value, 0);
    const most = series.reduce((peak, value) => (value > peak ? value : peak), 0);
    const note = counts ? `${short(sum)} ${runs.length === 1 ? "in all" : "a run"}` : `${short(most)} at most`;
    const line = sheet.palette.mark(sparkline(series, width, top));
    return `  ${padEnd(words, LABEL)}${line} ${sheet.palette.dim(`${note}${i === 0 ? seeds : ""}`)}`;
  });
}

/** Two figures, or all before the point. */
const short = (value: number): string =>
  printNumber(value >= 10 ? Math.round(value) : Number(value.toPrecision(2))).replaceAll("\u00a0", "");
