import { printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { seqAfter } from "../net/sequence.ts";
import { ACK } from "../net/tcp-flags.ts";
import { type Nanoseconds, printSpan, SECOND } from "../net/time.ts";
import type { IcmpError, Trail } from "../session/segment.ts";
import { icmpMeaning } from "./icmp-meaning.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import {
  endpointOf,
  lastBefore,
  longestSurvivedSilence,
  other,
  type Reading,
  readTrail,
  type Step,
} from "./trail-queries.ts";

/** A silence shorter than this is not worth a box's forgetting. */
export const SHORTEST_SILENCE: Nanoseconds = 10 * SECOND;

/**
 * Whether a connection that died on the first packet after a pause died of the pause. `forgotten`:
 * the pause was longer than any it had survived and nothing says that the other end was already gone;
 * `cut`: the other end or the path went away, with `because`.
 */
export type SilenceVerdict =
  | { readonly kind: "forgotten"; readonly silence: Nanoseconds; readonly survived: Nanoseconds }
  | { readonly kind: "cut"; readonly because: string };

/** Judges the silence that `first` broke. */
export function judgeSilence(scene: Scene, reading: Reading, first: Step): SilenceVerdict {
  const { silence } = first;
  const survived = longestSurvivedSilence(reading, first.index);
  if (silence < SHORTEST_SILENCE) {
    return { kind: "cut", because: `there was no long silence before it (${printSpan(silence)})` };
  }
  if (survived >= 0.95 * silence) {
    return { kind: "cut", because: `the connection had survived a silence of ${printSpan(survived)} before` };
  }
  const rhythm = rhythmOf(reading, other(first.side), first.index);
  if (rhythm !== undefined && silence > 3 * rhythm) {
    const who = other(first.side);
    return { kind: "cut", because: `the ${who} had sent something every ${printSpan(rhythm)} and stopped at once` };
  }
  const dead = deadDestination(scene, reading, first) ?? deadAtOtherEnd(scene, reading, first);
  return dead === undefined ? { kind: "forgotten", silence, survived } : { kind: "cut", because: dead };
}

/**
 * The longest interval of an end that sends of its own accord and regularly (a watch, heartbeats);
 * undefined when it does not. Four intervals, none longer than twice the median, up to the silence.
 */
function rhythmOf(reading: Reading, side: Step["side"], index: number): Nanoseconds | undefined {
  const times = unasked(reading, side, index);
  const intervals = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const recent = intervals.slice(-8);
  const median = [...recent].sort((a, b) => a - b)[recent.length >> 1] ?? 0;
  const longest = Math.max(0, ...recent);
  return recent.length >= 4 && median >= SECOND / 2 && longest <= 2 * median ? longest : undefined;
}

/** When a side sent data that nobody had just asked for: its own last data was answered or nothing was asked since. */
export function unasked(reading: Reading, side: Step["side"], index: number): readonly Nanoseconds[] {
  const pause = Math.max(4 * (reading.roundTrip ?? 0), SECOND / 10);
  const times: Nanoseconds[] = [];
  let open = false;
  let last = Number.NEGATIVE_INFINITY;
  for (const step of reading.steps.slice(0, index)) {
    if (!step.fresh || reading.payload(step).kind === "handshake") continue;
    if (step.side !== side) {
      if (reading.payload(step).kind !== "control") open = true;
      continue;
    }
    if (!open && step.time - last > pause) times.push(step.time);
    open = false;
    last = step.time;
  }
  return times;
}

/** Something that shows the whole destination to be gone, not only this connection. */
function deadDestination(scene: Scene, reading: Reading, first: Step): string | undefined {
  const vantage = scene.vantages[reading.trail.vantage];
  const peer = endpointOf(reading.trail, other(first.side));
  const icmp = unreachable(reading.trail, first);
  if (icmp !== undefined) return `${icmp.sender} reported the destination unreachable`;
  for (const trail of vantage?.trails ?? []) {
    if (trail.flow.to < first.time - first.silence || trail === reading.trail) continue;
    if (!sameEndpoint(endpointOf(trail, other(first.side)), peer)) continue;
    // One SYN may have been sent just before the capture ended.
    const repeated = trail.flow.to - trail.flow.from > SECOND / 2;
    if (trail.flow.state === "unanswered" && repeated && trail.flow.to >= first.time) {
      return `new connections to ${printEndpoint(peer)} got no answer either`;
    }
    const fellow = unansweredTail(readTrail(trail), first.side);
    if (fellow !== undefined && fellow.first.silence < SHORTEST_SILENCE && overlaps(trail, fellow.first, first)) {
      return `another connection to ${printEndpoint(peer)} died in the middle of its traffic`;
    }
  }
  return undefined;
}

