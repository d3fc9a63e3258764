import { spawnSync } from "node:child_process";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** A script that runs the command line from its sources, as `bin/halfopen.cjs` runs it from dist. */
export const RUN_SOURCES: string = `import { run } from ${JSON.stringify(MAIN)}; process.exitCode = await run(process.argv.slice(1));`;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs halfopen in a process of its own. */
export function runHalfopen(args: readonly string[], more: { cwd?: string; input?: string } = {}): Outcome {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const child = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", RUN_SOURCES, "--", ...args],
    {
      encoding: "utf8",
      env,
      ...more,
    },
  );
  return { code: child.status, out: child.stdout, err: child.stderr };
}
