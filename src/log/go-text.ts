/**
 * Reads Go's quoted string (`%q`) that starts at `start` with a double quote: its bytes, one a
 * character (Latin-1) for escapes and UTF-16 for the rest, and where the quote ends.
 */
export function readGoString(line: string, start: number): { readonly text: string; readonly end: number } | undefined {
  if (line[start] !== '"') return undefined;
  const plain = line.indexOf('"', start + 1);
  const slash = line.indexOf("\\", start + 1);
  if (plain > 0 && (slash < 0 || slash > plain)) return { text: line.slice(start + 1, plain), end: plain + 1 };
  let text = "";
  for (let i = start + 1; i < line.length; i++) {
    const c = line[i];
    if (c === '"') return { text, end: i + 1 };
    if (c !== "\\") {
      text += c;
      continue;
    }
    i++;
    const letter = line[i] ?? "";
    const digits = { x: 2, u: 4, U: 8 }[letter];
    if (digits !== undefined) {
      const code = Number.parseInt(line.slice(i + 1, i + 1 + digits), 16);
      text += Number.isNaN(code) || code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
      i += digits;
    } else if (letter >= "0" && letter <= "7") {
      text += String.fromCharCode(Number.parseInt(line.slice(i, i + 3), 8) & 0xff);
      i += 2;
    } else {
      text += ESCAPES[letter] ?? letter;
    }
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Nanoseconds of a duration as Go prints it: `40.041s`, `1m2.5s`, `250ms`, `15µs`. */
export function readGoDuration(text: string): number | undefined {
  if (text.length > 40 || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const m of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(m[1]) * (UNITS[m[2] ?? ""] ?? 0);
  }
  return total;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
