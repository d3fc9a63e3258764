import { LIMITS } from "./limits.ts";
import type { Tree } from "./spot.ts";

export interface TreeProblem {
  readonly line: number;
  readonly says: string;
}

/**
 * JSON with the line of each value; several values after each other are several documents, as saved answers often are. Comments and commas before a closing bracket pass, as .NET's configuration takes them. What
 * stands before a mistake is kept.
 */
export function jsonTrees(text: string): {
  readonly trees: readonly Tree[];
  readonly problems: readonly TreeProblem[];
} {
  return new JsonParser(text).parse();
}

class JsonParser {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #nodes = 0;
  #problem: TreeProblem | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): { trees: Tree[]; problems: TreeProblem[] } {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const trees: Tree[] = [];
    this.#skip();
    while (this.#at < this.#text.length) {
      const tree = this.#value(0);
      if (tree !== undefined) trees.push(tree);
      this.#skip();
    }
    return { trees, problems: this.#problem === undefined ? [] : [this.#problem] };
  }

  #fail(says: string): undefined {
    this.#problem ??= { line: this.#line, says };
    this.#at = this.#text.length;
    return undefined;
  }

  /** Past white space and comments, counting lines. */
  #skip(): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x0a) this.#line++;
      else if (code === 0x2f && text[this.#at + 1] === "/") {
        const end = text.indexOf("\n", this.#at);
        this.#at = end < 0 ? text.length : end;
        continue;
      } else if (code === 0x2f && text[this.#at + 1] === "*") {
        const found = text.indexOf("*/", this.#at + 2);
        const end = found < 0 ? text.length : found + 2;
        for (let i = this.#at; i < end; i++) if (text.charCodeAt(i) === 0x0a) this.#line++;
        this.#at = end;
        continue;
      } else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return;
      this.#at++;
    }
  }

  #value(depth: number): Tree | undefined {
    this.#skip();
    if (depth > LIMITS.depth) return this.#fail("nested too deep");
    if (++this.#nodes > LIMITS.nodes) return this.#fail("more values than are read");
    const char = this.#text[this.#at];
    if (char === "{") return this.#map(depth);
    if (char === "[") return this.#list(depth);
    const line = this.#line;
    if (char === '"') {
      const text = this.#string();
      return text === undefined ? undefined : { kind: "scalar", line, text, empty: false, block: false };
    }
    const found = /[-+.\w]{1,4096}/y;
    found.lastIndex = this.#at;
    const word = found.exec(this.#text)?.[0];
    if (word === undefined) return this.#fail("a value was expected");
    if (!/^(?:true|false|null|-?\d[\d.eE+-]*)$/.test(word))
      return this.#fail("neither a number nor true, false or null");
    this.#at += word.length;
    return { kind: "scalar", line, text: word, empty: word === "null", block: false };
  }

  #map(depth: number): Tree {
    const line = this.#line;
    const entries = new Map<string, { line: number; tree: Tree }>();
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === "}") break;
      const at = this.#line;
      if (this.#text[this.#at] !== '"') {
        this.#fail("a key in quotes, or the end of an object, was expected");
        return { kind: "map", line, entries };
      }
      const key = this.#string();
      this.#skip();
      if (key === undefined || this.#text[this.#at] !== ":") {
        this.#fail("a colon was expected after a key");
        return { kind: "map", line, entries };
      }
      this.#at++;
      const tree = this.#value(depth + 1);
      if (tree !== undefined) entries.set(key, { line: at, tree });
      if (!this.#comma("}")) return { kind: "map", line, entries };
    }
    this.#at++;
    return { kind: "map", line, entries };
  }

  #list(depth: number): Tree {
    const line = this.#line;
    const items: Tree[] = [];
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === "]") break;
      const tree = this.#value(depth + 1);
      if (tree !== undefined) items.push(tree);
      if (!this.#comma("]")) return { kind: "list", line, items };
    }
    this.#at++;
    return { kind: "list", line, items };
  }

  /** Past a comma, if one is there or the container ends; otherwise the file is wrong here. */
  #comma(close: string): boolean {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === ",") this.#at++;
    else if (char !== close) {
      this.#fail("a comma or the end of a list or object was expected");
      return false;
    }
    return true;
  }

  #string(): string | undefined {
    let end = this.#at + 1;
    let plain = true;
    for (; ; end++) {
      const code = this.#text.charCodeAt(end);
      if (code === 0x22) break;
      if (Number.isNaN(code) || code === 0x0a) return this.#fail("a string is not closed");
      if (code === 0x5c) {
        plain = false;
        end++;
      }
    }
    const inner = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    if (plain) return inner;
    try {
      return String(JSON.parse(`"${inner.replaceAll("\t", "\\t")}"`));
    } catch {
      return this.#fail("a string has an escape that JSON does not know");
    }
  }
}
