import { openSource } from "../capture/evidence-source.ts";
import { readBytes } from "../capture/read-bytes.ts";
import { lookUpSymptom } from "../log/symptoms.ts";
import { Fault } from "../net/fault.ts";
import { renderSymptoms } from "../report/symptom-text.ts";
import { type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";

/** What `halfopen explain --symptom` was told besides. */
export interface SymptomCommandOptions extends ColourOptions {
  readonly format: "text" | "json" | "markdown";
  readonly width?: string;
}

/** Characters of pasted text that are read. */
const LONGEST = 1 << 18;

/** Prints what an error message can mean. A message is no proof, so the exit code is 0 whatever it says. */
export async function symptomCommand(
  text: string,
  paths: readonly string[],
  options: SymptomCommandOptions,
): Promise<number> {
  if (paths.length > 0) {
    throw new Fault(
      "symptom-and-evidence",
      "--symptom looks a message up without evidence, and evidence was given too.",
      "Leave --symptom out to explain the captures, or the captures out to look the message up.",
    );
  }
  const message = text === "-" ? await pasted() : text;
  const found = lookUpSymptom(message);
  if (options.format === "json") {
    const symptoms = found.map(({ symptom: { patterns: _, ...symptom }, matched }) => ({ ...symptom, matched }));
    await writeOut([`${JSON.stringify({ schema: 1, symptoms }, null, 2)}\n`]);
    return 0;
  }
  await writeOut([renderSymptoms(found, { width: widthOf(options.width), colour: wantsColour(options) })]);
  return 0;
}

async function pasted(): Promise<string> {
  const source = await openSource("-");
  const decoder = new TextDecoder();
  let text = "";
  try {
    await readBytes(source, (bytes) => {
      text += decoder.decode(bytes, { stream: true });
      return text.length < LONGEST;
    });
  } finally {
    source.close();
  }
  return text;
}
