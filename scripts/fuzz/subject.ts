/** What is fuzzed: the library's `explain` and the command line with its renderers, as they stand in src/. */

import { run } from "../../src/cli/main.ts";
import { explain, Fault } from "../../src/index.ts";
import type { Dice } from "../lib/random.ts";

export interface Answer {
  /** `refused`: a mistake that a user can mend, said with its remedy. */
  readonly kind: "explained" | "refused";
  /** Everything that came out, to compare a second run with. */
  readonly text: string;
}

/** The pipeline on some files; rejects when it throws, or says itself that it met a bug. */
export type Subject = (files: readonly string[]) => Promise<Answer>;

const FLOW_FORMATS = ["text", "json", "csv"];
const EXPLAIN_FORMATS = ["text", "json", "markdown", "html"];

/** One of the pipeline's uses. */
export function drawSubject(dice: Dice): Subject {
  const format = dice.below(3);
  switch (dice.below(8)) {
    case 0:
      return command(["flows", "--format", FLOW_FORMATS[format] ?? "text"]);
    case 1:
      return command(["flows", "--summary"]);
    case 2:
      return command(["explain", "--quiet"]);
    case 3:
    case 4:
    case 5:
      return command([
        "explain",
        "--format",
        EXPLAIN_FORMATS[dice.below(EXPLAIN_FORMATS.length)] ?? "text",
        "--width",
        String(20 + dice.below(200)),
      ]);
    default:
      return library;
  }
}

async function library(files: readonly string[]): Promise<Answer> {
  try {
    return { kind: "explained", text: JSON.stringify(await explain(files)) };
  } catch (error) {
    if (error instanceof Fault) return { kind: "refused", text: error.message };
    throw error;
  }
}

function command([name = "", ...options]: readonly string[]): Subject {
  return async (files) => {
    const { code, text } = await withOutput(() => run([name, ...files, ...options]));
    if (text.includes("this is a bug in halfopen") || ![0, 1, 2].includes(code))
      throw new Error(`exit code ${code}: ${text}`);
    if (code !== 2 && options.includes("json")) JSON.parse(text);
    return { kind: code === 2 ? "refused" : "explained", text };
  };
}

/** Runs with standard output and error gathered in place of written. */
async function withOutput(run: () => Promise<number>): Promise<{ readonly code: number; readonly text: string }> {
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  let text = "";
  const gather = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    text += chunk;
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
  process.env.HALFOPEN_DEBUG = "1";
  try {
    for (const stream of streams) stream.write = gather;
    return { code: await run(), text };
  } finally {
    for (const [i, stream] of streams.entries()) stream.write = writes[i] ?? stream.write;
    // A command runs once in a process; here it runs thousands of times and must not leave its listeners behind.
    process.stdout.removeAllListeners("error");
  }
}
