import type { LogEntry } from "../log/entry.ts";
import { type Instant, printInstant } from "../net/time.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/** One value of a metric. */
export interface Point {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly at: Instant | undefined;
  readonly value: number;
}

/** The values of one metric, in the order of time. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Their sum: what was counted in all, for a metric that counts. */
  readonly total: number;
}

/** Every metric that the logs give, by name. Of several statistics of one metric, the sums; samples counted and averages are left out. */
export const seriesOf: (scene: Scene) => ReadonlyMap<string, Series> = remember((scene: Scene) => {
  const found = new Map<string, Point[]>();
  for (const log of scene.logs) {
    for (const entry of log.entries) {
      const { content } = entry;
      if (content.kind !== "metric" || !Number.isFinite(content.value)) continue;
      if (content.statistic !== undefined && content.statistic !== "Sum") continue;
      const points = found.get(content.name) ?? [];
      points.push({ log, entry, at: log.instantOf(entry), value: content.value });
      found.set(content.name, points);
    }
  }
  return new Map(
    [...found].map(([name, points]) => [name, { name, points, total: points.reduce((sum, p) => sum + p.value, 0) }]),
  );
});

/** A metric whose label has this name in it: people's labels say more (`TCP_ELB_Reset_Count (Sum)`). */
export function seriesNamed(scene: Scene, name: RegExp): Series | undefined {
  return [...seriesOf(scene).values()].find((series) => name.test(series.name));
}

/** The points at which something was counted. */
export const counted = ({ points }: Series): readonly Point[] => points.filter(({ value }) => value > 0);

/** Whether a metric counted something in the period about an instant (a minute, and its neighbours' edges). */
export function countedNear(scene: Scene, name: RegExp, at: Instant): boolean {
  const series = seriesNamed(scene, name);
  return (
    series !== undefined &&
    counted(series).some((p) => p.at !== undefined && (p.at > at ? p.at - at : at - p.at) <= PERIOD)
  );
}

const PERIOD = 90_000_000_000n;

/** Points as evidence: metrics of one file stand on one line, so that each file is told once. */
export function pointLines(points: readonly Point[], what: string): readonly LogEvidence[] {
  const byLog = Map.groupBy(points, ({ log }) => log);
  return [...byLog].map(([log, [first, ...rest]]) => {
    const told = [first as Point, ...rest]
      .slice(0, MOST_POINTS)
      .map(({ at, value }) => `${value}${at === undefined ? "" : ` at ${printInstant(at).slice(0, 19)}Z`}`);
    const more = rest.length >= MOST_POINTS ? ", …" : "";
    return { log: log.index, line: (first as Point).entry.line, shows: `${what}: ${told.join(", ")}${more}` };
  });
}

const MOST_POINTS = 6;
