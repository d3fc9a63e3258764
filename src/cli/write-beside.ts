import { stat, writeFile } from "node:fs/promises";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";

/** Writes a text to a file, never over one of those that were read. */
export async function writeBeside(file: string, text: string, read: readonly string[]): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  for (const input of there === undefined ? [] : read) {
    const found = await stat(input).catch(() => undefined);
    if (found === undefined || found.dev !== there?.dev || found.ino !== there.ino) continue;
    throw new Fault("over-input", `'${printable(file)}' is a file that was read.`, "Name another file.");
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    const code = error instanceof Object && "code" in error ? String(error.code) : "error";
    throw new Fault("no-output", `'${printable(file)}' can't be written (${printable(code)}).`, "Name another file.");
  }
}
