import type { Clock } from "../clock.ts";

/**
 * Time as this process lived it. While its event loop is blocked, or the process is stopped, an answer may lie in the socket unread
 * and a PING may lie here unsent: such a gap counts for `longestMs` only, however long it was. Never ahead of the clock.
 */
export class AwakeTime {
  readonly #clock: Clock;
  readonly #longestMs: number;
  #awakeMs: number;
  #lookedMs: number;

  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#lookedMs = clock.now();
    this.#awakeMs = this.#lookedMs;
  }

  /** To be called more often than every `longestMs`. */
  now(): number {
    const nowMs = this.#clock.now();
    this.#awakeMs += Math.min(nowMs - this.#lookedMs, this.#longestMs);
    this.#lookedMs = nowMs;
    return this.#awakeMs;
  }
}

/** Calls back once this process was awake for so long and has read what lay in its sockets; gives the means to call it off. */
export function afterAwake(clock: Clock, ms: number, then: () => void): () => void {
  const sliceMs = Math.max(1, ms / 8);
  const awake = new AwakeTime(clock, 2 * sliceMs);
  const endMs = awake.now() + ms;
  let over = false;
  let callOff: () => void = () => {};
  const look = (): void => {
    if (over) return;
    const leftMs = endMs - awake.now();
    if (leftMs <= 0) then();
    else callOff = clock.after(Math.min(leftMs, sliceMs), () => afterReading(look));
  };
  look();
  return () => {
    over = true;
    callOff();
  };
}

/** From a timer: calls back when the event loop has polled its sockets once (libuv polls between timers and `setImmediate`). */
export function afterReading(then: () => void): void {
  setImmediate(then);
}
