import type { EventQueue } from "../engine/event-queue.ts";
import * as layout from "./layout.ts";
import type { Sockets } from "./sockets.ts";

const { S_STAMP, S_TIMER_ENTRY, SOCKET_TIMES, SOCKET_WORDS, T_TIMER } = layout;

/**
 * The timers of sockets: delayed ACK and retransmission, most of which are taken back before they fire (an answer carries the ACK, an ACK ends the
 * retransmission). Half a second is divided into slots of 4.2 ms, each a list of sockets. When a slot begins, the timers that its entries
 * still stand for go into the queue: what was taken back or moved meanwhile never becomes an event. What is further away goes there at once.
 *
 * A socket has one timer at a time, `T_TIMER`, and `S_TIMER_ENTRY` says where in its slot's list it stands (from 1; 0: in the queue, or none).
 */
export class SocketTimers {
  /** Of everything read ahead: a read whose value nobody uses is left out by the compiler. */
  sum = 0;
  readonly #queue: EventQueue;
  readonly #kind: number;
  readonly #sockets: Sockets;
  readonly #slots: Int32Array[] = Array.from({ length: SLOTS }, () => new Int32Array(16));
  readonly #counts: Int32Array = new Int32Array(SLOTS);

  /** `kind` is what its events have in the queue: index is a socket, or below 0 for a slot that begins. */
  constructor(queue: EventQueue, kind: number, sockets: Sockets) {
    this.#queue = queue;
    this.#kind = kind;
    this.#sockets = sockets;
  }

  /** Sees to it that the socket's timer fires by `at`: one that is earlier stays as it is. */
  arm(now: number, sk: number, at: number): void {
    const t = sk * SOCKET_TIMES + T_TIMER;
    const { times, words } = this.#sockets;
    if ((times[t] as number) <= at) return;
    const w = sk * SOCKET_WORDS;
    times[t] = at;
    const stamp = ((words[w + S_STAMP] as number) + 1) | 0;
    words[w + S_STAMP] = stamp;
    const slot = Math.floor(at * PER_SLOT);
    const ahead = slot - Math.floor(now * PER_SLOT);
    if (ahead > 0 && ahead < SLOTS) this.#enter(w, sk, slot);
    else {
      words[w + S_TIMER_ENTRY] = 0;
      this.#queue.push(at, this.#kind, sk, stamp);
    }
  }

  /** Nothing is due before `next` any more (infinite: nothing at all). An event that is in the queue already comes all the same. */
  putOff(now: number, sk: number, next: number): void {
    const t = sk * SOCKET_TIMES + T_TIMER;
    const w = sk * SOCKET_WORDS;
    const { times, words } = this.#sockets;
    if (words[w + S_TIMER_ENTRY] === 0 || (times[t] as number) >= next) return;
    words[w + S_TIMER_ENTRY] = 0;
    times[t] = Number.POSITIVE_INFINITY;
    if (next < Number.POSITIVE_INFINITY) this.arm(now, sk, next);
  }

  /** A slot begins: what is left of it goes into the queue. `index` as the event has it. */
  begin(index: number): void {
    const slot = -1 - index;
    const list = this.#slots[slot] as Int32Array;
    const count = this.#counts[slot] as number;
    this.#counts[slot] = 0;
    const { times, words } = this.#sockets;
    // Their rows are read all at once first (look-ahead.ts says what for).
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const sk = list[i] as number;
      sum += (words[sk * SOCKET_WORDS + S_TIMER_ENTRY] as number) + (times[sk * SOCKET_TIMES + T_TIMER] as number);
    }
    this.sum = sum;
    for (let i = 0; i < count; i++) {
      const sk = list[i] as number;
      const w = sk * SOCKET_WORDS;
      const at = times[sk * SOCKET_TIMES + T_TIMER] as number;
      // The timer was taken back or moved, or the row was given up and may be another connection's by now.
      if (words[w + S_TIMER_ENTRY] !== i + 1 || slotOf(at) !== slot) continue;
      words[w + S_TIMER_ENTRY] = 0;
      this.#queue.push(at, this.#kind, sk, words[w + S_STAMP] as number);
    }
  }

  #enter(w: number, sk: number, sinceStart: number): void {
    const slot = sinceStart & (SLOTS - 1);
    let list = this.#slots[slot] as Int32Array;
    const count = this.#counts[slot] as number;
    if (count === 0) this.#queue.push(sinceStart / PER_SLOT, this.#kind, -1 - slot);
    if (count === list.length) {
      list = new Int32Array(2 * count);
      list.set(this.#slots[slot] as Int32Array);
      this.#slots[slot] = list;
    }
    list[count] = sk;
    this.#counts[slot] = count + 1;
    this.#sockets.words[w + S_TIMER_ENTRY] = count + 1;
  }
}

const SLOTS = 128;
/** Slots a nanosecond: a power of two, so that dividing is exact. */
const PER_SLOT: number = 2 ** -22;

/** -1: it has none. Whole numbers by bits: the remainder of a double is a call into C. */
const slotOf = (at: number): number => (at < Number.POSITIVE_INFINITY ? (at * PER_SLOT) & (SLOTS - 1) : -1);
