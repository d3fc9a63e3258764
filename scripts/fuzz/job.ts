/** What the fuzzer's two processes say to each other. */

/** To the worker: run input number `index`. */
export interface Job {
  readonly index: number;
}

/** From the worker, once it is ready and after each input. */
export interface Outcome {
  /** -1 when the worker has just started. */
  readonly index: number;
  readonly container: string;
  /** `explained`, `refused` (a Fault: a mistake that a user can mend), or what went wrong. */
  readonly kind: "explained" | "refused" | "threw" | "differs" | "memory";
  /** Stack or message where something went wrong. */
  readonly detail?: string;
  readonly milliseconds: number;
  /** The worker's most resident memory so far, in MB. */
  readonly peakMB: number;
}

/** How a worker is started: as its one argument, in JSON. */
export interface WorkerSettings {
  readonly seed: number;
  readonly folder: string;
  readonly corpora: readonly string[];
  readonly memoryMB: number;
}
