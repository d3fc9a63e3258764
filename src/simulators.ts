import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Simulation } from "./fleet/simulation.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import type { Scenario } from "./scenario/scenario.ts";
import type { WorkerReport } from "./simulation-worker.ts";

/** One run. */
export interface SimulationJob {
  /** What the result bears as its variant. */
  readonly name: string;
  readonly scenario: Omit<Scenario, "variants">;
  readonly seed: number;
  readonly stepMs: number;
  readonly detail: "full" | "thinned";
}

export interface SimulatorsOptions {
  /** Threads, started when they are needed. Default: as many as the machine runs at once. */
  readonly workers?: number;
  /** Ends everything early. */
  readonly signal?: AbortSignal;
}

/** In TypeScript from the sources, in JavaScript from a build. */
const WORKER = new URL(`./simulation-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Threads that run simulations. */
export class Simulators {
  readonly #most: number;
  readonly #signal: AbortSignal | undefined;
  /** Threads that have nothing to do. */
  readonly #free: Thread[] = [];
  readonly #all = new Set<Worker>();

  constructor({ workers = availableParallelism(), signal }: SimulatorsOptions = {}) {
    this.#most = Math.max(1, workers);
    this.#signal = signal;
  }

  /**
   * Runs every job and gives the results in the order of the jobs, whichever was done first: the same whatever the number of threads. A
   * job without a result was not done when the signal came. `onProgress` takes how many jobs are done, parts included.
   */
  async run(
    jobs: readonly SimulationJob[],
    onProgress?: (done: number) => void,
  ): Promise<readonly (Simulation | undefined)[]> {
    const results: (Simulation | undefined)[] = new Array(jobs.length).fill(undefined);
    const shares = new Float64Array(jobs.length);
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let place = next++; place < jobs.length && !this.#signal?.aborted; place = next++) {
        const job = jobs[place];
        if (job === undefined) return;
        const tell = (share: number): void => {
          shares[place] = share;
          onProgress?.(shares.reduce((sum, value) => sum + value, 0));
        };
        results[place] = await this.#do(job, tell);
        if (results[place] !== undefined) tell(1);
      }
    };
    const lanes = Array.from({ length: Math.min(this.#most, jobs.length) }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      await this.close();
      throw error;
    }
    return results;
  }

  /** Ends all threads, whatever they do. */
  async close(): Promise<void> {
    this.#free.length = 0;
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  /** One job in a thread; nothing if the thread was ended before. */
  async #do(job: SimulationJob, tell: (share: number) => void): Promise<Simulation | undefined> {
    const thread = this.#free.pop() ?? this.#start();
    const stop = (): void => void thread.worker.terminate();
    this.#signal?.addEventListener("abort", stop, { once: true });
    try {
      const simulation = await new Promise<Simulation | undefined>((resolve, reject) => {
        thread.told = (report) => {
          switch (report.kind) {
            case "progress":
              return tell(report.share);
            case "fault":
              return reject(new Fault(report.code, report.message, report.remedy));
            case "done":
              return resolve(report.simulation);
          }
        };
        thread.ended = (error) => (this.#signal?.aborted ? resolve(undefined) : reject(failureOf(error, job)));
        thread.worker.postMessage(job);
      });
      if (simulation !== undefined) this.#free.push(thread);
      return simulation;
    } finally {
      this.#signal?.removeEventListener("abort", stop);
    }
  }

  #start(): Thread {
    // Not this process's own flags: some are for a main program only.
    const worker = new Worker(WORKER, { execArgv: [] });
    const thread: Thread = { worker, told: () => {}, ended: () => {} };
    worker.on("message", (report: WorkerReport) => thread.told(report));
    worker.on("error", (error) => thread.ended(error));
    worker.on("exit", (code) => thread.ended(new Error(`its thread ended with code ${code}`)));
    this.#all.add(worker);
    return thread;
  }
}

/** A worker, and who listens to it now. */
interface Thread {
  readonly worker: Worker;
  told: (report: WorkerReport) => void;
  ended: (error: unknown) => void;
}

/** What went wrong in a thread, and in which run. */
function failureOf(error: unknown, { name, seed }: SimulationJob): Error {
  const run = `${printable(name)}, seed ${seed}`;
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new Fault(
      "out-of-memory",
      `A thread ran out of memory in ${run}.`,
      "Try --detail thinned, a shorter --duration or fewer clients, or give Node more: NODE_OPTIONS=--max-old-space-size=8192",
    );
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`the simulation of ${run} failed: ${message}`, { cause: error });
}
