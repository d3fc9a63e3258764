import { type Dirent, readdirSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { insideFolder } from "./inside-folder.ts";

/** Names that are taken from a folder, and paths that a pattern gives: one more than readers take, so that they see that there are more. */
const MOST_NAMES = 10_000;
const MOST_PATHS = 301;

/**
 * The paths below a folder that a pattern of glob(7) means, sorted, relative to that folder; undefined where the pattern leaves it
 * or its fixed part is not there. `*`, `?` and `[…]` stand for no slash and for no dot at the start of a name.
 */
export function expandGlob(pattern: string, folder: string): readonly string[] | undefined {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  if (isAbsolute(pattern) || parts.includes("..")) return undefined;
  const first = parts.findIndex((part) => isPattern(part));
  const fixed = parts.slice(0, first < 0 ? parts.length : first).join("/");
  if (!exists(join(folder, fixed))) return undefined;
  let paths: readonly string[] = [fixed];
  for (const part of parts.slice(first < 0 ? parts.length : first)) {
    paths = paths.flatMap((path) => namesIn(path, part, folder)).slice(0, MOST_PATHS);
  }
  return paths;
}

/** Whether a path is a pattern. */
const isPattern = (text: string): boolean => /[*?[]/.test(text);

/** What a part of a pattern means in one folder. */
function namesIn(path: string, part: string, folder: string): readonly string[] {
  const at = join(folder, path);
  if (!isPattern(part)) return exists(join(at, part)) ? [join(path, part)] : [];
  if (!insideFolder(at, folder)) return [];
  const tokens = tokensOf(part);
  return entriesOf(at)
    .slice(0, MOST_NAMES)
    .map(({ name }) => name)
    .filter((name) => (!name.startsWith(".") || part.startsWith(".")) && matches(name, tokens))
    .sort()
    .map((name) => join(path, name));
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** `*`, or what one character has to be. */
type Token = "any" | ((character: string) => boolean);

function tokensOf(part: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [word, set] of part.matchAll(/\[([!^]?\]?[^\]]*)\]|[\s\S]/gu)) {
    if (set !== undefined) tokens.push(oneOf(set));
    else if (word === "*") tokens.push("any");
    else tokens.push(word === "?" ? () => true : (character) => character === word);
  }
  return tokens;
}

function oneOf(set: string): Token {
  const negated = /^[!^]/.test(set);
  const ranges = [...set.slice(negated ? 1 : 0).matchAll(/([\s\S])-([\s\S])|([\s\S])/gu)].map(
    ([, from, to, only]) => [only ?? from ?? "", only ?? to ?? ""] as const,
  );
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}

/** Goes back to the last `*` only: a name takes no longer than its length times the pattern's. */
function matches(name: string, tokens: readonly Token[]): boolean {
  const characters = [...name];
  let [at, token, star, resume] = [0, 0, -1, 0];
  while (at < characters.length) {
    const wanted = tokens[token];
    if (wanted === "any") {
      star = token++;
      resume = at;
    } else if (wanted?.(characters[at] ?? "") === true) {
      at++;
      token++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "any");
}
