/** What was odd about the bytes of a text. */
export interface LineFaults {
  /** Characters put in place of bytes that are not UTF-8. */
  replaced: number;
  /** NUL characters taken out, as truncated log files have. */
  nuls: number;
  /** Lines longer than the limit, of which only the start was kept. */
  cut: number;
}

/** Cuts chunks of bytes into lines, wherever the chunks are cut. */
export interface LineSplitter {
  readonly faults: Readonly<LineFaults>;
  /** Lines completed by these bytes. */
  push(bytes: Uint8Array): readonly string[];
  /** The last line, where the text does not end with a line end. */
  end(): readonly string[];
}

/**
 * UTF-8 (or UTF-16 with a mark) to lines: CR LF and LF end a line, NULs and terminal colours are taken
 * out, a line keeps at most `longest` characters.
 */
export function lineSplitter(longest: number): LineSplitter {
  const faults: LineFaults = { replaced: 0, nuls: 0, cut: 0 };
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let rest = "";
  let overlong = false;

  const finish = (line: string): string => {
    let text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (overlong || text.length > longest) {
      faults.cut++;
      text = text.slice(0, longest);
    }
    overlong = false;
    if (text.includes("\0")) {
      const clean = text.replaceAll("\0", "");
      faults.nuls += text.length - clean.length;
      text = clean;
    }
    if (text.includes("\ufffd")) faults.replaced += text.split("\ufffd").length - 1;
    return text.includes(ESCAPE) ? text.replace(COLOUR, "") : text;
  };
  const split = (text: string): string[] => {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      lines.push(finish(rest === "" ? text.slice(start, end) : rest + text.slice(start, end)));
      rest = "";
      start = end + 1;
    }
    if (start < text.length && !overlong) rest += text.slice(start);
    if (rest.length > longest) {
      rest = rest.slice(0, longest);
      overlong = true;
    }
    return lines;
  };

  return {
    faults,
    push(bytes) {
      if (decoder !== undefined) return split(decoder.decode(bytes, { stream: true }));
      held = joined(held, bytes);
      // Two bytes tell the encoding.
      if (held.length < 2) return [];
      decoder = new TextDecoder(encodingOf(held));
      return split(decoder.decode(held, { stream: true }));
    },
    end() {
      const lines = split(decoder === undefined ? new TextDecoder().decode(held) : decoder.decode());
      if (rest === "" && !overlong) return lines;
      const last = finish(rest);
      rest = "";
      return [...lines, last];
    },
  };
}

const ESCAPE = "\x1b";
/** Terminal colours and the like (ECMA-48 §5.4). */
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;?]{0,20}[A-Za-z]`, "g");

function encodingOf(start: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  return start[0] === 0xfe && start[1] === 0xff ? "utf-16be" : "utf-8";
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
