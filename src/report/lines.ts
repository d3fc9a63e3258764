/**
 * Breaks text into lines of at most `width` columns at its blanks. A word longer than a line stays
 * whole, so that it can be copied. No-break blanks (U+00A0) hold words together and come out as blanks.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ +/)) {
    if (word === "") continue;
    if (line === "") line = word;
    else if (columns(line) + 1 + columns(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((whole) => whole.replaceAll("\u00a0", " "));
}

/** Fills text with blanks up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** The same, blanks first. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - columns(text))) + text;
}

/** Columns that text without control characters takes on a terminal: none for combining marks, two for wide signs (UAX #11). */
export function columns(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const sign of text) width += NARROW.test(sign) ? 1 : COMBINING.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1;
  return width;
}

const NARROW = /^[\u0020-\u02ff\u2010-\u2bff]$/;
const COMBINING = /^[\p{Mn}\p{Me}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]$/u;
