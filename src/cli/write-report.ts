import { stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { InputReport } from "../incident/explanation.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";

/** Refuses a name for a report that cannot work, before anything is read at length. */
export async function checkReportName(file: string): Promise<void> {
  const folder = await stat(dirname(file)).catch(() => undefined);
  const there = await stat(file).catch(() => undefined);
  if (folder?.isDirectory() === true && there?.isDirectory() !== true) return;
  const found = there?.isDirectory() === true ? "is a folder" : "is in no folder that is there";
  throw new Fault("no-output", `'${printable(file)}' ${found}.`, "Name a file in a folder that is there: report.html");
}

/** Writes a report, in place of an older one of that name, but never over a capture that was read. */
export async function writeReport(file: string, text: string, inputs: readonly InputReport[]): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  for (const input of inputs) {
    if (there === undefined || input.packets === undefined || input.file === "-") continue;
    const capture = await stat(input.file).catch(() => undefined);
    if (capture === undefined || capture.dev !== there.dev || capture.ino !== there.ino) continue;
    throw new Fault("over-evidence", `'${printable(file)}' is a capture that was read.`, "Name another file.");
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    const code = error instanceof Object && "code" in error ? String(error.code) : "error";
    throw new Fault("no-output", `'${printable(file)}' can't be written (${printable(code)}).`, "Name another file.");
  }
}