/** The silence is one of this capture only: another shows the other end speaking into it, in the middle of its traffic and in vain. */
function deadAtOtherEnd(scene: Scene, reading: Reading, first: Step): string | undefined {
  const speaker = other(first.side);
  for (const sighting of scene.sightings(reading.trail)) {
    const tail = unansweredTail(readTrail(sighting.trail), speaker);
    if (tail === undefined || tail.first.silence >= SHORTEST_SILENCE || tail.repeats.length === 0) continue;
    const before = first.time - (tail.first.time + sighting.offset);
    if (before > sighting.uncertainty + SECOND)
      return `the ${speaker} had sent in vain since ${printSpan(before)} before, in the middle of its traffic`;
  }
  return undefined;
}

/** The first report by a router that it found no host or no way, for what was sent from `first` on. */
export const unreachable = (trail: Trail, first: Step): IcmpError | undefined =>
  trail.icmp.find(
    (error) => error.time >= first.time && error.quoted === first.side && icmpMeaning(error)?.kind === "unreachable",
  );

const overlaps = (trail: Trail, theirs: Step, mine: Step): boolean =>
  theirs.time <= mine.time + SECOND && trail.flow.to >= mine.time - mine.silence;

/** Whether an end closed by RST of its own accord, and was the first to close. */
export const gaveUp = (reading: Reading, side: Step["side"]): boolean => {
  const end = reading.steps.find((s) => s.rst || s.fin);
  return end?.rst === true && end.side === side;
};

/** What one side sent in vain at the end of a trail. */
export interface UnansweredTail {
  readonly speaker: Step["side"];
  /** The first packet that asked for an answer and got none. */
  readonly first: Step;
  /** Its repetitions and the keepalive probes, in order. */
  readonly repeats: readonly Step[];
  /** From the first transmission to the last. */
  readonly span: Nanoseconds;
  /** The last packet that ever came from the other side; undefined when none was captured. */
  readonly lastSign: Step | undefined;
}

/** The unanswered end of a trail: data, FIN or keepalive probes of `speaker` after which the other side sent nothing. */
export const unansweredTail = (reading: Reading, speaker: Step["side"]): UnansweredTail | undefined =>
  tailsOf(reading)[speaker];

const tailsOf = remember((reading: Reading) => ({
  client: findTail(reading, "client"),
  server: findTail(reading, "server"),
}));

function findTail(reading: Reading, speaker: Step["side"]): UnansweredTail | undefined {
  const { steps } = reading;
  const peer = other(speaker);
  const lastSign = lastBefore(reading, steps.length, (s) => s.side === peer);
  const acked = reading.acked[peer];
  const after = lastSign?.index ?? -1;
  const asks = (s: Step): boolean => s.side === speaker && (s.fresh || s.fin || s.repeat) && !s.rst && !s.syn;
  const grace = Math.max(reading.roundTrip ?? 0, SECOND / 4);
  const first =
    steps.find((s) => asks(s) && (acked === undefined || ((s.end - acked) | 0) > 0) && inTime(s, lastSign, grace)) ??
    steps.find((s) => s.index > after && s.side === speaker && s.probe);
  if (first === undefined) return undefined;
  const repeats = steps.filter(
    (s) => s.index > Math.max(first.index, after) && s.side === speaker && (s.probe || s.repeat),
  );
  const last = repeats.at(-1);
  // The speaker acknowledges what was never captured: the other end still speaks, the capture does not show it.
  const heard = highestEnd(steps, peer);
  if (heard !== undefined && steps.some((s) => s.index > after && s.side === speaker && !s.rst && beyond(s, heard)))
    return undefined;
  return last === undefined ? undefined : { speaker, first, repeats, span: last.time - first.time, lastSign };
}

function highestEnd(steps: readonly Step[], side: Step["side"]): number | undefined {
  let highest: number | undefined;
  for (const s of steps) {
    if (s.side === side && !s.rst && (highest === undefined || seqAfter(s.end, highest))) highest = s.end;
  }
  return highest;
}

const beyond = (step: Step, number: number): boolean =>
  (step.segment.flags & ACK) !== 0 && seqAfter(step.segment.ack, number);

/** A sign of the peer that crossed with the first packet is no answer to it. */
const inTime = (first: Step, lastSign: Step | undefined, grace: Nanoseconds): boolean =>
  lastSign === undefined || lastSign.time - first.time <= grace;
