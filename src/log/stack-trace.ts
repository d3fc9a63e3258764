/**
 * Which lines belong to a stack trace, in the forms of Java, .NET, Node, Python and Go. A trace is
 * folded into the entry before it (the message it explains), or stands for itself.
 */

/** The line opens a trace and says nothing yet: Python's and Go's first lines, Node's source position. */
export function opensTrace(line: string): boolean {
  switch (line.charCodeAt(0)) {
    case 0x54: // T
      return line.startsWith("Traceback (most recent call last)");
    case 0x70: // p
      return line.startsWith("panic: ");
    case 0x67: // g
      return /^goroutine \d{1,12} \[/.test(line);
    case 0x6e: // n
      return /^node:[\w/]{1,80}:\d{1,7}$/.test(line);
    case 0x2f: // /
      return /^\/\S{1,300}\.(?:[cm]?[jt]s):\d{1,7}$/.test(line);
    default:
      return false;
  }
}

/** An exception's headline with neither date nor log level: `java.io.IOException: …`, `TypeError: fetch failed`. */
export function isHeadline(line: string): boolean {
  return line.length < 4000 && HEADLINE.test(line);
}

const HEADLINE =
  /^(?:Exception in thread "[^"]{1,200}" |Unhandled exception\. |Uncaught |\[)?(?:[A-Za-z_$][\w$]{0,100}[.+])*[A-Za-z_$][\w$]{0,100}(?:Exception|Error|Disconnected|Timeout|Fault|IncompleteRead)(?: \[[A-Z_0-9]{1,60}\])?(?:: .*|\]?(?: \{)?)$|^Error: /;

/** The line says that another Python traceback of the same failure follows. */
export function chainsTraceback(line: string): boolean {
  return line.startsWith("During handling of the above") || line.startsWith("The above exception was");
}

/** The line continues the trace it stands in. `python` is true after `Traceback`, whose headline comes last. */
export function continuesTrace(line: string, python: boolean): boolean {
  switch (line.charCodeAt(0)) {
    case 0x20:
    case 0x09:
      return python || INDENTED.test(line);
    case 0x7d: // }
      return line === "}" || line === "}," || line === "},";
    case 0x43: // C
      return line.startsWith("Caused by: ");
    case 0x53: // S
      return line.startsWith("Suppressed: ");
    case 0x2d: // -
      return line.startsWith("---> ") || line.startsWith("--- End of");
    case 0x44: // D
      return line.startsWith("During handling of the above exception");
    case 0x54: // T
      return line.startsWith("The above exception was the direct cause");
    case 0x45: // E
      return line.startsWith("Emitted 'error' event ");
    case 0x67: // g
      return /^goroutine \d{1,12} \[/.test(line);
    case 0x4e: // N
      return /^Node\.js v\d/.test(line);
    default:
      return false;
  }
}

/**
 * A frame (`at f (file:1:2)`, `File "x", line 3`), an inner exception (`---> …`, `[cause]: …`), a field
 * of an error that Node prints (`code: 'ECONNRESET',`), the end of a brace, a caret, Go's file position.
 */
const INDENTED =
  /^\s{1,40}(?:at |--->|--- End|\.\.\. \d+ (?:more|common)|File "|Caused by: |Suppressed: |\[cause\]: |\[errors\]: |\[?(?:[\w']{1,60})\]?: |[}\])]|\^|throw |\/\S+:\d+|In \[|\| )/;

/** The headlines of a trace's lines: the exceptions and causes, outermost first, without frames. */
export function chainOf(lines: readonly string[]): string[] {
  const chain: string[] = [];
  for (const line of lines) {
    const headline = headlineIn(line);
    if (headline !== undefined && chain.length < 32) chain.push(headline.slice(0, 1000));
  }
  return chain;
}

function headlineIn(line: string): string | undefined {
  const marked = /^\s{0,40}(?:Caused by: |Suppressed: |---> ?|\[cause\]: |panic: )(.+)$/.exec(line);
  if (marked !== null) return marked[1];
  if (/^\s{0,40}code: '([A-Z_0-9]{1,60})'/.test(line)) return line.trim();
  if (line.startsWith(" ") || line.startsWith("\t")) return undefined;
  return isHeadline(line) ? line : undefined;
}
