/**
 * Makes text from outside (file names, header values, host names) safe to print on a terminal or
 * in a report: control characters C0 and C1, DEL, the marks that reorder or hide text (Unicode
 * Bidi_Control, zero-width and tag characters), line and paragraph separators and lone surrogates
 * become visible `\u{..}` escapes. Everything else stays as it is.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);
}

/** C0, DEL and C1; soft hyphen; bidi and zero-width marks (UAX #9 §2, UTR #36 §2); tags; halves of pairs. */
const UNSAFE =
  /[\u{0}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}\p{Surrogate}]/gu;
