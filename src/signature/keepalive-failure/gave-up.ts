import { ACK } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { SECOND } from "../../net/time.ts";
import type { Side } from "../../session/segment.ts";
import { patience, type Reading, type Step } from "../trail-queries.ts";

/** An end that gave its connection up because the other had not answered. */
export interface GaveUp {
  readonly reading: Reading;
  readonly side: Side;
  /** Unanswered keepalive probes, or the unacknowledged data with its repetitions, in order. */
  readonly asked: readonly Step[];
  /** The last packet of the other end. */
  readonly lastSign: Step;
  /** `probes`: ended by its own RST; `data`: it stopped repeating, and the connection was gone. */
  readonly kind: "probes" | "data";
  /** The RST by which it ended the connection; for data, the RST that answered the other end's return. */
  readonly rst: Step;
  /** From the first unanswered packet to the end, as far as seen. */
  readonly span: Nanoseconds;
}

/** Fewer probes may be the loss of a moment. */
const FEWEST_PROBES = 2;

/** Keepalive probes at equal distances, none answered, then RST with ACK from the prober one distance later. */
export function probesInVain(reading: Reading): GaveUp | undefined {
  const rst = reading.steps.find((s) => s.rst || s.fin);
  if (rst === undefined || !rst.rst || !reading.established || (rst.segment.flags & ACK) === 0) return undefined;
  const { side } = rst;
  const before = reading.steps.slice(0, rst.index);
  const lastSign = before.findLast((s) => s.side !== side);
  if (lastSign === undefined) return undefined;
  const after = before.slice(lastSign.index + 1);
  const asked = after.filter((s) => s.probe);
  // Data on its way, or a goodbye, would be what went unanswered.
  if (asked.length < FEWEST_PROBES || after.some((s) => s.fresh || s.repeat || s.fin)) return undefined;
  const times = [...asked.map((s) => s.time), rst.time];
  const gaps = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const usual = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const even = gaps.every((g) => Math.abs(g - usual) <= Math.max(0.1 * usual, SECOND / 4));
  const span = rst.time - (asked[0]?.time ?? rst.time);
  if (!even || usual < SECOND / 2 || span < 2 * SECOND) return undefined;
  return { reading, side, asked, lastSign, kind: "probes", rst, span };
}

/** What TCP waits at least when nobody told it otherwise (RFC 1122 §4.2.3.5, R2); Linux 924.6 s (tcp_retries2 of 15). */
const DEFAULT_PATIENCE: Nanoseconds = 100 * SECOND;
const FEWEST_REPEATS = 2;

/**
 * Data that was repeated in vain and then no more, long before TCP gives up by itself, without FIN or RST; when the other
 * end comes back, a bare RST says that the connection is gone: its own timer had ended it.
 */
export function goneOnReturn(reading: Reading, side: Side): GaveUp | undefined {
  if (!reading.established || reading.trail.omitted > 0) return undefined;
  const rst = reading.steps.find((s) => s.rst || s.fin);
  const back = rst === undefined ? undefined : reading.steps[rst.index - 1];
  // The RST answers the other end's packet with its number (RFC 9293 §3.10.7.1).
  if (rst === undefined || !rst.rst || rst.side !== side || back === undefined || back.side === side) return undefined;
  if (
    (rst.segment.flags & ACK) !== 0 ||
    rst.segment.seq !== back.segment.ack ||
    rst.time - back.time > patience(reading)
  )
    return undefined;
  const heard = back.segment.ack;
  const before = reading.steps.slice(0, back.index);
  const first = before.find((s) => s.side === side && s.fresh && ((s.end - heard) | 0) > 0);
  const lastSign = before.findLast((s) => s.side !== side && s.index < (first?.index ?? 0));
  if (first === undefined || lastSign === undefined) return undefined;
  const repeats = before.filter((s) => s.side === side && s.repeat && s.segment.seq === first.segment.seq);
  const last = repeats.at(-1);
  if (
    last === undefined ||
    repeats.length < FEWEST_REPEATS ||
    before.some((s) => s.side !== side && s.index > first.index)
  )
    return undefined;
  const span = last.time - first.time;
  const gap = last.time - (repeats.at(-2)?.time ?? first.time);
  // The next repetition, after twice the last gap, was overdue: the timer had stopped.
  if (span >= DEFAULT_PATIENCE || back.time - last.time < 2.5 * gap + SECOND / 2) return undefined;
  return { reading, side, asked: [first, ...repeats], lastSign, kind: "data", rst, span };
}
