import type { RecordedLog } from "../log/log-recorder.ts";
import { type LogTime, placeTime } from "../log/log-time.ts";
import { isLoss } from "../log/loss.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import type { Instant } from "../net/time.ts";
import type { Log, LogClock } from "../signature/scene.ts";
import { anchorsOf, type Captured } from "./log-anchors.ts";
import { clockFromAnchors, lacksZone, zoneByCoincidence } from "./log-clock.ts";

/**
 * Puts logs on the common clock: by events that a capture shows too, otherwise by what their lines state. `near`
 * is an instant of the captures: the year that a log leaves out is the one nearest to it. Without captures another log that
 * states its year tells it, or the time at which the file was last written.
 */
export function placeLogs(logs: readonly RecordedLog[], captured: Captured, near: Instant | undefined): readonly Log[] {
  const packets = logs.length === 0 ? [] : notablePackets(captured);
  const dated = near ?? anyInstant(logs);
  return logs.map((log, index) => {
    const anchor = dated ?? log.writtenAt ?? firstReading(log) ?? 0n;
    const clock = clockOf(log, captured, packets, anchor);
    const shift = BigInt(Math.round(clock.offset));
    return {
      ...log,
      index,
      clock,
      // The date and year nearest to the captures are looked for on the log's own clock.
      instantOf: ({ time }) => (time === undefined ? undefined : placeTime(time, anchor - shift) + shift),
    };
  });
}

function clockOf(log: RecordedLog, captured: Captured, packets: readonly Instant[], near: Instant): LogClock {
  const times = log.entries.flatMap((entry) => entry.time ?? []);
  const resolution = times.reduce((most, time) => Math.max(most, time.resolution), 0);
  const unknown = { offset: 0, uncertainty: Number.POSITIVE_INFINITY, matched: 0, against: undefined };
  if (times.length === 0) return { how: "none", ...unknown };
  const aligned = clockFromAnchors(anchorsOf(log, captured), near);
  if (aligned !== undefined) return aligned;
  if (times.every((time) => time.kind === "instant")) return { how: "stated", ...unknown };
  if (times.some(lacksZone)) {
    const stated = log.entries.flatMap(({ time, content }) =>
      time !== undefined && isLoss(content) ? [placeTime(time, near)] : [],
    );
    const zoned = zoneByCoincidence({ stated, packets, resolution });
    if (zoned !== undefined) return { ...zoned, against: captured.vantages[0]?.file };
  }
  return { how: "assumed", ...unknown };
}

/** Instants of resets and of SYNs that nobody answered, in order: what a program notices as a loss. */
function notablePackets({ vantages, toCommon }: Captured): readonly Instant[] {
  const instants: Instant[] = [];
  for (const vantage of vantages) {
    for (const { segments, flow } of vantage.trails) {
      for (const { flags, time } of segments) {
        const lost = (flags & RST) !== 0 || (flow.state === "unanswered" && (flags & (SYN | ACK)) === SYN);
        if (lost) instants.push(toCommon(vantage, time));
      }
    }
  }
  return instants.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The earliest time that one of the logs states whole, or with its year at least. */
function anyInstant(logs: readonly RecordedLog[]): Instant | undefined {
  const times = logs.flatMap(({ entries }) => entries.find((entry) => entry.time !== undefined)?.time ?? []);
  const whole = times.flatMap((time) => (time.kind === "instant" ? [time.at] : []));
  const withYear = times.flatMap((time) =>
    time.kind === "partial" && !time.missing.includes("year") && !time.missing.includes("date") ? [time.reading] : [],
  );
  return [...whole, ...withYear][0];
}

function firstReading(log: RecordedLog): Instant | undefined {
  const time: LogTime | undefined = log.entries.find((entry) => entry.time !== undefined)?.time;
  return time === undefined ? undefined : time.kind === "instant" ? time.at : time.reading;
}
