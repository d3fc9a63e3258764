/** Shows on standard error how many of a number of runs are done. */
export interface RunProgress {
  readonly onProgress: (done: number) => void;
  /** What is being done now. */
  readonly say: (what: string) => void;
  /** Removes the bar. */
  stop(): void;
}

/** A bar if standard error is a terminal, otherwise nothing. `total` 0: nobody knows how many it will be. */
export async function runProgress(what: string, total: number): Promise<RunProgress> {
  if (!process.stderr.isTTY) return { onProgress: () => {}, say: () => {}, stop: () => {} };
  const { SingleBar } = (await import("cli-progress")).default;
  const bar = new SingleBar({
    format:
      total === 0
        ? "{what}  {count} runs"
        : "{what}  {bar} {percentage}%  {count} of {total} runs  {eta_formatted} left",
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
    barsize: 30,
    stream: process.stderr,
  });
  bar.start(total === 0 ? 1 : total, 0, { what, count: 0 });
  return {
    onProgress: (done) => bar.update(total === 0 ? 0 : done, { count: Math.floor(done) }),
    say: (now) => bar.update({ what: now }),
    stop: () => bar.stop(),
  };
}
