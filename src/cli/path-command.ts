import { existsSync } from "node:fs";
import { checkFiles } from "../check-files.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { type InitHop, initPath } from "../path/init.ts";
import { writeOut } from "./output.ts";
import { writeBeside } from "./write-beside.ts";
import { checkReportName } from "./write-report.ts";

/** Writes a `path.yaml` from products and files, the client's first, to standard output or a file; gives 0. */
export async function pathInitCommand(
  given: readonly string[],
  options: { readonly output?: string; readonly force?: boolean },
): Promise<number> {
  const hops = given.map((word): InitHop => {
    if (!existsSync(word)) return { kind: "words", words: word };
    const [found] = checkFiles([word]).files;
    if (found?.reading === undefined) {
      throw new Fault(
        "unknown-format",
        `'${printable(word)}' is no configuration that is known.`,
        "Name its product in its place, for instance nginx.",
      );
    }
    return { kind: "file", file: word, reading: found.reading };
  });
  if (hops.length === 0) {
    throw new Fault(
      "no-hops",
      "No hops were given.",
      "Name products and files from client to server: halfopen path init undici aws-alb node-server@20",
    );
  }
  const text = initPath(hops);
  if (options.output === undefined) {
    await writeOut([text]);
    return 0;
  }
  await checkReportName(options.output);
  if (existsSync(options.output) && !options.force) {
    throw new Fault(
      "file-there",
      `'${printable(options.output)}' is there already.`,
      "Name another file, or add --force.",
    );
  }
  await writeBeside(options.output, text, given);
  return 0;
}
