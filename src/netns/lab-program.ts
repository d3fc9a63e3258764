import type { LabOptions } from "./lab-options.ts";
import type { Host, PlannedFile, Program } from "./lab-plan.ts";

/** How one of the lab's own programs is started, and the file that tells it what to do. */
export function labProgram(
  program: "server" | "clients" | "health-check",
  told: { readonly name: string; readonly config: object },
  options: LabOptions,
): { readonly argv: readonly [node: string, script: string, config: string]; readonly file: PlannedFile } {
  const file = configFile(told.name, told.config);
  const script = `${options.programs.folder}/${program}${options.programs.ending}`;
  return { argv: [options.programs.node, script, `${options.folder}/${file.path}`], file };
}

/** A program's configuration, below the run's folder. */
export const configFile = (name: string, config: object): PlannedFile => ({
  path: `config/${name}.json`,
  text: `${JSON.stringify(config, undefined, 1)}\n`,
});

/** Where a program runs. */
export const on = (host: Host): Pick<Program, "host"> & { readonly namespace: string } => ({
  host: host.name,
  namespace: host.namespace,
});
