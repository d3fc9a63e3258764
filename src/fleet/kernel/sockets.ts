import { seqDiff } from "../../net/sequence.ts";
import { Rows } from "../engine/rows.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import * as layout from "./layout.ts";
import type { Messages } from "./messages.ts";
import * as messageLayout from "./messages.ts";

const {
  CLOSED,
  F_UNHASHED,
  S_DELIVER,
  S_FLAGS,
  S_FREE,
  S_GENERATION,
  S_HEAD,
  S_LOCAL,
  S_PEER,
  S_REFS,
  S_REMOTE,
  S_STAMP,
  S_STATE,
  S_TAIL,
  S_TIMER_ENTRY,
  S_USER,
  SOCKET_TIMES,
  SOCKET_WORDS,
  T_ACK,
  T_KEEP,
  T_KEEP_TIMER,
  T_RETRANSMIT,
  T_TIMER,
} = layout;
const { M_END, M_NEXT, MESSAGE_WORDS } = messageLayout;

/**
 * The connections of all hosts, one row each, found by four-tuple. A row outlives its connection while packets with its stream are
 * on their way, so that whoever gets them can still read what they say.
 */
export class Sockets extends Rows {
  /** Rows in use. */
  count = 0;
  readonly messages: Messages;
  /** Received out of order: [from, to, has FIN] by socket, lowest first. Rare, so it may cost objects. */
  readonly holes: Map<number, (readonly [from: number, to: number, fin: boolean])[]> = new Map();
  readonly #byTuple: TupleTable = new TupleTable();
  #free = -1;
  #used = 0;

  constructor(messages: Messages) {
    super(SOCKET_WORDS);
    this.messages = messages;
  }

  /** The socket of this endpoint for what comes from that one; -1: none. */
  find(local: number, remote: number): number {
    return this.#byTuple.get(remote, local);
  }

  /** The same for a packet of this sender: its last one's is looked at first. */
  findFor(sender: number, local: number, remote: number): number {
    if (sender < 0) return this.find(local, remote);
    const { words } = this;
    const hint = words[sender * SOCKET_WORDS + S_PEER] as number;
    const at = hint * SOCKET_WORDS;
    if (words[at + S_REMOTE] === remote && words[at + S_LOCAL] === local && words[at + S_STATE] !== CLOSED) return hint;
    const sk = this.find(local, remote);
    if (sk >= 0) words[sender * SOCKET_WORDS + S_PEER] = sk;
    return sk;
  }

  open(local: number, remote: number): number {
    let sk = this.#free;
    if (sk >= 0) this.#free = this.words[sk * SOCKET_WORDS + S_FREE] as number;
    else {
      sk = this.#used++;
      this.reserve(sk);
    }
    this.count++;
    const at = sk * SOCKET_WORDS;
    const generation = this.words[at + S_GENERATION] as number;
    const stamp = this.words[at + S_STAMP] as number;
    this.words.fill(0, at, at + SOCKET_WORDS);
    this.words[at + S_GENERATION] = generation;
    this.words[at + S_STAMP] = stamp;
    this.words[at + S_LOCAL] = local;
    this.words[at + S_REMOTE] = remote;
    this.words[at + S_HEAD] = -1;
    this.words[at + S_TAIL] = -1;
    this.words[at + S_DELIVER] = -1;
    this.words[at + S_USER] = -1;
    const t = sk * SOCKET_TIMES;
    for (const time of [T_RETRANSMIT, T_ACK, T_TIMER, T_KEEP]) this.times[t + time] = Number.POSITIVE_INFINITY;
    this.times[t + T_KEEP_TIMER] = Number.POSITIVE_INFINITY;
    this.#byTuple.set(remote, local, sk);
    return sk;
  }

  /** The host forgets it; the row stays while packets point to it. */
  forget(sk: number): void {
    const at = sk * SOCKET_WORDS;
    if ((this.words[at + S_STATE] as number) === CLOSED && this.#isUnhashed(at)) return;
    this.words[at + S_STATE] = CLOSED;
    this.words[at + S_FLAGS] = (this.words[at + S_FLAGS] as number) | F_UNHASHED;
    this.words[at + S_STAMP] = ((this.words[at + S_STAMP] as number) + 1) | 0;
    this.words[at + S_TIMER_ENTRY] = 0;
    this.times[sk * SOCKET_TIMES + T_TIMER] = Number.POSITIVE_INFINITY;
    this.#byTuple.delete(this.words[at + S_REMOTE] as number, this.words[at + S_LOCAL] as number);
    this.holes.delete(sk);
    if (this.words[at + S_REFS] === 0) this.#recycle(sk);
  }

  /** A packet that carried its stream is gone. */
  unref(sk: number): void {
    const at = sk * SOCKET_WORDS;
    const refs = (this.words[at + S_REFS] as number) - 1;
    this.words[at + S_REFS] = refs;
    if (refs === 0 && this.#isUnhashed(at)) this.#recycle(sk);
  }

  /** Messages whose last byte comes before or at this number are not needed any more. */
  releaseUpTo(sk: number, acknowledged: number): void {
    const at = sk * SOCKET_WORDS;
    let head = this.words[at + S_HEAD] as number;
    if (head < 0) return;
    const rows = this.messages.rows;
    const deliver = this.words[at + S_DELIVER] as number;
    while (head >= 0 && head !== deliver) {
      const m = head * MESSAGE_WORDS;
      if (seqDiff(rows[m + M_END] as number, acknowledged) > 0) break;
      const next = rows[m + M_NEXT] as number;
      this.messages.release(head);
      head = next;
    }
    this.words[at + S_HEAD] = head;
    if (head < 0) this.words[at + S_TAIL] = -1;
  }

  #isUnhashed(at: number): boolean {
    return ((this.words[at + S_FLAGS] as number) & F_UNHASHED) !== 0;
  }

  #recycle(sk: number): void {
    const at = sk * SOCKET_WORDS;
    for (let m = this.words[at + S_HEAD] as number; m >= 0; ) {
      const next = this.messages.rows[m * MESSAGE_WORDS + M_NEXT] as number;
      this.messages.release(m);
      m = next;
    }
    this.words[at + S_HEAD] = -1;
    this.words[at + S_FLAGS] = 0;
    this.words[at + S_GENERATION] = ((this.words[at + S_GENERATION] as number) + 1) | 0;
    this.words[at + S_FREE] = this.#free;
    this.#free = sk;
    this.count--;
  }
}
