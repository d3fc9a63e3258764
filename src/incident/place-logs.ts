import type { LogEntry } from "../log/entry.ts";
import type { RecordedLog } from "../log/log-recorder.ts";
import { placeTime } from "../log/log-time.ts";
import type { Instant } from "../net/time.ts";
import type { Log, LogClock } from "../signature/scene.ts";

/** Puts logs on the common clock. `near` is an instant of the captures: the year that a log leaves out is the one nearest to it. */
export function placeLogs(logs: readonly RecordedLog[], near: Instant | undefined): readonly Log[] {
  return logs.map((log, index) => {
    const clock = clockOf(log);
    const anchor = near ?? firstInstant(log) ?? 0n;
    return {
      ...log,
      index,
      clock,
      instantOf: (entry) =>
        entry.time === undefined ? undefined : placeTime(entry.time, anchor) + BigInt(Math.round(clock.offset)),
    };
  });
}

function clockOf(log: RecordedLog): LogClock {
  const dated = log.entries.filter((entry) => entry.time !== undefined);
  const unknown = { offset: 0, uncertainty: Number.POSITIVE_INFINITY, matched: 0, against: undefined };
  if (dated.length === 0) return { how: "none", ...unknown };
  const stated = dated.every((entry) => entry.time?.kind === "instant");
  return { how: stated ? "stated" : "assumed", ...unknown };
}

function firstInstant(log: RecordedLog): Instant | undefined {
  const found = log.entries.find((entry: LogEntry) => entry.time !== undefined)?.time;
  return found === undefined ? undefined : found.kind === "instant" ? found.at : found.reading;
}
