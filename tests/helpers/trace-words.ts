import { framesOf } from "./trace-http2.ts";

/** Words of one line; quotes keep spaces and semicolons, an unquoted `;` begins the note. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i] as string;
    if (quoted && letter === "\\") word += letter + (line[++i] ?? "");
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === ";") break;
    else if (!quoted && /\s/.test(letter)) {
      if (word !== "") words.push(word);
      word = "";
    } else word += letter;
  }
  if (quoted) throw new Error("a quote is not closed");
  if (word !== "") words.push(word);
  return words;
}

/** The `key=value` words of a line. Reading one takes it; `finish` complains of what nobody asked for. */
export interface Attributes {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Whether a bare word stands there. */
  has(word: string): boolean;
  /** Every attribute in order, for those that may be repeated. */
  readonly list: readonly (readonly [key: string, value: string])[];
  finish(): void;
}

export function attributesOf(words: readonly string[]): Attributes {
  const list = words.map((word) => {
    const cut = word.indexOf("=");
    return cut < 0 ? ([word, ""] as const) : ([word.slice(0, cut), word.slice(cut + 1)] as const);
  });
  const unused = new Set(list.map(([key]) => key));
  const text = (key: string): string | undefined => {
    unused.delete(key);
    return list.find(([name]) => name === key)?.[1];
  };
  return {
    list,
    text,
    number(key) {
      const value = text(key);
      if (value === undefined) return undefined;
      if (value === "" || Number.isNaN(Number(value))) throw new Error(`${key}= wants a number`);
      return Number(value);
    },
    has: (word) => text(word) !== undefined,
    finish() {
      if (unused.size > 0) throw new Error(`unknown attribute ${[...unused].join(", ")}`);
    },
  };
}

const RECORD_TYPES: Readonly<Record<string, number>> = { ccs: 20, alert: 21, hs: 22, app: 23 };

/** The payload that `data`, `hex`, `len`, `tls` and `h2` describe, joined in their order. */
export function bytesOf(given: Attributes): Uint8Array {
  const bytes: number[] = [];
  for (const [key, value] of given.list) {
    if (key === "data") bytes.push(...unescaped(value));
    else if (key === "hex") bytes.push(...hexBytes(value));
    else if (key === "len") bytes.push(...filler(Number(given.number("len"))));
    else if (key === "tls") bytes.push(...tlsRecord(value));
    else if (key === "h2") for (const byte of framesOf(value)) bytes.push(byte);
  }
  for (const key of ["data", "hex", "len", "tls", "h2"]) given.text(key);
  return Uint8Array.from(bytes);
}

function filler(length: number): number[] {
  return Array.from({ length }, (_, i) => 0xa0 + (i % 31));
}

function hexBytes(text: string): number[] {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new Error("hex= wants pairs of digits");
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** A TLS record (RFC 8446 §5.1): type, legacy version 3.3, length, that many bytes. */
function tlsRecord(text: string): number[] {
  const match = /^(ccs|alert|hs|app):(\d+)$/.exec(text);
  if (match === null) throw new Error("tls= wants hs|ccs|alert|app:length");
  const length = Number(match[2]);
  return [RECORD_TYPES[match[1] as string] as number, 3, 3, length >> 8, length & 255, ...filler(length)];
}

/** C escapes: \r \n \t \0 \\ \" \xNN. */
function unescaped(text: string): number[] {
  const plain = text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (code.startsWith("x") && code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return ({ r: "\r", n: "\n", t: "\t", "0": "\0" } as Record<string, string>)[code] ?? code;
  });
  return [...plain].map((letter) => letter.charCodeAt(0) & 255);
}
