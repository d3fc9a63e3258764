import { printable } from "../net/printable.ts";

/** Text as a paragraph, list item or table cell of Markdown: nothing in it becomes markup, HTML or a mention. */
export function escapeText(text: string): string {
  return printable(text.replace(/\n/g, " "))
    .replace(/[\\`*_[\]|~]/g, "\\$&")
    .replace(/^(\s*)([#>+-])/, "$1\\$2")
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/@/g, "@<!-- -->");
}

/** A block of code that its own text cannot end (CommonMark §4.5). */
export function codeBlock(text: string): string {
  const safe = printable(text);
  const fence = "`".repeat(Math.max(3, longestRun(safe) + 1));
  return `${fence}\n${safe}\n${fence}`;
}

/** A code span that its own text cannot end (CommonMark §6.1). */
export function codeSpan(text: string): string {
  const safe = printable(text);
  const longest = longestRun(safe);
  const fence = "`".repeat(longest + 1);
  const blank = longest > 0 ? " " : "";
  return `${fence}${blank}${safe}${blank}${fence}`;
}

/** A code span in a table, where a bar would end the cell even there (GFM §4.10). */
export const inCell = (span: string): string => span.replace(/\|/g, "\\|");

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
