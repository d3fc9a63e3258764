import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabPlan } from "../netns/lab-plan.ts";
import type { LabRun } from "./run-lab.ts";

type Told = Pick<LabRun, "evidence" | "startedAtMs"> & {
  readonly plan: Pick<LabPlan, "programs" | "expect" | "timeScale">;
};

/** How often the run's controllers said of a node that it is NotReady, since losses count. */
export function nodesNotReady({ plan, evidence, startedAtMs }: Told): number {
  const countsFromMs = startedAtMs + (plan.expect.fromMs ?? 0) / plan.timeScale;
  return plan.programs
    .filter(({ name }) => name.startsWith("clients-"))
    .map(({ log }) => join(evidence, log))
    .filter((file) => existsSync(file))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(SAID)])
    .filter(([, month, day, time]) => instantOf(`${month}-${day}T${time}Z`, startedAtMs) >= countsFromMs).length;
}

const SAID = /^I(\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{3}).*status change NodeNotReady/gm;

/** Of klog's clock, which names no year: a run may begin in one and end in the next. */
function instantOf(clock: string, startedAtMs: number): number {
  const year = new Date(startedAtMs).getUTCFullYear();
  const atMs = Date.parse(`${year}-${clock}`);
  return atMs > startedAtMs - HALF_A_YEAR_MS ? atMs : Date.parse(`${year + 1}-${clock}`);
}

const HALF_A_YEAR_MS = 180 * 86_400_000;
