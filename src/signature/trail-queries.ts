import { clientOf, serverOf } from "../flow/flow.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { seqAdd, seqAfter, seqAtOrAfter, seqDiff } from "../net/sequence.ts";
import { ACK, FIN, RST, SYN } from "../net/tcp-flags.ts";
import { type Nanoseconds, SECOND } from "../net/time.ts";
import type { Segment, Side, Trail } from "../session/segment.ts";
import { withoutCopies } from "./copies.ts";
import { type Payload, payloadReader } from "./payload.ts";
import { remember } from "./remember.ts";
import { payloadSaid } from "./said.ts";

/** A segment with what the segments before it make of it. */
export interface Step {
  readonly segment: Segment;
  readonly side: Side;
  readonly time: Nanoseconds;
  /** Position in the reading. */
  readonly index: number;
  /** The sequence number after its last byte (SYN and FIN count one each). */
  readonly end: number;
  /** It carries payload bytes never seen before. */
  readonly fresh: boolean;
  /** It carries payload, SYN or FIN that was all sent before. */
  readonly repeat: boolean;
  /** A TCP keepalive probe (RFC 1122 §4.2.3.6): at most one byte, just before what was sent. */
  readonly probe: boolean;
  /** Nothing from either side for so long before it; 0 where packets were left out. */
  readonly silence: Nanoseconds;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
}

/** A trail read in order, mirror duplicates left out. */
export interface Reading {
  readonly trail: Trail;
  readonly steps: readonly Step[];
  /** Whether the handshake ended well, or was not captured. */
  readonly established: boolean;
  /** The highest acknowledgment that each side ever sent; undefined when it sent none. */
  readonly acked: Readonly<Record<Side, number | undefined>>;
  /** A round trip over the whole path, as far as the segments tell; undefined when they do not. */
  readonly roundTrip: Nanoseconds | undefined;
  /** When each side sent its last packet. */
  readonly last: Readonly<Record<Side, Nanoseconds | undefined>>;
  /** Bytes of that side were acknowledged or passed over without having been captured. */
  readonly unseen: Readonly<Record<Side, boolean>>;
  /** What a step's payload is for. */
  readonly payload: (step: Step) => Payload;
}

/** Numbers further apart than this belong to another connection or to a hole in the capture. */
const FAR = 1 << 24;

/** Reads a trail in order; a trail is read once. */
export const readTrail: (trail: Trail) => Reading = remember(read);

function read(trail: Trail): Reading {
  const next: Record<Side, number | undefined> = { client: undefined, server: undefined };
  const acked: Record<Side, number | undefined> = { client: undefined, server: undefined };
  const unseen: Record<Side, boolean> = { client: trail.omitted > 0, server: trail.omitted > 0 };
  const last: Record<Side, Nanoseconds | undefined> = { client: undefined, server: undefined };
  const steps: Step[] = [];
  let before: Segment | undefined;
  for (const segment of withoutCopies(trail.segments)) {
    if (segment.notes.includes("mirrorDuplicate")) continue;
    const { from: side, flags, seq, length } = segment;
    const bits = ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    const end = seqAdd(seq, length + bits);
    const rst = (flags & RST) !== 0;
    const known = next[side];
    const strange = known !== undefined && trail.omitted === 0 && Math.abs(seqDiff(seq, known)) > FAR;
    const probe =
      known !== undefined && bits === 0 && !rst && length <= 1 && seq === seqAdd(known, -1) && (flags & ACK) !== 0;
    const carries = !rst && length + bits > 0 && !probe && !strange;
    const beyond = known === undefined || seqAfter(end, known);
    // Where the middle of a long flow was left out, numbers jump and a pause says nothing.
    const jumps = trail.omitted > 0 && known !== undefined && seqAfter(seq, known);
    steps.push({
      segment,
      side,
      time: segment.time,
      index: steps.length,
      end,
      fresh: carries && length > 0 && beyond,
      repeat: carries && !beyond,
      probe,
      silence: before === undefined || jumps ? 0 : Math.max(0, segment.time - before.time),
      syn: (flags & SYN) !== 0,
      fin: (flags & FIN) !== 0,
      rst,
    });
    if (known !== undefined && !strange && seqAfter(seq, known)) unseen[side] = true;
    if (carries && beyond) next[side] = end;
    if ((flags & ACK) !== 0) {
      const old = acked[side];
      const foreign = old !== undefined && trail.omitted === 0 && Math.abs(seqDiff(segment.ack, old)) > FAR;
      const theirs = next[other(side)];
      if (!foreign && theirs !== undefined && isBeyond(segment.ack, theirs)) unseen[other(side)] = true;
      if (!foreign && (old === undefined || seqAfter(segment.ack, old))) acked[side] = segment.ack;
    }
    last[side] = segment.time;
    before = segment;
  }
  const payload = payloadReader(trail.segments);
  const said = payloadSaid(trail.session);
  const established = trail.flow.syn.length === 0 || (trail.flow.synAck.length > 0 && steps.some(afterHandshake));
  return {
    trail,
    steps,
    established,
    acked,
    last,
    unseen,
    roundTrip: roundTripOf(trail, steps),
    payload: (step) => withSaid(payload(step.segment), said(step.segment.packet)),
  };
}

