import type { LogTime } from "../log/log-time.ts";
import { placeTime } from "../log/log-time.ts";
import { type Instant, MILLISECOND, type Nanoseconds, SECOND } from "../net/time.ts";
import type { LogClock } from "../signature/scene.ts";
import type { Anchor } from "./log-anchors.ts";

/** Zones lie a multiple of a quarter of an hour from UTC. */
const QUARTER: Nanoseconds = 900 * SECOND;
/** A line is written this long after what it tells, at the most, when nothing else is known. */
const WRITTEN_AFTER: Nanoseconds = 5 * MILLISECOND;

/**
 * Relates a log's clock to the common one by events that both tell. Where the lines give no zone, the difference
 * is first rounded to one; what then remains is the two clocks' disagreement, which counts where it is larger than the
 * spread of the events and the resolution of the log.
 */
export function clockFromAnchors(anchors: readonly Anchor[], near: Instant): LogClock | undefined {
  if (anchors.length === 0) return undefined;
  const differences = anchors.map(({ time, at }) => Number(at - placeTime(time, near)));
  const middle = median(differences);
  const zone = anchors.some(({ time }) => lacksZone(time)) ? Math.round(middle / QUARTER) * QUARTER : 0;
  const resolution = Math.max(...anchors.map(({ time }) => time.resolution));
  const spread = median(differences.map((d) => Math.abs(d - middle)));
  const rest = middle - zone;
  // One or two lines that were written late are no clock that is wrong.
  const noise = Math.max(resolution, WRITTEN_AFTER, 3 * spread, anchors.length < FEWEST ? SECOND : 0);
  const offset = Math.abs(rest) <= noise ? zone : middle;
  // One event that is seconds off may be another event; two that are off alike are a clock.
  if (offset !== zone && (anchors.length < FEWEST_FOR_CLOCK || spread > SECOND)) return undefined;
  // Half of the events agree within this; a few may have been delayed.
  const disagreement = median(differences.map((d) => Math.abs(d - offset)));
  return {
    how: "aligned",
    offset,
    uncertainty: Math.max(resolution, WRITTEN_AFTER, 3 * disagreement),
    matched: anchors.length,
    against: anchors[0]?.vantage.file,
  };
}

/** Events that must agree before a clock is held to be wrong. */
const FEWEST_FOR_CLOCK = 2;

/** Whether a stated time could be in any zone. */
export const lacksZone = (time: LogTime): boolean => time.kind === "partial" && time.missing.includes("zone");

/** What was compared, when nothing names a connection: instants of losses in a log and of notable packets. */
export interface Coincidences {
  /** What the log's clock said, taken as UTC. */
  readonly stated: readonly Instant[];
  /** On the common clock, in order. */
  readonly packets: readonly Instant[];
  /** Of the log's times. */
  readonly resolution: Nanoseconds;
}

/** A loss is logged within this of the packet that tells of it. */
const COINCIDENT: Nanoseconds = 1.5 * SECOND;
/** Losses that must coincide, and how many times as many as in any other zone. */
const FEWEST = 3;
const CLEARLY = 2;

/**
 * The zone in which most losses of a log coincide with captured ones, where no other comes near: UTC−12 to UTC+14,
 * as offsets to add. Undefined where the events do not decide.
 */
export function zoneByCoincidence({ stated, packets, resolution }: Coincidences): LogClock | undefined {
  if (stated.length < FEWEST || packets.length === 0) return undefined;
  const within = COINCIDENT + resolution;
  const votes: { readonly offset: Nanoseconds; readonly count: number }[] = [];
  for (let quarter = -14 * 4; quarter <= 12 * 4; quarter++) {
    const offset = quarter * QUARTER;
    const shift = BigInt(offset);
    votes.push({ offset, count: stated.filter((instant) => hasNear(packets, instant + shift, within)).length });
  }
  votes.sort((a, b) => b.count - a.count);
  const [best, second] = votes;
  if (best === undefined || best.count < FEWEST || best.count < CLEARLY * (second?.count ?? 0)) return undefined;
  return { how: "aligned", offset: best.offset, uncertainty: within, matched: best.count, against: undefined };
}

function hasNear(sorted: readonly Instant[], instant: Instant, within: Nanoseconds): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Instant) < instant) low = middle + 1;
    else high = middle;
  }
  return [sorted[low - 1], sorted[low]].some(
    (each) => each !== undefined && Math.abs(Number(each - instant)) <= within,
  );
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
