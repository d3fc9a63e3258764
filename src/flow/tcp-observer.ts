/**
 * The observer: what one vantage point can tell of a TCP connection from its segments, in plain
 * objects. It watches from outside and may be unsure; it is not an endpoint.
 *
 * The rules are Wireshark's TCP analysis (User's Guide §7.5) and the RFCs named at each. The survey
 * (survey.ts) applies the same rules over typed arrays for every flow of a capture; this class says
 * them readably, annotates the few flows that are looked at closely, and is the oracle of the
 * survey's property test.
 *
 * Not modelled: SACK blocks, the receiver's buffer, PAWS, MPTCP.
 */
import { seqAdd, seqAfter, seqDiff } from "../net/sequence.ts";
import { ACK, FIN, RST, SYN } from "../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds } from "../net/time.ts";
import type { EventName } from "./events.ts";

/** A segment as the observer needs it. Numbers are unsigned 32-bit. */
export interface ObservedSegment {
  readonly time: Nanoseconds;
  /** Sent by the end that sent the flow's first packet. */
  readonly fromA: boolean;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
  readonly ttl: number;
  /** IPv4 identification, or -1. */
  readonly ipId: number;
  /** Window scale option of a SYN (RFC 7323 §2.2), when present. */
  readonly windowScale: number | undefined;
}

/** What is known of one direction. */
interface Direction {
  base: number | undefined;
  /** A SYN was seen. */
  synSeen: boolean;
  /** The number after the highest one sent. */
  next: number | undefined;
  nextTime: Nanoseconds;
  /** The end of what was sent without a hole. */
  contiguous: number | undefined;
  lastAck: number;
  acked: boolean;
  window: number;
  scale: number | undefined;
  scaleInForce: number | undefined;
  duplicates: number;
  lastTime: Nanoseconds | undefined;
  last: "keepalive" | "probe" | "syn" | "other";
  ttl: number | undefined;
  ipId: number;
  fin: boolean;
  rst: boolean;
  data: boolean;
}

/** A retransmission this soon after the duplicate ACKs is a fast one (Wireshark). */
const FAST_WINDOW = 20 * MILLISECOND;
/** Reordered rather than repeated when it comes this soon and no round trip is known (Wireshark). */
const REORDER_WINDOW = 3 * MILLISECOND;
/** Further than this from anything sent, an acknowledgment is another connection's (4 MiB: beyond any common window). */
const FOREIGN_DISTANCE = 1 << 22;
const MIRROR_WINDOW = MILLISECOND;

/** Watches one flow. Feed it the flow's segments in capture order. */
export class TcpObserver {
  readonly #a: Direction = newDirection();
  readonly #b: Direction = newDirection();
  #segments = 0;
  #synTime: Nanoseconds | undefined;
  #synAckSeen = false;
  #established = false;
  #firstRtt: Nanoseconds = 0;

