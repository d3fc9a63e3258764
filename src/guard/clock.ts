/** Time, passed in so that tests can make their own. Milliseconds from any fixed instant. */
export interface Clock {
  readonly now: () => number;
  /** Calls back once after so many milliseconds; gives the means to call it off. Keeps the process alive only if `holds`. */
  readonly after: (ms: number, then: () => void, holds?: boolean) => () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, then, holds = false) => {
    // Rounded up, so that the instant waited for is never still to come.
    const timer = setTimeout(then, Math.min(Math.max(0, Math.ceil(ms)), 2 ** 31 - 1));
    if (!holds) timer.unref();
    return () => clearTimeout(timer);
  },
};
