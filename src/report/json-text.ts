/**
 * JSON that is safe on a terminal: the text is JSON.stringify's, with DEL, C1 controls and the marks
 * that reorder or hide text written as escapes, which any reader turns back into the same string.
 */
export function jsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, undefined, indent).replace(HIDDEN, (mark) =>
    Array.from({ length: mark.length }, (_, i) => `\\u${mark.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** What `printable` shows as escapes and JSON leaves as it is (net/printable.ts). */
const HIDDEN =
  /[\u{7f}-\u{9f}\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/gu;
