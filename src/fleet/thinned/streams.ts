import type { Clients, Kubernetes } from "../../scenario/scenario.ts";
import { type Dice, ln } from "../engine/dice.ts";

/**
 * The requests of one slot as streams: each at equal distances from a start of its own, or with exponential gaps. What is asked of them is
 * only when something decisive comes.
 */
export interface RequestStream {
  readonly everyMs: number;
  readonly poisson: boolean;
  /** Whether the traffic of the story changes it. */
  readonly scaled: boolean;
  /** Lease renewals matter to node lifecycle. */
  readonly what: "plain" | "lease" | "status";
}

export function streamsOf(group: Clients, kubernetes: Kubernetes | undefined, carriesNode: boolean): RequestStream[] {
  const { everyMs, spacing } = group.requests;
  return [
    ...(everyMs > 0 ? [{ everyMs, poisson: spacing === "poisson", scaled: true, what: "plain" as const }] : []),
    ...(carriesNode && kubernetes !== undefined
      ? [
          { everyMs: kubernetes.leaseRenewMs, poisson: false, scaled: false, what: "lease" as const },
          ...(kubernetes.nodeStatusMs > 0
            ? [{ everyMs: kubernetes.nodeStatusMs, poisson: false, scaled: false, what: "status" as const }]
            : []),
        ]
      : []),
  ];
}

/** First time of an equally spaced stream at or after `at`. */
export const nextTime = (phase: number, everyMs: number, at: number): number =>
  phase + Math.max(0, Math.ceil((at - phase) / everyMs)) * everyMs;

/** Last time of it at or before `at`; before the first one: minus infinity. */
export const lastTime = (phase: number, everyMs: number, at: number): number =>
  at < phase ? Number.NEGATIVE_INFINITY : phase + Math.floor((at - phase) / everyMs) * everyMs;

/** Times of it in (from, to]. */
export const countTimes = (phase: number, everyMs: number, from: number, to: number): number =>
  Math.max(0, Math.floor((to - phase) / everyMs) + 1) - Math.max(0, Math.floor((from - phase) / everyMs) + 1);

/**
 * How many requests until the first that draws below `chance`, itself included: geometric, by inversion. The distribution forgets, so that
 * drawing anew when the chance changes gives the same law as drawing at every request.
 */
export function requestsUntil(dice: Dice, stream: number, chance: number): number {
  if (chance <= 0) return Number.POSITIVE_INFINITY;
  if (chance >= 1) return 1;
  const draw = ((dice.bits(stream) >>> 0) + 0.5) * 2 ** -32;
  return 1 + Math.floor(ln(draw) / Math.log1p(-chance));
}

/** When the stream's next decisive request comes, after `at`. */
export function decisiveTime(
  dice: Dice,
  die: number,
  {
    stream,
    phase,
    factor,
    chance,
    at,
  }: { stream: RequestStream; phase: number; factor: number; chance: number; at: number },
): number {
  if (chance <= 0) return Number.POSITIVE_INFINITY;
  const everyMs = stream.scaled ? stream.everyMs / factor : stream.everyMs;
  // A Poisson stream of which each event counts with a chance is a Poisson stream again.
  if (stream.poisson) return at + dice.exponential(die, everyMs / chance);
  // A start after `at` is the first request there is; otherwise strictly after, so that no request draws twice.
  const first = at < phase ? phase : lastTime(phase, everyMs, at) + everyMs;
  return first + (requestsUntil(dice, die, chance) - 1) * everyMs;
}
