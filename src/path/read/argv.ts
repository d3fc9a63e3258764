import type { Written } from "./reading.ts";

/** A word of a command line and the line of the file that it stands on. */
export interface Word {
  readonly text: string;
  readonly line: number;
}

/** The options of a command line. `--name=value`, `--name value`, `-n value` and bare `--name` are known; the last of a name stands. */
export class Flags {
  readonly #words: readonly Word[];

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  /** The value of an option under any of its names, as it was written; a bare option has the value "true". */
  find(...names: readonly string[]): Written | undefined {
    let found: Written | undefined;
    this.#words.forEach((word, i) => {
      for (const name of names) {
        const { line } = word;
        if (word.text.startsWith(`${name}=`)) found = { line, key: name, text: word.text.slice(name.length + 1) };
        else if (
          /^-[a-zA-Z]$/.test(name) &&
          word.text.startsWith(name) &&
          word.text.length > 2 &&
          !word.text.startsWith("--")
        ) {
          found = { line, key: name, text: word.text.slice(2) };
        } else if (word.text === name) found = { line, key: name, text: this.#valueAt(i + 1) };
      }
    });
    return found;
  }

  #valueAt(i: number): string {
    const next = this.#words[i]?.text;
    return next === undefined || /^-{1,2}[a-zA-Z]/.test(next) ? "true" : next;
  }
}

/** Splits a shell's command line as far as that goes without running it: quotes and backslashes, nothing else. */
export function shellWords(text: string, line: number): readonly Word[] {
  const words: Word[] = [];
  let word: string | undefined;
  let quote = "";
  let at = line;
  for (let i = 0; i < text.length && words.length < 2000; i++) {
    const char = text[i] ?? "";
    if (char === "\n") at++;
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"') word = (word ?? "") + (text[++i] ?? "");
      else word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\") {
      const next = text[++i] ?? "";
      if (next === "\n") at++;
      else word = (word ?? "") + next;
    } else if (/[\s;|&()]/.test(char)) {
      if (word !== undefined) words.push({ text: word, line: at - (char === "\n" ? 1 : 0) });
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (word !== undefined) words.push({ text: word, line: at });
  return words;
}

/** The name of a program without its folder. */
export const programName = (word: string): string => word.split("/").at(-1) ?? "";
