import type { Clock } from "../clock.ts";

/** Resolves after so long, or as soon as one of the signals aborts. It keeps the process alive, as the request that waits does. */
export function pause(ms: number, clock: Clock, signals: readonly AbortSignal[]): Promise<void> {
  if (ms === 0 || signals.some(({ aborted }) => aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      callOff();
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const callOff = clock.after(ms, done, true);
    for (const signal of signals) signal.addEventListener("abort", done, { once: true });
  });
}
