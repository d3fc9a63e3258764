/**
 * Puts the payload of one direction of a TCP flow in order (RFC 9293 §3.10.7.4). Where segments
 * overlap, the bytes that came first win. Bytes that the capture lacks become a gap: once the other
 * end acknowledged them and some packets went by, once too much waits behind them, or at the end.
 *
 * Memory is bounded by what may wait, for one direction and (`HeldBytes`) for all together.
 *
 * Not done: two connections on one four-tuple at once are one stream of numbers here, so the
 * numbers of the second are passed over as long as they lie far from the first's.
 */
import { seqAdd, seqAfter, seqAtOrAfter, seqDiff } from "../../net/sequence.ts";
import { FIN, RST, SYN } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import type { Chunk, Gap } from "./chunk.ts";

/** A segment as the assembler needs it; `bytes` may be shorter than `length` in a snapped packet. */
export interface PayloadSegment {
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly flags: number;
  /** Unsigned. */
  readonly seq: number;
  /** Payload length as the headers say. */
  readonly length: number;
  /** Payload as captured; the assembler keeps it. */
  readonly bytes: Uint8Array;
}

export interface AssemblerSink {
  readonly data: (chunk: Chunk) => void;
  readonly gap: (gap: Gap) => void;
  readonly end: () => void;
}

/** Bytes that wait behind gaps, of all flows together. */
export interface HeldBytes {
  left: number;
}

const MOST_HELD: number = 1024 * 1024;
const MOST_SEGMENTS = 2048;
/** Segments of the flow that may go by after a missing one was acknowledged: reordering is shorter. */
const PATIENCE = 32;
/** Numbers this far ahead belong to another connection: no window is larger (RFC 7323 §2.3). */
const FARTHEST: number = 1 << 30;
/** Further ahead than this only with an acknowledgment: common windows are smaller. */
const FAR: number = 16 * 1024 * 1024;
/** What a held segment costs besides its bytes. */
const OVERHEAD = 128;

export class StreamAssembler {
  /** Whether the stream is known from its first byte. */
  fromStart = false;
  readonly #sink: AssemblerSink;
  readonly #budget: HeldBytes;
  #next: number | undefined;
  #acked: number | undefined;
  #fin: number | undefined;
  #ended = false;
  /** Waiting behind a gap, in order of sequence number. */
  readonly #held: PayloadSegment[] = [];
  #heldBytes = 0;
  #waited = 0;

  constructor(sink: AssemblerSink, budget: HeldBytes) {
    this.#sink = sink;
    this.#budget = budget;
  }

  /** The next captured segment of this direction. */
  segment(segment: PayloadSegment): void {
    if ((segment.flags & SYN) !== 0) {
      this.#next ??= seqAdd(segment.seq, 1);
      this.fromStart = true;
    }
    if ((segment.flags & RST) !== 0) return;
    const seq = (segment.flags & SYN) !== 0 ? seqAdd(segment.seq, 1) : segment.seq;
    if ((segment.flags & FIN) !== 0) this.#fin ??= seqAdd(seq, segment.length);
    if (segment.length > 0) this.#payload({ ...segment, seq });
    this.#finIfReached();
  }

  /** The other end acknowledged everything before `ack`; told of every segment of the other direction. */
  acknowledged(ack: number): void {
    if (this.#acked === undefined || seqAfter(ack, this.#acked)) this.#acked = ack;
    this.#settle();
  }

  /** Nothing more was captured: what waits comes out, with its gaps. */
  finish(): void {
    while (this.#held.length > 0) this.#giveUp();
    this.#finish();
  }

  #payload(segment: PayloadSegment): void {
    // A single byte may be a keepalive probe, whose number is one too low: no place to start.
    if (this.#next === undefined && segment.length === 1) return;
    this.#next ??= segment.seq;
    const ahead = seqDiff(segment.seq, this.#next);
    if (ahead > FARTHEST) return;
    if (ahead > 0) {
      this.#hold(segment);
      return;
    }
    this.#deliver(segment);
    this.#drain();
    this.#settle();
  }

  /** Gives out what is new in a segment that starts at or before the next byte. */
  #deliver({ seq, length, bytes, packet, time }: PayloadSegment): void {
    const next = this.#next ?? seq;
    const known = -seqDiff(seq, next);
    if (known >= length) return;
    const fresh = bytes.subarray(Math.min(known, bytes.length), length);
    if (fresh.length > 0) this.#sink.data({ bytes: fresh, packet, time });
    const snapped = length - known - fresh.length;
    if (snapped > 0) this.#sink.gap({ length: snapped, packet, time });
    this.#next = seqAdd(next, length - known);
  }

  #hold(segment: PayloadSegment): void {
    let at = this.#held.length;
    while (at > 0 && seqAfter(this.#held[at - 1]?.seq ?? 0, segment.seq)) at--;
    this.#held.splice(at, 0, segment);
    this.#account(segment.bytes.length + OVERHEAD);
    while (this.#held.length > MOST_SEGMENTS || this.#heldBytes > MOST_HELD || this.#budget.left < 0) {
      if (this.#held.length === 0) return;
      this.#giveUp();
    }
    this.#settle();
  }

  #drain(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (seqAfter(first.seq, this.#next ?? first.seq)) return;
      this.#held.shift();
      this.#account(-first.bytes.length - OVERHEAD);
      this.#deliver(first);
    }
    this.#waited = 0;
  }

  /** Gives a gap up once the other end has what is missing here and time has passed. */
  #settle(): void {
    const first = this.#held[0];
    if (first === undefined || this.#acked === undefined || !seqAtOrAfter(this.#acked, first.seq)) return;
    this.#waited++;
    if (this.#waited > PATIENCE) this.#giveUp();
  }

  /** Takes the first gap as lost and goes on behind it. */
  #giveUp(): void {
    const first = this.#held[0];
    if (first === undefined || this.#next === undefined) return;
    const length = seqDiff(first.seq, this.#next);
    this.#waited = 0;
    if (length > FAR && !(this.#acked !== undefined && seqAtOrAfter(this.#acked, first.seq))) {
      this.#held.shift();
      this.#account(-first.bytes.length - OVERHEAD);
      return;
    }
    this.#next = first.seq;
    this.#sink.gap({ length, packet: first.packet, time: first.time });
    this.#drain();
    this.#finIfReached();
  }

  #finIfReached(): void {
    if (this.#fin !== undefined && this.#next !== undefined && seqAtOrAfter(this.#next, this.#fin)) this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.end();
  }

  #account(bytes: number): void {
    this.#heldBytes += bytes;
    this.#budget.left -= bytes;
  }
}
