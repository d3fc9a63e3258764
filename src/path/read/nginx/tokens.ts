/** A word, or one of the marks `{`, `}` and `;`. */
export interface Token {
  readonly kind: "word" | "{" | "}" | ";";
  readonly text: string;
  readonly line: number;
}

/**
 * Words and marks of an nginx configuration (ngx_conf_read_token in src/core/ngx_conf_file.c): words end at white space,
 * `;` and `{`, quotes hold a word together, `#` at a word's start begins a comment, `${` opens no block. The body of a
 * `…_by_lua_block` is code, and left out.
 */
export function* tokens(text: string): Generator<Token> {
  let line = 1;
  let at = 0;
  let lua = false;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "\n") line++;
    if (/[\s\u{feff}]/u.test(char)) {
      at++;
    } else if (char === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (char === "{" && lua) {
      const end = endOfCode(text, at);
      yield { kind: "{", text: char, line };
      for (; at < end; at++) if (text[at] === "\n") line++;
      lua = false;
    } else if (char === "{" || char === "}" || char === ";") {
      yield { kind: char, text: char, line };
      lua = false;
      at++;
    } else {
      const word = char === '"' || char === "'" ? quoted(text, at) : bare(text, at);
      yield { kind: "word", text: word.text, line };
      lua = lua || word.text.endsWith("_by_lua_block");
      for (; at < word.end; at++) if (text[at] === "\n") line++;
    }
  }
}

function quoted(text: string, start: number): { text: string; end: number } {
  const quote = text[start];
  let word = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === quote) return { text: word, end: at + 1 };
    if (char === "\\" && (text[at + 1] === quote || text[at + 1] === "\\")) at++;
    word += text[at] ?? "";
  }
  return { text: word, end: text.length };
}

function bare(text: string, start: number): { text: string; end: number } {
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\\") at++;
    else if (char === "$" && text[at + 1] === "{") {
      const end = text.indexOf("}", at);
      if (end < 0 || end - at > 200) at++;
      else at = end;
    } else if (/[\s;{}]/.test(char)) break;
  }
  const end = Math.min(at, text.length);
  return { text: text.slice(start, end).replace(/\\(.)/g, "$1"), end };
}

/** Where a block of Lua ends, short of its closing brace: braces are counted, strings and comments skipped. */
function endOfCode(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "-" && text[at + 1] === "-") {
      const end = text.indexOf("\n", at);
      if (end < 0) return text.length;
      at = end;
    } else if (char === '"' || char === "'") {
      at = endOfString(text, at);
    } else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return at;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[start] || text[at] === "\n") return at;
  }
  return text.length;
}
