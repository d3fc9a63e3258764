import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/** How much a counter of `conntrack -S`, summed over processors, grew from the first reading to the last. */
export interface ConntrackGrowth {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** A line of the last reading in which it is not zero. */
  readonly evidence: LogEvidence;
}

/** Counters of connection tracking that grew, of each log with two readings of `conntrack -S`. */
export const conntrackGrowth: (scene: Scene) => readonly ConntrackGrowth[] = remember((scene: Scene) =>
  scene.logs.flatMap(growthIn),
);

function growthIn(log: Log): ConntrackGrowth[] {
  const last = log.entries.reduce(
    (most, { content }) => (content.kind === "conntrack-statistics" ? Math.max(most, content.reading) : most),
    0,
  );
  if (last === 0) return [];
  const sums = new Map<string, { before: number; after: number; line: number }>();
  for (const { content, line } of log.entries) {
    if (content.kind !== "conntrack-statistics" || (content.reading !== 0 && content.reading !== last)) continue;
    for (const [name, value] of Object.entries(content.counters)) {
      const sum = sums.get(name) ?? { before: 0, after: 0, line };
      if (content.reading === 0) sum.before += value;
      else {
        sum.after += value;
        if (value > 0) sum.line = line;
      }
      sums.set(name, sum);
    }
  }
  return [...sums].flatMap(([name, { before, after, line }]) =>
    after > before
      ? [
          {
            name,
            before,
            after,
            evidence: { log: log.index, line, shows: `conntrack counted ${name} ${before} before and ${after} after` },
          },
        ]
      : [],
  );
}
