import { readFileSync } from "node:fs";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { wrap } from "../report/lines.ts";
import { SIGNATURES } from "../signature/index.ts";
import { widthOf, writeOut } from "./output.ts";

/** Lists the signatures, or prints the page of one; gives 0. */
export async function signaturesCommand(id: string | undefined): Promise<number> {
  await writeOut(id === undefined ? list() : [pageOf(id)]);
  return 0;
}

function* list(): Generator<string> {
  const column = Math.max(0, ...SIGNATURES.map((signature) => signature.id.length)) + 2;
  for (const kind of ["incident", "note"] as const) {
    yield kind === "incident" ? "Losses\n" : "\nHarmless, told apart from losses\n";
    for (const { id, title } of SIGNATURES.filter((signature) => signature.kind === kind)) {
      const [first = "", ...rest] = wrap(title, widthOf(undefined) - column - 2);
      yield `  ${id.padEnd(column)}${first}\n`;
      for (const line of rest) yield `  ${" ".repeat(column)}${line}\n`;
    }
  }
  yield "\nhalfopen signatures <id> prints the page of one.\n";
}

/** The page beside the signature's source; the package carries it at the same place. */
function pageOf(id: string): string {
  if (!SIGNATURES.some((signature) => signature.id === id)) {
    throw new Fault(
      "no-such-signature",
      `There is no signature '${printable(id)}'.`,
      "List them with: halfopen signatures",
    );
  }
  return readFileSync(new URL(`../../src/signature/${id}/README.md`, import.meta.url), "utf8");
}
