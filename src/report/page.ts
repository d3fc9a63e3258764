import type { Explanation } from "../incident/explanation.ts";
import { printable } from "../net/printable.ts";
import { columns, padEnd, wrap } from "./lines.ts";
import type { Palette } from "./palette.ts";
import { splitCommand } from "./split-command.ts";

/** What is printed on: columns and colours. */
export interface Sheet {
  readonly width: number;
  readonly palette: Palette;
}

/** What the parts of a terminal report share. */
export interface Page extends Sheet {
  readonly explanation: Explanation;
  /** The shortest name that still tells a file from the others. */
  readonly nameOf: (file: string) => string;
}

/** A heading with a rule to the page's edge. */
export function heading(page: Sheet, title: string): string {
  const rule = "─".repeat(Math.max(0, page.width - columns(title) - 1));
  return `${page.palette.strong(title)} ${page.palette.dim(rule)}`.trimEnd();
}

/** Text in lines of the page, indented. A command at its end gets a line of its own, unbroken, so that it can be copied. */
export function paragraph(page: Sheet, words: string, indent = 2): string[] {
  const blank = " ".repeat(indent);
  const { text, command } = splitCommand(words);
  const lines = text.split("\n").flatMap((part) => wrap(printable(part), page.width - indent));
  if (command !== undefined) lines.push(printable(command));
  return lines.map((line) => blank + line);
}

/** A word in a left column, its text wrapped beside it. */
export function labelled(page: Sheet, label: string, text: string, column = 12): string[] {
  return paragraph(page, text, column + 2).map((line, i) =>
    i === 0 ? `  ${page.palette.dim(padEnd(label, column))}${line.slice(column + 2)}` : line,
  );
}
