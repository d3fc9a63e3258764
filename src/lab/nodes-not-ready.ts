import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabRun } from "./run-lab.ts";

/** How often the run's controllers said of a node that it is NotReady. */
export function nodesNotReady({ plan, evidence }: Pick<LabRun, "plan" | "evidence">): number {
  const files = plan.programs
    .filter(({ name }) => name.startsWith("clients-"))
    .map(({ log }) => join(evidence, log))
    .filter((file) => existsSync(file));
  return files.reduce((sum, file) => sum + (readFileSync(file, "utf8").match(SAID)?.length ?? 0), 0);
}

const SAID = /status change NodeNotReady/g;
