import type { Instant } from "../../net/time.ts";

/** Where instants lie across a drawing, in percent of its width. */
export interface TimeScale {
  readonly from: Instant;
  readonly to: Instant;
  /** Percent from the left edge, kept within the drawing. */
  readonly at: (instant: Instant) => number;
  /** Round figures of seconds from `zero` on. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** A scale over a stretch of time, with ticks that count from `zero`. */
export function timeScale(from: Instant, to: Instant, zero: Instant): TimeScale {
  const span = Number(to - from) || 1;
  const at = (instant: Instant): number => {
    const percent = (Number(instant - from) / span) * 100;
    return Math.round(Math.min(100, Math.max(0, percent)) * 1000) / 1000;
  };
  return { from, to, at, ticks: ticksOf(Number(from - zero), span) };
}

/** About this many ticks. */
const TICKS = 8;

function ticksOf(start: number, span: number): TimeScale["ticks"] {
  const step = roundStep(span / TICKS);
  const ticks: { at: number; label: string }[] = [];
  for (let n = Math.ceil(start / step); n * step <= start + span && ticks.length < 2 * TICKS; n++) {
    ticks.push({ at: Math.round(((n * step - start) / span) * 100_000) / 1000, label: labelOf(n * step, step) });
  }
  return ticks;
}

/** The next of 1, 2, 5 times a power of ten; from a minute on of a minute's parts and multiples. */
function roundStep(nanoseconds: number): number {
  if (nanoseconds > 10e9) {
    const round = ROUND_SECONDS.find((seconds) => seconds * 1e9 >= nanoseconds);
    if (round !== undefined) return round * 1e9;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(1, nanoseconds)));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= nanoseconds) ?? 10);
}

const ROUND_SECONDS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

function labelOf(nanoseconds: number, step: number): string {
  const sign = nanoseconds < 0 ? "−" : "";
  const size = Math.abs(nanoseconds);
  if (step >= 60e9) return `${sign}${trimmed(size / 60e9, 1)} min`;
  if (step >= 1e8) return `${sign}${trimmed(size / 1e9, 1)} s`;
  if (step >= 1e5) return `${sign}${trimmed(size / 1e6, 1)} ms`;
  return `${sign}${trimmed(size / 1e3, 3)} µs`;
}

const trimmed = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)));