  /** Whether this SYN starts a new flow on the same four-tuple: its initial number is new. */
  startsNewFlow(segment: ObservedSegment): boolean {
    if ((segment.flags & (SYN | ACK)) !== SYN || this.#segments === 0) return false;
    const mine = segment.fromA ? this.#a : this.#b;
    return mine.base !== undefined && segment.seq !== mine.base;
  }

  /** Takes a segment in and names what is notable about it, in a fixed order. */
  observe(segment: ObservedSegment): EventName[] {
    const mine = segment.fromA ? this.#a : this.#b;
    const theirs = segment.fromA ? this.#b : this.#a;
    const events: EventName[] = [];
    this.#handshake(segment, mine, theirs, events);
    mine.base ??= (segment.flags & SYN) !== 0 ? segment.seq : seqAdd(segment.seq, -1);
    const before = mine.next;
    const last = this.#analyse(segment, mine, theirs, events);
    if (segment.ack !== mine.lastAck) mine.duplicates = 0;
    this.#acknowledgment(segment, mine, theirs, events);
    if (last === "other") this.#repetition(segment, mine, theirs, events);
    this.#advance(segment, mine, last);
    this.#measure(segment, mine, theirs);
    if (mine.ttl !== undefined && mine.ttl !== segment.ttl) events.push("fingerprintChange");
    mine.ttl = segment.ttl;
    mine.ipId = segment.ipId;
    mine.window = segment.window;
    mine.lastAck = segment.ack;
    mine.acked ||= (segment.flags & ACK) !== 0;
    mine.lastTime = segment.time;
    mine.last = (segment.flags & SYN) !== 0 ? "syn" : last;
    mine.data ||= segment.length > 0;
    this.#closing(segment, before, mine, theirs, events);
    this.#segments++;
    return events;
  }

  #handshake(segment: ObservedSegment, mine: Direction, theirs: Direction, events: EventName[]): void {
    if ((segment.flags & SYN) === 0) return;
    if ((segment.flags & ACK) === 0) {
      // Where both ask at once: the one who asked last.
      if (!mine.synSeen) this.#synTime = segment.time;
    } else {
      if (mine.base !== undefined && mine.base !== segment.seq) {
        events.push("portReused");
        mine.base = segment.seq;
        // What ended before was the connection that answered until now: this one opens.
        for (const side of [mine, theirs]) {
          side.fin = false;
          side.rst = false;
        }
      }
      this.#synAckSeen = true;
    }
    mine.synSeen = true;
    mine.scale = segment.windowScale;
    // A SYN captured after its SYN-ACK still tells its scale.
    if (mine.scaleInForce !== undefined) mine.scaleInForce = mine.scale ?? 0;
    if ((segment.flags & ACK) === 0) return;
    // In force only when both SYNs carry it (RFC 7323 §2.2).
    const both = mine.scale !== undefined && theirs.scale !== undefined;
    for (const side of [mine, theirs]) {
      if (!both && side.scale !== undefined) side.scale = 0;
      side.scaleInForce = side.scale ?? 0;
    }
  }

