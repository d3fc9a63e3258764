/** Text styles of the terminal report, by meaning. Without colour every style leaves its text as it is. */
export interface Palette {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  /** Packet numbers and other things to look up. */
  readonly mark: (text: string) => string;
  readonly badBadge: (text: string) => string;
  readonly goodBadge: (text: string) => string;
  readonly warnBadge: (text: string) => string;
}

/** The palette in the terminal's own sixteen colours (ECMA-48 §8.3.117), or the one without any. */
export function paletteOf(colour: boolean): Palette {
  const style = (codes: string): ((text: string) => string) =>
    colour ? (text) => (text === "" ? "" : `\u001b[${codes}m${text}\u001b[0m`) : (text) => text;
  return {
    strong: style("1"),
    dim: style("2"),
    bad: style("1;31"),
    good: style("32"),
    warn: style("33"),
    mark: style("36"),
    badBadge: style("1;37;41"),
    goodBadge: style("1;30;42"),
    warnBadge: style("1;30;43"),
  };
}
