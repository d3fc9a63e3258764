/** Ended by Ctrl-C, as shells say it: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;

/** A signal that comes with the first Ctrl-C; the second ends the process as it always does. */
export function untilInterrupted(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once("SIGINT", stop);
  return { signal: controller.signal, done: () => process.off("SIGINT", stop) };
}
