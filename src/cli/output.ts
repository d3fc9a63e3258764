import type { WriteStream } from "node:tty";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";

/** Bytes gathered before they are written. */
const PIECE = 65_536;

/** Writes pieces of text to standard output as fast as its reader takes them; stops when the reader has gone. */
export async function writeOut(pieces: Iterable<string>): Promise<void> {
  // A reader that went away is no failure. The listener stays, since the error may come after the last write.
  process.stdout.on("error", passOverClosedPipe);
  let waiting = "";
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < PIECE) continue;
    if (!(await write(waiting))) return;
    waiting = "";
  }
  if (waiting !== "") await write(waiting);
}

function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** Resolves once the text has been taken: false when nobody takes any more. */
async function write(text: string): Promise<boolean> {
  return await new Promise((resolve) => {
    process.stdout.write(text, (error) => resolve(error === null || error === undefined));
  });
}

/** What a command was told of colours. */
export interface ColourOptions {
  readonly colour?: string;
  /** The other spelling. */
  readonly color?: string;
}

/** Whether to colour: what was asked, then FORCE_COLOR and NO_COLOR (no-color.org), then whether it is a terminal. */
export function wantsColour({ colour, color }: ColourOptions, stream: WriteStream = process.stdout): boolean {
  const asked = color ?? colour ?? "auto";
  if (asked !== "auto") return asked === "always";
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return stream.isTTY === true && TERM !== "dumb";
}

/** Columns when nobody can tell: readable in a ticket and on a wide screen. */
const USUAL_WIDTH = 100;

/** How wide to print: what was asked, the terminal's columns, or a usual width. */
export function widthOf(asked: string | undefined): number {
  if (asked !== undefined) return wholeNumber("--width", asked);
  return process.stdout.columns ?? USUAL_WIDTH;
}

/** An option's value as a number from 0 on. */
export function wholeNumber(option: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const found = `${option} was given '${printable(value).slice(0, 40)}', which is no whole number from 0 to 999999999.`;
  throw new Fault("bad-option", found, `Try ${option} 100.`);
}

/** An option's value as a number from 1 to 10000. */
export function atLeastOne(option: string, value: string): number {
  const count = wholeNumber(option, value);
  if (count >= 1 && count <= 10_000) return count;
  throw new Fault("bad-option", `${option} was given ${count}.`, `Give ${option} a number from 1 to 10000.`);
}