/** What was read goes before what the size of a record suggests. */
const withSaid = (guess: Payload, said: Payload | undefined): Payload =>
  guess.inferred && said !== undefined ? said : guess;

/** Later, but not by so much that it is another connection's number. */
const isBeyond = (number: number, than: number): boolean => seqAfter(number, than) && seqDiff(number, than) < FAR;

const afterHandshake = (step: Step): boolean => step.side === "client" && !step.syn && !step.rst;

/** SYN to the ACK that ends the handshake spans the path wherever it is seen; else the quickest answers of both sides. */
function roundTripOf(trail: Trail, steps: readonly Step[]): Nanoseconds | undefined {
  if (trail.flow.firstRtt > 0) return trail.flow.firstRtt;
  const syn = steps.find((s) => s.syn && s.side === "client");
  const ack = steps.find((s) => s.side === "client" && !s.syn && !s.rst);
  if (syn !== undefined && ack !== undefined && steps.filter((s) => s.syn && s.side === "client").length === 1) {
    return ack.time - syn.time;
  }
  const [client, server] = [quickest(steps, "client"), quickest(steps, "server")];
  return client === undefined || server === undefined ? undefined : client + server;
}

/** The least time in which a side acknowledged what the other had sent. */
function quickest(steps: readonly Step[], side: Side): Nanoseconds | undefined {
  let best: Nanoseconds | undefined;
  let asked: Step | undefined;
  for (const step of steps) {
    if (step.side !== side) {
      if (step.fresh || step.syn) asked = step;
      else if (step.repeat) asked = undefined;
    } else if (asked !== undefined && !step.rst && covers(step, asked.end)) {
      best = Math.min(best ?? Number.POSITIVE_INFINITY, step.time - asked.time);
      asked = undefined;
    }
  }
  return best;
}

/** Whether a step acknowledges everything before `number`. */
export const covers = (step: Step, number: number): boolean =>
  (step.segment.flags & ACK) !== 0 && seqAtOrAfter(step.segment.ack, number);

/** The least time in which a side of the connection answered the other, as seen here. */
export const quickestAnswer = (reading: Reading, side: Side): Nanoseconds | undefined => quickest(reading.steps, side);

/** Whether the other side ever acknowledged any byte of this step. */
export function touched(reading: Reading, step: Step): boolean {
  const highest = reading.acked[other(step.side)];
  return highest !== undefined && seqAfter(highest, step.segment.seq);
}

export const other = (side: Side): Side => (side === "client" ? "server" : "client");

/** The last step before `index` that `wanted` accepts. */
export function lastBefore(reading: Reading, index: number, wanted: (step: Step) => boolean): Step | undefined {
  for (let i = Math.min(index, reading.steps.length) - 1; i >= 0; i--) {
    const step = reading.steps[i];
    if (step !== undefined && wanted(step)) return step;
  }
  return undefined;
}

/** The longest silence that ended before `index` and was followed by an answer of the side that had not broken it. */
export function longestSurvivedSilence(reading: Reading, index: number): Nanoseconds {
  const { silence } = reading.trail.flow;
  let longest = silence.packet < (reading.steps[index]?.segment.packet ?? 0) ? silence.length : 0;
  let pending: Step | undefined;
  for (const step of reading.steps.slice(0, index)) {
    if (step.silence > longest && step.silence > (pending?.silence ?? 0)) pending = step;
    if (pending !== undefined && step.side !== pending.side && !step.rst) {
      longest = pending.silence;
      pending = undefined;
    }
  }
  return longest;
}

/** What comes later than this after a packet answers something else: two round trips, at least 0.2 s. */
export const patience = (reading: Reading): Nanoseconds => Math.max(2 * (reading.roundTrip ?? 0), SECOND / 5);

export const endpointOf = (trail: Trail, side: Side): Endpoint =>
  side === "client" ? clientOf(trail.flow) : serverOf(trail.flow);

/** `client 10.1.2.3:42852` or `server [2001:db8::1]:443`. */
export const named = (trail: Trail, side: Side): string => `${side} ${printEndpoint(endpointOf(trail, side))}`;
