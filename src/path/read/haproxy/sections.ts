import { LIMITS } from "../limits.ts";

/** A line of a section, split into words. */
export interface Line {
  readonly words: readonly string[];
  readonly line: number;
}

export interface Section {
  /** `global`, `defaults`, `frontend`, `backend`, `listen` or another. */
  readonly kind: string;
  readonly name: string;
  readonly line: number;
  readonly lines: readonly Line[];
  /** The `defaults` section whose settings hold where this one is silent. */
  readonly defaults: Section | undefined;
}

const KINDS =
  /^(?:global|defaults|frontend|backend|listen|peers|resolvers|mailers|userlist|cache|program|http-errors|ring|log-forward|log-profile|fcgi-app|crt-store|traces|acme)$/;

/**
 * The sections of a haproxy.cfg in order. A section takes the `defaults` named after `from`, or the last one above it
 * (doc/configuration.txt §4 of haproxy/haproxy@50872daa). What stands before the first section is left out and its lines are given back.
 */
export function sectionsOf(text: string): { readonly sections: readonly Section[]; readonly stray: readonly number[] } {
  const sections: (Section & { lines: Line[] })[] = [];
  const named = new Map<string, Section>();
  const stray: number[] = [];
  let last: Section | undefined;
  let number = 0;
  for (const raw of text.split("\n")) {
    number++;
    const words = wordsOf(raw);
    const [kind] = words;
    if (kind === undefined || kind.startsWith(".")) continue;
    if (!KINDS.test(kind)) {
      const open = sections.at(-1);
      if (open !== undefined) open.lines.push({ words, line: number });
      else if (stray.length < LIMITS.remarks) stray.push(number);
      continue;
    }
    const from = words.indexOf("from");
    const parent = from > 0 ? named.get(words[from + 1] ?? "") : last;
    const section = {
      kind,
      name: from === 1 ? "" : (words[1] ?? ""),
      line: number,
      lines: [],
      defaults: kind === "defaults" && from < 0 ? undefined : parent,
    };
    sections.push(section);
    if (kind !== "defaults") continue;
    last = section;
    if (section.name !== "") named.set(section.name, section);
  }
  return { sections, stray };
}

/** Words of a line: quotes, backslashes and comments as in configuration.txt §2.2. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  const part = /\s*(#.*$|(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s\\"'#])+|\\$|.)/gy;
  for (const m of line.matchAll(part)) {
    const word = m[1] ?? "";
    if (word.startsWith("#")) break;
    if (word.trim() !== "") words.push(word.replace(/\\(.)|["']/g, (_, kept: string | undefined) => kept ?? ""));
  }
  return words;
}

/** The last line of a section, or of its `defaults`, that begins with the words; `no …` in front of them counts as one. */
export function lineOf(section: Section, ...words: readonly string[]): Line | undefined {
  let at: Section | undefined = section;
  for (let i = 0; at !== undefined && i < 50; i++) {
    const found = indexOf(at).get(words.join(" "));
    if (found !== undefined) return found;
    at = at.defaults;
  }
  return undefined;
}

const INDEXES = new WeakMap<Section, ReadonlyMap<string, Line>>();

/** The last line for each first word, and for each first two. */
function indexOf(section: Section): ReadonlyMap<string, Line> {
  const known = INDEXES.get(section);
  if (known !== undefined) return known;
  const index = new Map<string, Line>();
  for (const line of section.lines) {
    const [first = "", second = ""] = line.words[0] === "no" ? line.words.slice(1) : line.words;
    index.set(first, line);
    index.set(`${first} ${second}`, line);
  }
  INDEXES.set(section, index);
  return index;
}
