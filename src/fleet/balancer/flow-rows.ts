import { Rows } from "../engine/rows.ts";

/**
 * What a box remembers of connections: rows of words and times, given out and taken back. A row is one cache line, which a packet waits for once: three times,
 * then seven words.
 */
export class FlowRows extends Rows {
  #free = -1;
  /** Rows that were ever used; `W_USE` says which of them are now. */
  used = 0;

  constructor() {
    super(WORDS);
  }

  take(): number {
    let row = this.#free;
    if (row >= 0) this.#free = this.words[row * WORDS + NEXT_FREE] as number;
    else {
      row = this.used++;
      this.reserve(row);
    }
    this.words.fill(0, row * WORDS, (row + 1) * WORDS);
    this.words[row * WORDS + W_USE] = LIVE;
    return row;
  }

  release(row: number): void {
    this.words[row * WORDS + W_USE] = 0;
    this.words[row * WORDS + NEXT_FREE] = this.#free;
    this.#free = row;
  }
}

export const FLOW_WORDS = 16;
/** The side that opened it. All four are endpoints (engine/endpoint.ts). */
export const W_CLIENT = 6;
/** What it was opened to: the listener of a balancer node, or what lies behind a translating box. */
export const W_NODE = 7;
/** Where a balancer forwards it to. */
export const W_TARGET = 8;
/** What the target takes for the client. */
export const W_OUTSIDE = 9;
/** The `C_` bits. */
export const W_CLOSING = 10;
export const W_ISN = 11;
/** 0: nobody uses the row; `LIVE`, or `BOUND`: live, and the target's answers are taken for this one's. */
export const W_USE = 12;

export const LIVE = 1;
export const BOUND = 2;

export const C_FIN_CLIENT = 1;
export const C_FIN_TARGET = 2;
export const C_RESET = 4;

export const FLOW_TIMES = 8;
/** The latest packet of either side. */
export const W_LAST = 0;
/** Packets keep their order: when the latest one arrives at the target, and at the client. */
export const W_ORDER_TARGET = 1;
export const W_ORDER_CLIENT = 2;

const WORDS = FLOW_WORDS;
/** In a row that nobody uses. */
const NEXT_FREE = W_CLIENT;
