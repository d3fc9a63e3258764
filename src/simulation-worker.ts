import { parentPort } from "node:worker_threads";
import type { Simulation } from "./fleet/simulation.ts";
import { Fault } from "./net/fault.ts";
import type { Scenario } from "./scenario/scenario.ts";
import type { SimulationJob } from "./simulators.ts";

/*
 * One of the threads of `simulators.ts`: runs the jobs that it is sent, one after the other. It keeps nothing between them, so the same
 * job gives the same bytes in any thread.
 */

/** `share` of the job, from 0 to 1, is done; it is done; or it cannot be done, and its user can mend that. */
export type WorkerReport =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly simulation: Simulation }
  | { readonly kind: "fault"; readonly code: string; readonly message: string; readonly remedy: string };

/** Progress below this is not worth a message. */
const LEAST_SHARE = 0.01;

const tell = (report: WorkerReport): void => parentPort?.postMessage(report);

parentPort?.on("message", async ({ name, scenario, seed, stepMs, detail }: SimulationJob) => {
  const run = await simulatorOf(detail);
  let told = 0;
  const onProgress = (share: number): void => {
    if (share < told + LEAST_SHARE) return;
    told = share;
    tell({ kind: "progress", share });
  };
  try {
    const simulation = run({ ...scenario, variants: {} }, { seed, stepMs, onProgress });
    tell({ kind: "done", simulation: { ...simulation, variant: name } });
  } catch (error) {
    // The class of an error does not survive the way between threads. Anything but a Fault is a bug, and ends the thread with its stack.
    if (!(error instanceof Fault)) throw error;
    tell({ kind: "fault", code: error.code, message: error.message, remedy: error.remedy });
  }
});

type Run = (
  scenario: Scenario,
  options: { seed: number; stepMs: number; onProgress: (share: number) => void },
) => Simulation;

/** Each is loaded when it is needed first. */
async function simulatorOf(detail: SimulationJob["detail"]): Promise<Run> {
  if (detail === "full") return (await import("./fleet/simulate.ts")).simulate;
  return (await import("./fleet/thinned/simulate-thinned.ts")).simulateThinned;
}