  /** Keepalives, probes, windows and duplicate ACKs; returns what the next packets need to know of this one. */
  #analyse(
    segment: ObservedSegment,
    mine: Direction,
    theirs: Direction,
    events: EventName[],
  ): "keepalive" | "probe" | "other" {
    const { flags, seq, ack, length, window } = segment;
    const control = (flags & (SYN | FIN | RST)) !== 0;
    const advance = mine.next === undefined ? undefined : seqDiff(seq, mine.next);
    if (length === 1 && advance === 0 && theirs.window === 0) {
      events.push("zeroWindowProbe");
      return "probe";
    }
    if (window === 0 && !control) events.push("zeroWindow");
    if (advance !== undefined && advance > 0 && (flags & RST) === 0) events.push("lostSegment");
    if (control) return "other";
    const keepalive = length <= 1 && advance === -1;
    if (keepalive) events.push("keepalive");
    if (length === 0) {
      if (advance === 0 && mine.acked && ack === mine.lastAck) {
        if (window === 0) {
          if (mine.window === 0 && theirs.last === "probe") events.push("zeroWindowProbeAck");
        } else if (window !== mine.window) events.push("windowUpdate");
        else if (theirs.last === "keepalive") events.push("keepaliveAck");
        else {
          mine.duplicates++;
          events.push("duplicateAck");
        }
      }
    } else if (theirs.scaleInForce !== undefined && theirs.acked) {
      const scale = theirs.last === "syn" ? 0 : theirs.scaleInForce;
      const edge = seqAdd(theirs.lastAck, theirs.window * 2 ** scale);
      if (seqAdd(seq, length) === edge) events.push("windowFull");
    }
    return keepalive ? "keepalive" : "other";
  }

  /** Acknowledgments of what was not captured, and of what was never sent on this connection. */
  #acknowledgment(segment: ObservedSegment, mine: Direction, theirs: Direction, events: EventName[]): void {
    const { flags, ack } = segment;
    if ((flags & ACK) === 0 || theirs.contiguous === undefined || theirs.next === undefined) return;
    // The same number again is told again only when something new came, or by a packet that repeats data.
    const repeats = segment.length > 0 && mine.next !== undefined && seqDiff(segment.seq, mine.next) < 0;
    const news = theirs.nextTime > (mine.lastTime ?? 0);
    if ((ack !== mine.lastAck || repeats || news) && seqAfter(ack, theirs.contiguous)) {
      events.push("ackedUnseen");
      theirs.contiguous = theirs.next;
    }
    const ahead = seqDiff(ack, theirs.next);
    const answersSyn = theirs.last === "syn" && !theirs.data && (flags & (SYN | RST)) === 0 && ahead !== 0;
    if (Math.abs(ahead) <= FOREIGN_DISTANCE && !answersSyn) return;
    events.push("foreignAck");
    // RFC 5961 §4: a SYN on a synchronised connection is answered by a bare ACK.
    const bare = (flags & (SYN | RST)) === 0 && segment.length === 0;
    if (bare && !this.#established && !this.#synAckSeen) events.push("challengeAck");
  }

  /** Retransmission, fast retransmission, spurious retransmission or out of order. */
  #repetition(segment: ObservedSegment, mine: Direction, theirs: Direction, events: EventName[]): void {
    const { flags, seq, length, time } = segment;
    if ((length === 0 && (flags & (SYN | FIN)) === 0) || mine.next === undefined) return;
    const advance = seqDiff(seq, mine.next);
    const end = seqAdd(seq, length);
    if (length > 0 && theirs.acked && theirs.lastAck !== 0 && !seqAfter(end, theirs.lastAck)) {
      events.push("spuriousRetransmission");
    } else if (advance < 0 && !(length > 1 && advance === -1)) {
      const sinceTheirs = theirs.lastTime === undefined ? Number.POSITIVE_INFINITY : time - theirs.lastTime;
      const reorder = this.#firstRtt > 0 ? this.#firstRtt : REORDER_WINDOW;
      if (theirs.duplicates >= 2 && theirs.lastAck === seq && sinceTheirs < FAST_WINDOW) {
        events.push("fastRetransmission");
      } else if (time - mine.nextTime < reorder && mine.contiguous !== undefined && seqAfter(end, mine.contiguous)) {
        events.push("outOfOrder");
      } else {
        events.push("retransmission");
      }
    } else return;
    const again = segment.ipId > 0 && segment.ipId === mine.ipId;
    if (again && mine.lastTime !== undefined && time - mine.lastTime < MIRROR_WINDOW) events.push("mirrorDuplicate");
  }

  #advance(segment: ObservedSegment, mine: Direction, last: "keepalive" | "probe" | "other"): void {
    if (last === "probe") return;
    const counts = (segment.flags & (SYN | FIN)) !== 0 ? 1 : 0;
    const end = seqAdd(segment.seq, segment.length + counts);
    // A SYN restores the numbering: a RST before it may have carried a foreign number (RFC 9293 §3.10.7.3).
    const restores = (segment.flags & (SYN | ACK)) === SYN;
    if (mine.next === undefined || restores || seqAfter(end, mine.next)) {
      mine.next = end;
      mine.nextTime = segment.time;
    }
    if (mine.contiguous === undefined || segment.seq === mine.contiguous) mine.contiguous = mine.next;
  }

  /** The first round trip: SYN to the ACK that completes the handshake. */
  #measure(segment: ObservedSegment, mine: Direction, theirs: Direction): void {
    if (this.#established || (segment.flags & (SYN | ACK | RST)) !== ACK) return;
    if (this.#synAckSeen && mine.base !== undefined && segment.seq === seqAdd(mine.base, 1)) {
      this.#firstRtt = segment.time - (this.#synTime ?? 0);
      this.#established = true;
    } else if ((mine.data || segment.length > 0) && theirs.data) {
      this.#established = true;
    }
  }

  #closing(
    segment: ObservedSegment,
    next: number | undefined,
    mine: Direction,
    theirs: Direction,
    events: EventName[],
  ): void {
    const { flags, seq, length } = segment;
    const fresh = length > 0 && (next === undefined || seqDiff(seq, next) >= 0);
    if (fresh && (mine.fin || theirs.rst)) events.push("dataAfterClose");
    if ((flags & FIN) !== 0) mine.fin = true;
    if ((flags & RST) === 0) return;
    // RFC 5961 §3.2: believed only when it is exactly the number its receiver expects.
    const expected = seq === theirs.lastAck || seq === mine.next;
    if (theirs.acked && !expected && (flags & ACK) === 0) events.push("rstUnacceptable");
    mine.rst = true;
  }
}

function newDirection(): Direction {
  return {
    base: undefined,
    synSeen: false,
    next: undefined,
    nextTime: 0,
    contiguous: undefined,
    lastAck: 0,
    acked: false,
    window: -1,
    scale: undefined,
    scaleInForce: undefined,
    duplicates: 0,
    lastTime: undefined,
    last: "other",
    ttl: undefined,
    ipId: -1,
    fin: false,
    rst: false,
    data: false,
  };
}
