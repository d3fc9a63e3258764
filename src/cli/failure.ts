import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";

/** The exit code of a run that came to no answer. */
export const CANNOT_RUN = 2;

/**
 * Says on standard error why a command could not run, and gives its exit code: for a mistake what
 * was tried, what was found and what to try; for a bug of ours its message, with the stack when HALFOPEN_DEBUG is set.
 */
export function reportFailure(error: unknown, argv: readonly string[]): number {
  const doing = `halfopen could not run: ${printable(argv.join(" ")).slice(0, 200)}`;
  if (error instanceof Fault) {
    process.stderr.write(`${doing}\n  found   ${error.message}\n  remedy  ${error.remedy}\n`);
    return CANNOT_RUN;
  }
  const message = printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  process.stderr.write(`${doing}\n  this is a bug in halfopen, please report it: ${message}\n`);
  if (process.env.HALFOPEN_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return CANNOT_RUN;
}
