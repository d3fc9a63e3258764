import { ACK } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import { SECOND } from "../net/time.ts";
import type { IcmpError, Side } from "../session/segment.ts";
import { covers, other, type Reading, type Step } from "./trail-queries.ts";

/** Large segments that do not pass where smaller ones do. */
export interface TooBig {
  readonly reading: Reading;
  /** The large segment and its repetitions, all lost. */
  readonly head: Step;
  readonly repeats: readonly Step[];
  /** A smaller segment, sent after the large one, that arrived, and the acknowledgment that says so. */
  readonly small: Step;
  readonly arrived: Step;
  /** The same bytes in a smaller segment, and the acknowledgment they got at once. */
  readonly smaller: { readonly step: Step; readonly ack: Step } | undefined;
  /** The router's word that it was too big, if it came. */
  readonly icmp: IcmpError | undefined;
}

/** Payload that fits every path of today: IPv6 demands 1280 bytes of a link (RFC 8200 §5). */
const FITS = 1180;
const REPEATS = 3;
const LONG_ENOUGH: Nanoseconds = 1.2 * SECOND;

/** Looks for a large segment of `side` that was repeated in vain while a smaller one behind it arrived. */
export function tooBig(reading: Reading, side: Side): TooBig | undefined {
  if (!reading.established || reading.trail.omitted > 0) return undefined;
  const peer = other(side);
  for (const head of reading.steps) {
    if (head.side !== side || !head.fresh || head.segment.length <= FITS) continue;
    const same = reading.steps.filter(
      (s) => s.side === side && s.repeat && s.index > head.index && s.segment.seq === head.segment.seq,
    );
    const repeats = same.filter((s) => s.segment.length > FITS);
    const last = repeats.at(-1);
    if (repeats.length < REPEATS || last === undefined || last.time - head.time < LONG_ENOUGH) continue;
    const found = passedBy(reading, head, last);
    if (found === undefined || largerPassed(reading, head, last)) return undefined;
    const step = same.find((s) => s.segment.length <= FITS && s.index > last.index);
    const ack =
      step === undefined
        ? undefined
        : reading.steps.find((s) => s.side === peer && s.index > step.index && covers(s, step.end));
    // Where the large one itself was acknowledged in the end, it was no question of size.
    const cumulative = reading.steps.find((s) => s.side === peer && covers(s, head.end));
    if (cumulative !== undefined && (step === undefined || cumulative.index < step.index)) return undefined;
    const icmp = reading.trail.icmp.find((e) => e.quoted === side && e.time >= head.time && isTooBig(e));
    return {
      reading,
      head,
      repeats,
      ...found,
      smaller: step === undefined || ack === undefined ? undefined : { step, ack },
      icmp,
    };
  }
  return undefined;
}

/** A smaller segment behind the large one, and a duplicate ACK with more options than usual: a selective acknowledgment (RFC 2018). */
function passedBy(
  reading: Reading,
  head: Step,
  last: Step,
): { readonly small: Step; readonly arrived: Step } | undefined {
  const peer = other(head.side);
  const usual = Math.min(
    ...reading.steps
      .filter((s) => s.side === peer && !s.syn && !s.rst && (s.segment.flags & ACK) !== 0)
      .map((s) => s.segment.optionBytes),
  );
  for (const arrived of reading.steps) {
    if (arrived.side !== peer || arrived.index < head.index || arrived.time > last.time) continue;
    if (
      arrived.segment.ack !== head.segment.seq ||
      arrived.segment.window === 0 ||
      arrived.segment.optionBytes < usual + 8
    )
      continue;
    const small = reading.steps.findLast(
      (s) =>
        s.side === head.side &&
        s.fresh &&
        s.index > head.index &&
        s.index < arrived.index &&
        s.segment.length < head.segment.length,
    );
    if (small !== undefined && small.segment.length <= FITS) return { small, arrived };
  }
  return undefined;
}

/** Something as large from that side had been, or was later, acknowledged. */
function largerPassed(reading: Reading, head: Step, last: Step): boolean {
  const peer = other(head.side);
  return reading.steps.some((s) => {
    if (s.side !== head.side || !s.fresh || s.segment.length < head.segment.length || s.index >= head.index)
      return false;
    return reading.steps.some((a) => a.side === peer && a.index > s.index && a.index < last.index && covers(a, s.end));
  });
}

const isTooBig = ({ ipVersion, type, code }: IcmpError): boolean =>
  ipVersion === 4 ? type === 3 && code === 4 : type === 2;
