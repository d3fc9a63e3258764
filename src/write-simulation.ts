import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { simulate } from "./fleet/simulate.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import type { SimulationPlan } from "./simulate-scenario.ts";

/** What was written where. */
export interface Written {
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Refuses a folder that already has something in it, before anything is run, and gives what runs the first seed of every arm once more, with
 * taps: a capture for each place and the logs that its programs would have printed, in a folder for each arm.
 */
export function planWriting(folder: string, hosts: readonly string[]): (plan: SimulationPlan) => readonly Written[] {
  const there = entriesOf(folder);
  if (there.length > 0) {
    throw new Fault(
      "not-empty",
      `${printable(folder)} is not empty: captures are never written beside or over others.`,
      "Name a folder that is empty or not there yet.",
    );
  }
  return (plan) => plan.arms.map((arm) => writeArm(plan, arm, { folder: join(folder, folderName(arm.name)), hosts }));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw notWritten(folder, error);
  }
}

function writeArm(
  plan: SimulationPlan,
  { name, scenario }: SimulationPlan["arms"][number],
  { folder, hosts }: { readonly folder: string; readonly hosts: readonly string[] },
): Written {
  const files = new Map<string, number>();
  const wanted = new Set(hosts);
  const met = new Set<string>();
  const known = new Set<string>();
  const at = (place: string): boolean => {
    known.add(place);
    if (wanted.has(place)) met.add(place);
    return wanted.has(place);
  };
  try {
    mkdirSync(folder, { recursive: true });
    const write = (file: string, bytes: Uint8Array): void => {
      let open = files.get(file);
      if (open === undefined) {
        open = openSync(join(folder, file), "wx");
        files.set(file, open);
      }
      for (let from = 0; from < bytes.length; ) from += writeSync(open, bytes, from);
    };
    const taps = { write, ...(wanted.size === 0 ? {} : { at }) };
    simulate(scenario, { seed: plan.seeds[0] ?? 1, variant: name, stepMs: plan.stepMs, taps });
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw notWritten(folder, error);
  } finally {
    for (const open of files.values()) closeSync(open);
  }
  const missed = hosts.filter((host) => !met.has(host));
  if (missed.length > 0) {
    const places = [...known].slice(0, 12).map(printable).join(", ");
    throw new Fault(
      "no-such-host",
      `There is no host ${missed.map(printable).join(", ")} in ${printable(name)}.`,
      `Take some of ${places}${known.size > 12 ? " …" : ""}.`,
    );
  }
  return { folder, files: [...files.keys()].sort() };
}

/** An arm's name as a folder: nothing of it leads elsewhere. */
const folderName = (name: string): string => name.replaceAll(/[^\w.=-]+/g, "_").replace(/^\.+/, "_");

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("E")
    ? error.code
    : undefined;

function notWritten(folder: string, error: unknown): Fault {
  return new Fault(
    "no-output",
    `'${printable(folder)}' can't be written (${printable(codeOf(error) ?? "error")}).`,
    "Name a folder that can be made.",
  );
}
