import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import { SHORTEST_SILENCE, unansweredTail } from "../silence.ts";
import { endpointOf, lastBefore, other, patience, type Reading, readTrail, type Step } from "../trail-queries.ts";

/** A connection whose first packet after a long silence was lost or met a RST. */
export interface Broken {
  readonly reading: Reading;
  /** The first packet after the silence. */
  readonly first: Step;
  /** Its repetitions. */
  readonly repeats: readonly Step[];
  /** The RST that answered; undefined when nothing did. */
  readonly reset: Step | undefined;
  /** The last packet of the other end, before the silence. */
  readonly lastSign: Step | undefined;
}

/** Fewer unanswered repetitions than this within less than this time prove nothing. */
const REPEATS = 3;
const LONG_ENOUGH: Nanoseconds = 3 * SECOND;

/** Looks for the first packet after a long silence that was reset or never answered. */
export const brokenSilence: (trail: Trail) => Broken | undefined = remember(find);

function find(trail: Trail): Broken | undefined {
  const reading = readTrail(trail);
  if (!reading.established) return undefined;
  return resetAfterSilence(reading) ?? voidAfterSilence(reading, "client") ?? voidAfterSilence(reading, "server");
}

function resetAfterSilence(reading: Reading): Broken | undefined {
  const reset = reading.steps.find((s) => s.rst || s.fin);
  if (reset?.rst !== true) return undefined;
  const lastSign = lastBefore(reading, reset.index, (s) => s.side === reset.side);
  const between = reading.steps.slice((lastSign?.index ?? -1) + 1, reset.index);
  const asking = between.filter((s) => s.fresh || s.probe || s.repeat);
  const first = asking[0];
  const last = asking.at(-1);
  if (
    lastSign === undefined ||
    first === undefined ||
    last === undefined ||
    first.silence < SHORTEST_SILENCE ||
    isFarewell(reading, first)
  )
    return undefined;
  const answers = reset.segment.seq === last.segment.ack && reset.time - last.time <= patience(reading);
  return answers ? { reading, first, repeats: asking.slice(1), reset, lastSign } : undefined;
}

function voidAfterSilence(reading: Reading, speaker: Step["side"]): Broken | undefined {
  const tail = unansweredTail(reading, speaker);
  if (tail?.lastSign === undefined || tail.first.silence < SHORTEST_SILENCE || isFarewell(reading, tail.first))
    return undefined;
  if (tail.repeats.length < REPEATS && (tail.repeats.length < REPEATS - 1 || tail.span < LONG_ENOUGH)) return undefined;
  if (reading.steps.slice(0, tail.first.index + 1).some((s) => s.fin || s.rst)) return undefined;
  return { reading, first: tail.first, repeats: tail.repeats, reset: undefined, lastSign: tail.lastSign };
}

/** A goodbye that is reset loses nothing. */
const isFarewell = (reading: Reading, step: Step): boolean => {
  if (!step.fresh) return step.fin;
  const { kind } = reading.payload(step);
  return kind === "farewell" || kind === "goaway";
};

/** Whether the silent end spoke to somebody after the silence was broken: its host is there, and packets from it arrive here. */
export function peerAnswersOthers(scene: Scene, { reading, first }: Broken): boolean {
  const vantage = scene.vantages[reading.trail.vantage];
  const side = other(first.side);
  const peer = endpointOf(reading.trail, side);
  const later = first.time + patience(reading);
  const answered = side === "server" ? vantage?.destinations.get(printEndpoint(peer))?.answeredTo : undefined;
  if (answered !== undefined && answered > first.time) return true;
  return (vantage?.trails ?? []).some((trail) => {
    if (trail.flow.to <= later || trail === reading.trail || endpointOf(trail, side).address !== peer.address)
      return false;
    return (readTrail(trail).last[side] ?? 0) > later;
  });
}

/**
 * Other connections to the same server that died in the same way, in another silence: where the silences overlap,
 * one restart of the server's host within both explains both deaths as well.
 */
export function alikeDeaths(scene: Scene, { reading, first, lastSign }: Broken): readonly Broken[] {
  const from = lastSign?.time ?? first.time;
  const server = endpointOf(reading.trail, "server");
  return (scene.vantages[reading.trail.vantage]?.trails ?? []).flatMap((trail) => {
    if (trail === reading.trail || !sameEndpoint(endpointOf(trail, "server"), server)) return [];
    const broken = brokenSilence(trail);
    if (broken === undefined) return [];
    const theirs = broken.lastSign?.time ?? broken.first.time;
    return broken.first.time < from || theirs > first.time ? [broken] : [];
  });
}
