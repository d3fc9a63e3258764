import { type CounterChange, counterChanges } from "../log/counter-changes.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/** A kernel counter of one host that grew between two readings. */
export interface CounterGrowth extends Pick<CounterChange, "name" | "before" | "after"> {
  readonly by: number;
  /** The log that holds the later reading, and its line. */
  readonly log: Log;
  readonly evidence: LogEvidence;
}

/** Words that tell the readings of one host apart in the names of files. */
const BEFORE = /before|pre\b|start/i;
const AFTER = /after|post\b|end/i;

/** Counters that grew: within a file with several readings, or between two files named as before and after of one host. */
export const counterGrowth: (scene: Scene) => readonly CounterGrowth[] = remember((scene: Scene) => {
  const counting = scene.logs.filter(({ entries }) => entries.some(({ content }) => content.kind === "counter"));
  return counting.flatMap((log) => {
    const several = log.entries.some(({ content }) => content.kind === "counter" && content.reading > 0);
    if (several) return growth(log, log);
    const stem = log.file.replace(AFTER, "");
    const before = counting.find((o) => o !== log && BEFORE.test(o.file) && o.file.replace(BEFORE, "") === stem);
    return AFTER.test(log.file) && before !== undefined ? growth(before, log) : [];
  });
});

const growth = (first: Log, last: Log): CounterGrowth[] =>
  counterChanges(first.entries, last.entries).map(({ name, before, after, lines }) => ({
    name,
    before,
    after,
    by: after - before,
    log: last,
    evidence: {
      log: last.index,
      line: lines[1],
      shows: `the kernel's counter ${name} grew from ${before} to ${after}`,
    },
  }));
