/** What a box remembers of connections: rows of words and times, given out and taken back. */
export class FlowRows {
  words: Int32Array = new Int32Array(FLOW_WORDS * 64);
  times: Float64Array = new Float64Array(FLOW_TIMES * 64);
  #free = -1;
  /** Rows that were ever used; those with `W_LIVE` count. */
  used = 0;

  take(): number {
    let row = this.#free;
    if (row >= 0) this.#free = this.words[row * FLOW_WORDS] as number;
    else {
      if ((this.used + 1) * FLOW_WORDS > this.words.length) this.#grow();
      row = this.used++;
    }
    this.words.fill(0, row * FLOW_WORDS, (row + 1) * FLOW_WORDS);
    this.words[row * FLOW_WORDS + W_LIVE] = 1;
    this.times.fill(0, row * FLOW_TIMES, (row + 1) * FLOW_TIMES);
    return row;
  }

  release(row: number): void {
    this.words[row * FLOW_WORDS + W_LIVE] = 0;
    this.words[row * FLOW_WORDS] = this.#free;
    this.#free = row;
  }

  #grow(): void {
    const words = new Int32Array(2 * this.words.length);
    words.set(this.words);
    this.words = words;
    const times = new Float64Array(2 * this.times.length);
    times.set(this.times);
    this.times = times;
  }
}

export const FLOW_WORDS = 12;
/** The side that opened it: address and port. */
export const W_CLIENT = 0;
export const W_CLIENT_PORT = 1;
/** The address it was opened to: a balancer node, or what lies behind a translating box. */
export const W_NODE = 2;
/** Where it is forwarded to. */
export const W_TARGET = 3;
/** What the target takes for the client. */
export const W_OUTSIDE = 4;
export const W_OUTSIDE_PORT = 5;
/** The `C_` bits. */
export const W_CLOSING = 6;
export const W_ISN = 7;
export const W_LIVE = 8;
/** Port it was opened to. */
export const W_PORT = 9;
/** 1: the target's answers are taken for this one's. */
export const W_BOUND = 10;

export const C_FIN_CLIENT = 1;
export const C_FIN_TARGET = 2;
export const C_RESET = 4;

export const FLOW_TIMES = 3;
/** The latest packet of either side. */
export const W_LAST = 0;
/** Packets keep their order: when the latest one arrives at the target, and at the client. */
export const W_ORDER_TARGET = 1;
export const W_ORDER_CLIENT = 2;
